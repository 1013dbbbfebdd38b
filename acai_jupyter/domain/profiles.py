"""Profiles (paper 4.2.2): a command template, its trials, and what is learnt from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.domain.templates import Trial

CPUS: Final = (0.5, 1.0, 2.0)
"""The vCPUs that trials explore (paper 4.2.2)."""
MEMORIES_MB: Final = (512, 1024, 2048)
"""The memories that trials explore, in MB."""
ENOUGH_DONE: Final = 0.95
"""The share of trials that must be done before the model is fitted; the rest are stragglers."""


STOPPED_EARLY: Final = "stopped early: its pace is known"
"""Why a trial was KILLED whose steps had told how long it takes."""


class ProfileStatus(StrEnum):
    PROFILING = "PROFILING"  # trials wait or run
    FITTED = "FITTED"  # predicts
    FAILED = "FAILED"  # no trial finished
    KILLED = "KILLED"  # by a person


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """What a person asks to be profiled. `submission.command` is the template.

    `cpus` and `memories_mb` are explored in the grid; `max_trials` and `max_cost` (dollars) make the profile adaptive: each next
    trial is the one that teaches most for its price. `again` profiles anew where the same was profiled before.
    """

    name: str
    submission: Submission
    cpus: tuple[float, ...] = CPUS
    memories_mb: tuple[int, ...] = MEMORIES_MB
    max_trials: int | None = None
    max_cost: float | None = None
    again: bool = False

    @property
    def adaptive(self) -> bool:
        return self.max_trials is not None or self.max_cost is not None


@dataclass(frozen=True, slots=True)
class Pins:
    """What, besides its template, makes a profile another one: the versions that its trials run on."""

    input_id: UUID | None
    code_snapshot_id: UUID | None
    code_fileset_id: UUID | None


UNPINNED: Final = Pins(None, None, None)


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile to be kept. `submission` has its references pinned; `grid` is every trial that may be run."""

    name: str
    submission: Submission
    pins: Pins
    grid: tuple[Trial, ...]
    max_trials: int | None
    max_cost: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile as the database knows it. Times in microseconds, `max_cost` in micro-dollars. `law`: what was found, in words;
    `detail`: why it FAILED, or ended early."""

    project_id: UUID
    id: UUID
    user_id: UUID
    creator: str
    new: NewProfile
    status: ProfileStatus
    created_at: int
    ended_at: int | None = None
    law: str | None = None
    detail: str | None = None

    @property
    def name(self) -> str:
        return self.new.name

    @property
    def template(self) -> str:
        return str(self.new.submission.command)

    @property
    def adaptive(self) -> bool:
        return self.new.max_trials is not None or self.new.max_cost is not None


@dataclass(frozen=True, slots=True)
class ProfileTrial:
    """One job of a profile. A straggler was ended because enough others were done."""

    number: int
    trial: Trial
    job: Job
    straggler: bool


@dataclass(frozen=True, slots=True)
class ProfileDetails:
    profile: Profile
    trials: tuple[ProfileTrial, ...]
