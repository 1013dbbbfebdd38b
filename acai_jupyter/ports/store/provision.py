"""Profiles in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.arrivals import Arrival, StepPoint
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.profiles import NewProfile, Pins, Profile, ProfileStatus, ProfileTrial
from acai_jupyter.domain.templates import Template, Trial


@dataclass(frozen=True, slots=True)
class TrialCount:
    """How far a profile's trials are; `cost` in micro-dollars, of those that have one."""

    submitted: int
    ended: int
    cost: int


class Profiles(Protocol):
    """Profiles and their trials."""

    def add(self, project_id: UUID, user_id: UUID, new: NewProfile) -> Profile:
        """It becomes the current one of its name. Call `lock_project` first."""
        ...

    def get(self, project_id: UUID, profile_id: UUID) -> Profile | None: ...

    def current(self, project_id: UUID, name: str) -> Profile | None:
        """The profile of that name that was made, or used again, last; one that FAILED or was KILLED only where there is no
        other."""
        ...

    def use_again(self, profile: Profile) -> None:
        """Make a profile the current one of its name. Call `lock_project` first."""
        ...

    def same(self, project_id: UUID, name: str, template: str, pins: Pins) -> Profile | None:
        """The profile last used of that name with this template and these pins that was not FAILED or KILLED."""
        ...

    def page(self, project_id: UUID, status: ProfileStatus | None, before: UUID | None, limit: int) -> list[Profile]:
        """Newest first, from the first older than `before`."""
        ...

    def profiling(self, limit: int) -> list[Profile]:
        """The PROFILING profiles of all projects."""
        ...

    def add_trial(self, profile: Profile, trial: Trial, job: Job) -> int:
        """The trial's number. Call `lock_project` first."""
        ...

    def count_trials(self, profile: Profile) -> TrialCount: ...

    def trials(self, profile: Profile) -> list[ProfileTrial]: ...

    def has_steps(self, profile: Profile) -> bool:
        """Whether a running trial has told by a step how far it is."""
        ...

    def other_jobs(self, profile: Profile, template: Template) -> dict[UUID, tuple[float, ...]]:
        """The latest jobs that teach what its trials do, each with its values: their command is one of `template`, they have the
        profile's pins, interpreter, image, requirements and variables, no GPUs, are no retries and no trials of it, and FINISHED
        or ran out of memory; at most a thousand."""
        ...

    def mark_stragglers(self, profile: Profile, numbers: Sequence[int]) -> None: ...

    def finish(self, profile: Profile, status: ProfileStatus, *, law: str | None = None, detail: str | None = None) -> bool:
        """Compare-and-set from PROFILING; False where it was ended meanwhile."""
        ...


class Arrivals(Protocol):
    """How far running jobs are, and when they are expected to end."""

    def add_step(self, job: Job, step: float, total: float | None, tagged: bool, restarts: int, anew: bool) -> None:
        """A job of which `job` is the present state has reached a step; where it began `anew`, what it reached before is
        forgotten. Call `lock_project` first."""
        ...

    def steps(self, job: Job) -> list[StepPoint]:
        """The steps of the job's attempt in order, thinned the more the longer it runs."""
        ...

    def expected(self, limit: int) -> list[Job]:
        """The RUNNING jobs of all projects that report steps, or were submitted under a bound."""
        ...

    def set_arrival(self, job: Job, arrival: Arrival) -> None: ...

    def set_late(self, job: Job) -> bool:
        """The job is expected to miss its bound; False where that was known."""
        ...
