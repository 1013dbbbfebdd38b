"""Ending jobs: one, or all of a user's or of the project's."""

from __future__ import annotations

from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.jobs import Job, Outcome, Status
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_MOST_AT_ONCE: Final = 200


class Kills:
    """Ends many jobs, in transactions that are short each."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def kill_all(self, principal: Principal, everyone: bool) -> int:
        """End the jobs of the principal that have not ended, or (`everyone`, for admins) those of all users of the project;
        returns how many were told to end. Jobs that are submitted meanwhile stay.

        Raises Forbidden.
        """
        principal.require(Right.MANAGE_USERS if everyone else Right.WRITE)
        user_id = None if everyone else principal.user_id
        with self._store.read() as unit:
            numbers = unit.jobs.unended_numbers(principal.project_id, user_id)
        killed = 0
        # The newest first: what waits must not be launched while what runs is told to end.
        for start in range(0, len(numbers), _MOST_AT_ONCE):
            with self._store.begin() as unit:
                unit.lock_project(principal.project_id)
                for number in numbers[start : start + _MOST_AT_ONCE]:
                    job = unit.jobs.by_number(principal.project_id, number)
                    if job is not None and not job.ended and job.kill_requested_at is None:
                        kill_job(unit, principal, job)
                        killed += 1
        return killed


def kill_job(unit: UnitOfWork, principal: Principal, job: Job, why: str | None = None) -> Job:
    """End a job that has not ended: at once where nothing of it runs, else its agent is told. Without a `why`, it tells by whom.
    Call it where the project is locked."""
    by = why or f"by {principal.user_name}"
    job = unit.jobs.request_kill(job, by)
    kind = EventKind.JOB_CHANGED
    if job.status is Status.QUEUED or (job.status is Status.LAUNCHING and job.placed_at is None):
        job = unit.jobs.move(job, Status.KILLED, outcome=Outcome(Status.KILLED, detail=by))
        kind = EventKind.JOB_ENDED
    unit.events.append(principal.project_id, kind, **job_ids(job))
    return job
