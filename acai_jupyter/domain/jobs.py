"""Jobs: what is pinned at submission, and the states a job goes through (paper 3.3.1).

QUEUED → LAUNCHING → RUNNING → FINISHED
   └─────────┴──────────┴────→ FAILED or KILLED
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from acai_jupyter.domain.arrivals import Arrival, Bound, Steps
from acai_jupyter.domain.errors import JobEnded
from acai_jupyter.domain.origins import GitState
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources


class Status(StrEnum):
    QUEUED = "QUEUED"  # waits for its turn in its user's queue
    LAUNCHING = "LAUNCHING"  # the launcher is asked for a place; no agent has spoken yet
    RUNNING = "RUNNING"  # an agent claimed it
    FINISHED = "FINISHED"  # the command ended with 0 and its output is in the lake
    FAILED = "FAILED"  # says why
    KILLED = "KILLED"  # by a person


class Progress(StrEnum):
    """Where a RUNNING job is."""

    DOWNLOADING = "downloading"
    RUNNING = "running"
    UPLOADING = "uploading"


class Reason(StrEnum):
    """Why a job FAILED."""

    EXIT_CODE = "exit code"
    SIGNAL = "signal"
    OUT_OF_MEMORY = "out of memory"
    TIMEOUT = "timeout"
    LOST = "lost"  # its agent died without a report
    LAUNCH = "launch"  # the launcher could not start it
    ENVIRONMENT = "environment"  # what it requires could not be installed
    COMMAND = "command"  # the command could not be started
    INPUT = "input"  # code or input could not be brought
    OUTPUT = "output"  # the output could not be taken into the lake
    PREDECESSOR = "predecessor"  # a job that it waits for did not finish


TERMINAL: Final = frozenset({Status.FINISHED, Status.FAILED, Status.KILLED})
ACTIVE: Final = frozenset({Status.LAUNCHING, Status.RUNNING})
"""The states that count for the quota."""

_NEXT: Final[dict[Status, frozenset[Status]]] = {
    Status.QUEUED: frozenset({Status.LAUNCHING, Status.FAILED, Status.KILLED}),
    # Back to LAUNCHING with the next attempt, where no agent claimed this one.
    Status.LAUNCHING: frozenset({Status.LAUNCHING, Status.RUNNING, Status.FAILED, Status.KILLED}),
    Status.RUNNING: frozenset({Status.FINISHED, Status.FAILED, Status.KILLED}),
    Status.FINISHED: frozenset(),
    Status.FAILED: frozenset(),
    Status.KILLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a person asks for, pinned: it never changes after submission.

    `command` is text for `/bin/sh -c`, or argv. `timeout` in microseconds, counted from RUNNING. `python` is the
    interpreter that `python` means in the command, None where the image decides; `environment` is the digest of what it has
    installed. `secrets` are names; values are on no record. `input_job_id` is the job whose output is the input: `input_id` is
    pinned when that job has finished.
    """

    command: str | tuple[str, ...]
    resources: Resources
    prices: PriceTable
    name: str | None = None
    input_id: UUID | None = None
    output_name: str | None = None
    output_path: str | None = None
    code_snapshot_id: UUID | None = None
    code_fileset_id: UUID | None = None
    image: str | None = None
    python: str | None = None
    requirements: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    timeout: int | None = None
    priority: int = 0
    lake_access: bool = False
    retry_of: UUID | None = None
    start_snapshot_id: UUID | None = None
    git: GitState | None = None
    environment: bytes | None = None
    secrets: tuple[str, ...] = ()
    input_job_id: UUID | None = None
    grid_id: UUID | None = None
    grid_row: int | None = None
    bound: Bound | None = None

    @property
    def characters(self) -> int:
        """How long the texts are that people may make very long: the command, the variables and the requirements."""
        texts = [self.command] if isinstance(self.command, str) else self.command
        return sum(map(len, (*texts, *(text for pair in self.env for text in pair), self.requirements or "")))


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds of the parts of RUNNING, as the agent measured them; None while unknown."""

    download_time: float | None = None
    command_time: float | None = None
    upload_time: float | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What a job used in all, as far as it was measured: bytes, and seconds of CPU time. `throttled_time` are seconds for which
    the limit on its CPUs held it up."""

    peak_memory: int | None = None
    cpu_time: float | None = None
    throttled_time: float | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What a job had used at one moment: seconds and bytes, summed since its command began, but `memory` at that moment."""

    attempt: int
    position: int
    elapsed: float
    cpu_time: float
    memory: int
    read_bytes: int
    written_bytes: int
    throttled_time: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended."""

    status: Status
    reason: Reason | None = None
    detail: str | None = None
    exit_code: int | None = None
    signal: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the database knows it. Times in microseconds, `cost` in micro-dollars, `runtime` in microseconds. `enforced` says
    by what each resource was held, None while that is unknown; `placed_at` when it was given its resources; `waits_for` is how
    many predecessors it still waits for; `late_at` when it was told that it will miss its bound; `notes` are what the platform
    has to say about it."""

    project_id: UUID
    id: UUID
    number: int
    user_id: UUID
    creator: str
    spec: JobSpec
    status: Status
    attempt: int
    created_at: int
    progress: Progress | None = None
    outcome: Outcome | None = None
    launching_at: int | None = None
    running_at: int | None = None
    ended_at: int | None = None
    kill_requested_at: int | None = None
    kill_requested_by: str | None = None
    placed_at: int | None = None
    phases: Phases = Phases()
    used: Used = Used()
    enforced: Mapping[str, str] | None = None
    runtime: int | None = None
    cost: int | None = None
    output_id: UUID | None = None
    kept_snapshot_id: UUID | None = None
    code_label: str | None = None
    input_label: str | None = None
    output_label: str | None = None
    retry_of_number: int | None = None
    input_job_number: int | None = None
    grid_number: int | None = None
    waits_for: int = 0
    steps: Steps | None = None
    arrival: Arrival | None = None
    late_at: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class Transition:
    """An entry of a job's history."""

    position: int
    attempt: int
    status: Status
    progress: Progress | None
    reason: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Rank:
    """One agent of one attempt, as the platform knows it. `handle` is the launcher's; `progress` is another text whenever the
    agent's work has moved on, None where it can't be told. `lost_at` is when the agent of the job was last heard, where
    another one has been started to bring home what it left."""

    project_id: UUID
    job_id: UUID
    attempt: int
    rank: int
    handle: str | None
    instance: UUID | None
    claimed_at: int | None
    heartbeat_at: int | None
    reported_at: int | None
    progress: str | None = None
    lost_at: int | None = None


def require_move(job: Job, to: Status) -> None:
    """Raises JobEnded where `job` can't go to `to` any more."""
    if to not in _NEXT[job.status]:
        raise JobEnded(f"Job {job.number} is {job.status} and can't become {to}.")


def exit_status(outcome: Outcome) -> int:
    """The exit code that a command waiting for the job ends with: the job's own, 128 + n for a signal, else 1."""
    if outcome.status is Status.FINISHED:
        return 0
    if outcome.exit_code:
        return outcome.exit_code
    return 128 + outcome.signal if outcome.signal else 1
