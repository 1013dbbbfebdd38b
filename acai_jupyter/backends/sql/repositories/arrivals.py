"""How far running jobs are, and when they are expected to end."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import delete, func, or_, select, update

from acai_jupyter.backends.sql.repositories.job_rows import read_job
from acai_jupyter.backends.sql.repositories.job_statements import select_jobs
from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import job_steps, jobs
from acai_jupyter.domain.arrivals import Arrival, StepPoint
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.jobs import Job, Status

_APART: Final = 100
"""Points lie at least this part of the job's time apart: so their number grows with its logarithm."""


class SqlArrivals:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add_step(self, job: Job, step: float, total: float | None, tagged: bool, restarts: int, anew: bool) -> None:
        before = job.steps
        if anew and before is not None:
            self._session.run(delete(job_steps).where(*_of(job)))
        if total is None and before is not None and before.tagged == tagged:
            total = before.total
        values = {"step": step, "step_total": total, "step_tagged": tagged, "step_restarts": restarts}
        self._session.run(update(jobs).where(*_is(job)).values(**values, stepped_at=self._session.now))
        last = self._session.run(select(func.max(job_steps.c.at)).where(*_of(job))).scalar()
        least = max(self._session.now - (job.running_at or self._session.now), 0) // _APART
        if last is None or self._session.now - last > least:
            own = {"project_id": job.project_id, "job_id": job.id, "attempt": job.attempt}
            self._session.run(self._session.insert(job_steps).values(**own, at=self._session.now, step=step))

    def steps(self, job: Job) -> list[StepPoint]:
        rows = self._session.run(select(job_steps.c.at, job_steps.c.step).where(*_of(job)).order_by(job_steps.c.at)).all()
        begun = job.running_at or 0
        points = [StepPoint(row.step, (row.at - begun) / SECOND) for row in rows]
        if job.steps is not None and points and job.steps.done > points[-1].step:
            points.append(StepPoint(job.steps.done, (job.steps.at - begun) / SECOND))
        return points

    def expected(self, limit: int) -> list[Job]:
        told = or_(jobs.c.stepped_at.is_not(None), jobs.c.bound.is_not(None))
        running = select_jobs().where(jobs.c.status == Status.RUNNING.value, told)
        return [read_job(row) for row in self._session.run(running.order_by(jobs.c.running_at).limit(limit))]

    def set_arrival(self, job: Job, arrival: Arrival) -> None:
        values = {"arrival": arrival.end, "arrival_low": arrival.low, "arrival_high": arrival.high, "arrival_at": arrival.at}
        self._session.run(update(jobs).where(*_is(job)).values(**values))

    def set_late(self, job: Job) -> bool:
        first = (*_is(job), jobs.c.late_at.is_(None), jobs.c.status == Status.RUNNING.value)
        return bool(self._session.run(update(jobs).where(*first).values(late_at=self._session.now)).rowcount)


def _is(job: Job) -> tuple[Any, Any]:
    return jobs.c.project_id == job.project_id, jobs.c.id == job.id


def _of(job: Job) -> tuple[Any, ...]:
    own = job_steps.c
    return own.project_id == job.project_id, own.job_id == job.id, own.attempt == job.attempt
