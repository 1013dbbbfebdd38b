"""What people ask for when they submit a job, and what they are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from acai_jupyter.domain.arrivals import Bound
from acai_jupyter.domain.jobs import Job, Transition, Used
from acai_jupyter.domain.origins import GitState


@dataclass(frozen=True, slots=True)
class Submission:
    """Sizes and durations as people write them; `code` is a snapshot's id or a file set. `input_job` is the job whose output
    will be the input, `after` names jobs and grids that must finish first."""

    command: str | tuple[str, ...]
    name: str | None = None
    input: str | None = None
    output: str | None = None
    output_path: str | None = None
    code: str | None = None
    image: str | None = None
    python: str | None = None
    requirements: str | None = None
    cpu: float | None = None
    memory: str | float | None = None
    gpu: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: str | float | None = None
    priority: int = 0
    git: GitState | None = None
    environment: Mapping[str, Any] | None = None
    secrets: tuple[str, ...] = ()
    input_job: str | None = None
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A submission whose resources were chosen: what the call asked for, as text; a note on why; and the bound."""

    asked: str
    note: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class JobDetails:
    """A job, how it came to its state, and the numbers of the jobs before it."""

    job: Job
    history: tuple[Transition, ...]
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent says at the end. `ended` is exited, signalled, timeout, killed, command, input, output or out_of_memory;
    times in seconds. `enforced` tells by what each resource was held."""

    ended: str
    exit_code: int | None = None
    signal: int | None = None
    detail: str | None = None
    download_time: float | None = None
    command_time: float | None = None
    upload_time: float | None = None
    output_upload: UUID | None = None
    kept_upload: UUID | None = None
    used: Used = field(default_factory=Used)
    enforced: Mapping[str, str] | None = None
