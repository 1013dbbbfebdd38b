"""Chains: jobs that wait for others. A job's end makes its links due; what follows from it is done here."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.jobs import Job, Outcome, Reason, Status
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_MOST_AT_ONCE: Final = 100
_MOST_ROUNDS: Final = 50
_MOST_NAME_CHARACTERS: Final = 60


class Chains:
    """Lets jobs that wait go on when what they wait for has finished, and ends them where it has not. Any number of servers
    may do so at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def advance(self) -> int:
        """Do what follows from jobs that have ended; returns for how many. A failure goes down its whole chain."""
        done = 0
        for _ in range(_MOST_ROUNDS):
            with self._store.read() as unit:
                due = unit.chains.due(_MOST_AT_ONCE)
            for project_id, job_id in due:
                self._follow(project_id, job_id)
            done += len(due)
            if not due:
                break
        return done

    def _follow(self, project_id: UUID, job_id: UUID) -> None:
        with self._store.begin() as unit:
            unit.lock_project(project_id)
            job = unit.jobs.get(project_id, job_id)
            assert job is not None
            if job.status is Status.FINISHED:
                self._go_on(unit, job)
            else:
                for waiting in unit.chains.waiting(job):
                    _fail(unit, waiting, Reason.PREDECESSOR, f"It waits for {_named(job)}, which {_ended(job)}.")
            unit.chains.settle(job)

    @staticmethod
    def _go_on(unit: UnitOfWork, job: Job) -> None:
        if job.output_id is None:
            for waiting in unit.chains.waiting(job):
                if waiting.spec.input_job_id == job.id:
                    _fail(unit, waiting, Reason.INPUT, f"Its input is the output of {_named(job)}, which wrote none.")
        for released in unit.jobs.by_ids(job.project_id, unit.chains.release(job)).values():
            unit.events.append(job.project_id, EventKind.JOB_CHANGED, **job_ids(released))


def _fail(unit: UnitOfWork, job: Job, reason: Reason, why: str) -> None:
    unit.jobs.move(job, Status.FAILED, outcome=Outcome(Status.FAILED, reason, why))
    unit.events.append(job.project_id, EventKind.JOB_ENDED, **job_ids(job))


def _named(job: Job) -> str:
    return f"job {job.number} ({job.spec.name[:_MOST_NAME_CHARACTERS]})" if job.spec.name else f"job {job.number}"


def _ended(job: Job) -> str:
    if job.status is Status.KILLED:
        return "was KILLED"
    outcome = job.outcome
    if outcome is None or outcome.reason is None:
        return f"is {job.status}"
    code = f" {outcome.exit_code}" if outcome.reason is Reason.EXIT_CODE else ""
    return f"{job.status}: {outcome.reason}{code}"
