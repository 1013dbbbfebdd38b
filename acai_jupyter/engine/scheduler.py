"""The job scheduler (paper 3.3.1, 4.2): FIFO within a (project, user), at most k of them active."""

from __future__ import annotations

from typing import Final

from acai_jupyter.domain.errors import JobEnded
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.jobs import Job, Status
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.ports.store.unit import Store, UnitOfWork

MOST_AT_ONCE: Final = 50
"""So many jobs have their turn at once."""

TURN: Final = "scheduler"
"""Who locks several projects in one unit of work has this turn first, so that no two do it in different orders."""


class Scheduler:
    """Moves jobs from QUEUED to LAUNCHING when it is their turn. Any number of servers may do so at once."""

    def __init__(self, store: Store, settings: EngineSettings) -> None:
        self._store = store
        self._settings = settings

    def claim(self) -> list[Job]:
        """The jobs whose turn it is; they are LAUNCHING with their first attempt now."""
        with self._store.read() as unit:
            if not self.is_due(unit):
                return []
        with self._store.begin() as unit:
            return self.claim_in(unit)

    def is_due(self, unit: UnitOfWork) -> bool:
        """Whether it is any job's turn."""
        return unit.jobs.any_ready(self._settings.quota)

    def claim_in(self, unit: UnitOfWork) -> list[Job]:
        """`claim`, as a part of what `unit` does. It comes first there: servers take their turns by it."""
        unit.leases.serialize(TURN)
        claimed = []
        for job in unit.jobs.ready(self._settings.quota, MOST_AT_ONCE):
            unit.lock_project(job.project_id)
            try:
                claimed.append(unit.jobs.move(job, Status.LAUNCHING, attempt=1))
            except JobEnded:
                continue  # killed between the look and the lock
            unit.events.append(job.project_id, EventKind.JOB_CHANGED, **job_ids(job))
        return claimed
