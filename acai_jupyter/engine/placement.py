"""Which launching jobs have their resources now: first come, first served, and never more than there is (paper 3.3.1)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import JobEnded, ResourcesOutOfBounds
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.jobs import Outcome, Reason, Status
from acai_jupyter.domain.resources import Resources, cpus_in_words
from acai_jupyter.engine.scheduler import TURN
from acai_jupyter.ports.launcher import Capacity
from acai_jupyter.ports.store.engine import Unplaced
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_MOST_AT_ONCE: Final = 100
_SLIVER: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Room:
    """What there is, what jobs have of it now, and how many more wait for theirs."""

    capacity: Capacity
    taken: Resources
    waiting: int


class Placement:
    """Gives resources to LAUNCHING jobs. The count is the database's, so servers that share one share it.

    The first job that does not fit holds up those behind it: a large job would wait for ever while small ones pass by.
    """

    def __init__(self, store: Store, capacity: Callable[[], Capacity]) -> None:
        self._store = store
        self._capacity = capacity

    def place_in(self, unit: UnitOfWork, capacity: Capacity) -> int:
        """Give waiting jobs their resources as far as there are, as a part of what `unit` does; returns how many got them."""
        unit.leases.serialize(TURN)
        every = unit.jobs.unplaced(_MOST_AT_ONCE)
        if not every:
            return 0
        taken = unit.jobs.taken(capacity.whole_cpus)
        placed = 0
        for waiting in every:
            try:
                check_size(waiting.resources, capacity)
            except ResourcesOutOfBounds as error:
                _refuse(unit, waiting, error.message)
                continue
            together = _together(taken, waiting.resources, capacity)
            if not _fits(together, capacity):
                break
            unit.lock_project(waiting.project_id)  # before the job's row, as everyone does
            if unit.jobs.place(waiting):
                taken = together
                placed += 1
        return placed

    def is_due(self, unit: UnitOfWork, capacity: Capacity) -> bool:
        """Whether the first job that waits for resources can have them now, or never."""
        first = unit.jobs.unplaced(1)
        if not first:
            return False
        wanted = first[0].resources
        taken = unit.jobs.taken(capacity.whole_cpus)
        return _fits(_together(taken, wanted, capacity), capacity) or not _fits(_counted(wanted, capacity), capacity)

    def room(self, principal: Principal) -> Room:
        """How much room there is for jobs."""
        principal.require(Right.READ)
        capacity = self._capacity()
        with self._store.read() as unit:
            return Room(capacity, unit.jobs.taken(capacity.whole_cpus), len(unit.jobs.unplaced(10_000)))


def _together(taken: Resources, wanted: Resources, capacity: Capacity) -> Resources:
    more = _counted(wanted, capacity)
    return Resources(taken.cpu + more.cpu, taken.memory_mb + more.memory_mb, taken.gpu + more.gpu)


def check_size(wanted: Resources, capacity: Capacity) -> None:
    """Raises ResourcesOutOfBounds for what will never fit."""
    counted = _counted(wanted, capacity)
    if counted.cpu > capacity.cpu + _SLIVER:
        raise ResourcesOutOfBounds(
            f"cpu={wanted.cpu:g} is more than there is: jobs have {cpus_in_words(capacity.cpu)} here in all."
        )
    if wanted.memory_mb > capacity.memory_mb:
        raise ResourcesOutOfBounds(
            f"memory={wanted.memory_mb}MB is more than there is: jobs have {capacity.memory_mb}MB here in all."
        )

    if wanted.gpu > capacity.gpu:
        raise ResourcesOutOfBounds(f"gpu={wanted.gpu} is more than there is: jobs have {capacity.gpu} GPUs here in all.")


def _fits(wanted: Resources, capacity: Capacity) -> bool:
    cpus_fit = wanted.cpu <= capacity.cpu + _SLIVER
    return cpus_fit and wanted.memory_mb <= capacity.memory_mb and wanted.gpu <= capacity.gpu


def _counted(wanted: Resources, capacity: Capacity) -> Resources:
    return Resources(math.ceil(wanted.cpu) if capacity.whole_cpus else wanted.cpu, wanted.memory_mb, wanted.gpu)


def _refuse(unit: UnitOfWork, waiting: Unplaced, why: str) -> None:
    """The machine is smaller than it was when the job was submitted."""
    unit.lock_project(waiting.project_id)
    job = unit.jobs.get(waiting.project_id, waiting.job_id)
    if job is None:
        return
    try:
        unit.jobs.move(job, Status.FAILED, outcome=Outcome(Status.FAILED, Reason.LAUNCH, why))
    except JobEnded:
        return
    unit.events.append(job.project_id, EventKind.JOB_ENDED, **job_ids(job))
