"""Jobs and logs in the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.budgets import Budget
from acai_jupyter.domain.jobs import Job, JobSpec, Outcome, Phases, Progress, Rank, Sample, Status, Transition, Used
from acai_jupyter.domain.origins import EnvironmentRecord
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.secrets import Secret
from acai_jupyter.domain.tables import Curve, NewPoint, Point
from acai_jupyter.domain.webhooks import Delivery


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A LAUNCHING job that waits for its resources."""

    project_id: UUID
    job_id: UUID
    resources: Resources


@dataclass(frozen=True, slots=True)
class LogState:
    """How far a log has come; `line` is the beginning of a line that is not whole yet, `step` the last one that a tag named."""

    size: int
    line: bytes
    step: float | None
    complete: bool
    object_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be, and the jobs that must finish before its turn can come."""

    spec: JobSpec
    after: Collection[UUID] = ()


class Jobs(Protocol):
    """Jobs. Every change of status goes through `move`, which also writes the job's history."""

    def add(self, project_id: UUID, user_id: UUID, spec: JobSpec, notes: Sequence[str], after: Collection[UUID] = ()) -> Job:
        """A QUEUED job with the project's next number, whose turn comes when the jobs `after` have finished. Call
        `lock_project` first."""
        ...

    def add_many(self, project_id: UUID, user_id: UUID, wanted: Sequence[NewJob], notes: Sequence[str]) -> list[UUID]:
        """QUEUED jobs with the project's next numbers, in order. Call `lock_project` first."""
        ...

    def get(self, project_id: UUID, job_id: UUID, lock: bool = False) -> Job | None: ...

    def by_ids(self, project_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Job]:
        """Those of `ids` that there are."""
        ...

    def by_number(self, project_id: UUID, number: int) -> Job | None: ...

    def page(self, project_id: UUID, statuses: Sequence[Status], before: int | None, limit: int, grids: bool = True) -> list[Job]:
        """Newest first, from the first below the number `before`; without `grids` those left out that are rows of one."""
        ...

    def ready(self, quota: int, limit: int) -> list[Job]:
        """The QUEUED jobs of all projects whose turn it is: in each user's queue the first ones, by priority and number,
        for which fewer than `quota` are active, those that wait for others left out."""
        ...

    def any_ready(self, quota: int) -> bool:
        """Whether it is any job's turn, as `ready` tells."""
        ...

    def active(self) -> list[Job]:
        """The LAUNCHING and RUNNING jobs of all projects."""
        ...

    def unplaced(self, limit: int) -> list[Unplaced]:
        """The LAUNCHING jobs of all projects that have no resources yet, in the order in which they came to that."""
        ...

    def unlaunched(self, limit: int) -> list[Job]:
        """The active jobs of all projects that have their resources, and of whose attempt no launcher has given a handle, in the
        order of their turn."""
        ...

    def taken(self, whole_cpus: bool) -> Resources:
        """What active jobs have, that were given their resources; `whole_cpus` counts a share of a CPU as a whole one."""
        ...

    def place(self, waiting: Unplaced) -> bool:
        """The job has its resources from now on; False where it has ended."""
        ...

    def count_unended(self) -> int:
        """QUEUED, LAUNCHING and RUNNING jobs of all projects."""
        ...

    def move(
        self,
        job: Job,
        to: Status,
        *,
        progress: Progress | None = None,
        outcome: Outcome | None = None,
        attempt: int | None = None,
        why: str | None = None,
    ) -> Job:
        """Compare-and-set from the status and attempt that `job` has; `why` is for the history, where no outcome says it.

        Raises JobEnded where the job has moved on meanwhile, or can't go there.
        """
        ...

    def set_progress(self, job: Job, progress: Progress) -> Job: ...

    def add_progress(self, job: Job, reached: Mapping[Progress, int]) -> None:
        """Note in the history of a RUNNING job when it was where, in microseconds, in order."""
        ...

    def set_result(
        self,
        job: Job,
        *,
        phases: Phases,
        used: Used,
        runtime: int | None,
        cost: int | None,
        output: UUID | None,
        kept: UUID | None,
    ) -> Job: ...

    def set_enforced(self, job: Job, enforced: Mapping[str, str]) -> Job:
        """By what each resource of the job is held."""
        ...

    def request_kill(self, job: Job, by: str) -> Job:
        """The job is to end; `by` tells in words who wants it. The first who did stays."""
        ...

    def unended_numbers(self, project_id: UUID, user_id: UUID | None) -> list[int]:
        """The numbers of a project's jobs that have not ended, of one user or of all, the newest first."""
        ...

    def hold_launch(self, job: Job, holder: UUID, seconds: float) -> bool:
        """Take the right to launch the job's current attempt; False where another server has it."""
        ...

    def add_note(self, job: Job, note: str) -> None:
        """Tell the user something about the job; bounded in number and length."""
        ...

    def history(self, job: Job) -> list[Transition]: ...

    def add_rank(self, job: Job, rank: int) -> None: ...

    def set_handle(self, job: Job, rank: int, handle: str) -> None: ...

    def ranks(self, job: Job) -> list[Rank]:
        """The ranks of the job's current attempt."""
        ...

    def active_ranks(self) -> dict[UUID, list[Rank]]:
        """The ranks of the current attempts of all active jobs, by job."""
        ...

    def uncleaned(self, limit: int) -> list[Rank]:
        """Ranks with a handle that nothing runs behind any more: of ended jobs, and of attempts that were given up."""
        ...

    def forget_handle(self, rank: Rank) -> None:
        """What the launcher kept for this rank has gone."""
        ...

    def claim(self, job: Job, rank: int, instance: UUID) -> bool:
        """Give the rank to an agent, once; True also where it is this agent's already."""
        ...

    def heartbeat(self, job: Job, rank: int, progress: str | None) -> None:
        """The rank's agent is alive, and its work has come this far."""
        ...

    def lose(self, job: Job, rank: int) -> None:
        """The rank's agent has died: it was heard last with its last heartbeat, whoever speaks for it from now on."""
        ...

    def report(self, job: Job, rank: int, report: str) -> bool:
        """Keep an agent's report; False where the rank has reported already."""
        ...

    def reports(self, job: Job) -> list[str]: ...


class Environments(Protocol):
    """What jobs were submitted with, each environment kept once a project."""

    def add(self, project_id: UUID, record: EnvironmentRecord) -> None:
        """Keep it, unless it is there."""
        ...

    def get(self, project_id: UUID, digest: bytes) -> str | None: ...


class Budgets(Protocol):
    """What projects may spend."""

    def limit(self, project_id: UUID) -> int | None:
        """Micro-dollars; None where there is no budget."""
        ...

    def get(self, project_id: UUID) -> Budget: ...

    def set(self, project_id: UUID, limit: int | None) -> None:
        """Micro-dollars; None for no budget."""
        ...


class Samples(Protocol):
    """What jobs used over time; bounded a job."""

    def add(self, job: Job, samples: Sequence[Sample]) -> None:
        """Keep samples; one whose position is there already changes nothing."""
        ...

    def page(self, project_id: UUID, job_id: UUID, after: tuple[int, int] | None, limit: int) -> list[Sample]:
        """Samples in order, from the first after (attempt, position)."""
        ...

    def peak_memory(self, job: Job) -> int | None:
        """Bytes, as far as samples tell."""
        ...


class Secrets(Protocol):
    """Secrets of users, sealed: who has only the store can't read them."""

    def set(self, project_id: UUID, user_id: UUID, name: str, sealed: bytes) -> Secret: ...

    def list(self, project_id: UUID, user_id: UUID) -> list[Secret]:
        """By name."""
        ...

    def sealed(self, project_id: UUID, user_id: UUID, names: Sequence[str]) -> dict[str, bytes]:
        """Those of `names` that are there."""
        ...

    def delete(self, project_id: UUID, user_id: UUID, name: str) -> bool:
        """False where there is none."""


class Chains(Protocol):
    """Which jobs wait for which. A job's end makes its links due; nothing has to look at jobs that wait."""

    def predecessors(self, job: Job) -> list[UUID]:
        """The jobs that this one waits for, or has waited for, by number."""
        ...

    def due(self, limit: int) -> list[tuple[UUID, UUID]]:
        """(project, job) of all projects: jobs that have ended while others wait for them."""
        ...

    def release(self, job: Job) -> list[UUID]:
        """`job` has FINISHED: those that wait for it have one less to wait for, and where its output is their input, that is
        pinned now. Returns the QUEUED ones."""
        ...

    def waiting(self, job: Job) -> list[Job]:
        """The QUEUED jobs that have a due link to `job`."""
        ...

    def settle(self, job: Job) -> None:
        """What follows from the end of `job` is done."""
        ...

    def latest_retry(self, project_id: UUID, job_id: UUID) -> UUID:
        """The last of a job's retries, and of theirs; the job itself where it was never retried."""
        ...


class Webhooks(Protocol):
    """A project's webhook, and the outbox of what is to be told by it: `Jobs.move` puts every job's end there."""

    def set(self, project_id: UUID, sealed: bytes) -> int:
        """Returns when that is."""
        ...

    def get(self, project_id: UUID) -> tuple[bytes, int] | None: ...

    def delete(self, project_id: UUID) -> bool:
        """With what was not told yet. False where there is none."""
        ...

    def due_projects(self, limit: int, but_for: Collection[UUID] = ()) -> list[UUID]:
        """Projects, others than `but_for`, of which something is due."""
        ...

    def claim(self, limit: int, hold_seconds: float, but_for: Collection[UUID] = ()) -> list[Delivery]:
        """What is due, of all projects but for these, and not due again for so long."""
        ...

    def put_off(self, delivery: Delivery, seconds: float) -> None: ...

    def done(self, delivery: Delivery) -> None:
        """It was told, or never will be."""
        ...

    def due_within(self, seconds: float) -> int:
        """How much is to be told until then."""
        ...


class Logs(Protocol):
    """Logs as rows while they grow, and where they lie after."""

    def state(self, job_id: UUID, project_id: UUID, attempt: int, rank: int) -> LogState: ...

    def append(self, job: Job, rank: int, offset: int, data: bytes, line: bytes, step: float | None) -> None: ...

    def finish(self, job: Job) -> None:
        """Nothing more will come for any rank of this attempt."""
        ...

    def chunks(self, project_id: UUID, job_id: UUID, attempt: int, rank: int, offset: int, most: int) -> list[tuple[int, bytes]]:
        """Pieces from the one that holds `offset` on, at most about `most` bytes."""
        ...

    def to_compact(self, limit: int) -> list[tuple[UUID, UUID, int, int]]:
        """Complete logs that still lie in rows: (project, job, attempt, rank)."""
        ...

    def compact(self, project_id: UUID, job_id: UUID, attempt: int, rank: int, object_id: UUID) -> None:
        """The log now lies in this object; its rows go."""
        ...

    def object_key(self, project_id: UUID, object_id: UUID) -> str: ...


class Metrics(Protocol):
    """The history of the numbers that jobs' logs set: a series a key."""

    def count(self, project_id: UUID, job_id: UUID) -> int:
        """How many points a job has."""
        ...

    def add(self, project_id: UUID, job_id: UUID, points: Sequence[NewPoint]) -> None:
        """Append to series. Call `lock_project` first."""
        ...

    def page(self, project_id: UUID, job_id: UUID, key: str | None, after: tuple[str, int] | None, limit: int) -> list[Point]:
        """Points by key and position, of all keys or of one, from the first after (key, position)."""
        ...

    def curves(self, project_id: UUID, job_id: UUID, most: int) -> list[Curve]:
        """Every series by key, with about `most` evenly spaced points of it; the last one is always there."""
        ...
