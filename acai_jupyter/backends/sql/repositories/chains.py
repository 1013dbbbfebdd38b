"""Which jobs wait for which."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, and_, bindparam, select, update

from acai_jupyter.backends.sql.repositories.job_rows import read_job
from acai_jupyter.backends.sql.repositories.job_statements import select_jobs
from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import job_predecessors, jobs
from acai_jupyter.domain.jobs import Job, Status

_LINKS = job_predecessors.c


class SqlChains:
    def __init__(self, session: Session) -> None:
        self._session = session

    def predecessors(self, job: Job) -> list[UUID]:
        return list(self._session.run(_predecessors(), {"project": job.project_id, "job": job.id}).scalars())

    def due(self, limit: int) -> list[tuple[UUID, UUID]]:
        return [(row.project_id, row.predecessor_id) for row in self._session.run(_all_due(), {"most": limit})]

    def release(self, job: Job) -> list[UUID]:
        waiting = (jobs.c.project_id == job.project_id, jobs.c.status == Status.QUEUED.value)
        reads_it = jobs.c.input_job_id == job.id
        self._session.run(update(jobs).where(*waiting, reads_it).values(input_id=job.output_id))
        linked = jobs.c.id.in_(select(_LINKS.job_id).where(*_due(job)))
        one_less = update(jobs).where(*waiting, linked).values(waits_for=jobs.c.waits_for - 1)
        return list(self._session.run(one_less.returning(jobs.c.id)).scalars())

    def waiting(self, job: Job) -> list[Job]:
        linked = jobs.c.id.in_(select(_LINKS.job_id).where(*_due(job)))
        own = (jobs.c.project_id == job.project_id, jobs.c.status == Status.QUEUED.value)
        return [read_job(row) for row in self._session.run(select_jobs().where(*own, linked).order_by(jobs.c.number))]

    def settle(self, job: Job) -> None:
        self._session.run(update(job_predecessors).where(*_due(job)).values(due=False))

    def latest_retry(self, project_id: UUID, job_id: UUID) -> UUID:
        latest = job_id
        while True:
            retries = select(jobs.c.id).where(jobs.c.project_id == project_id, jobs.c.retry_of == latest)
            retry = self._session.run(retries.order_by(jobs.c.number.desc()).limit(1)).scalar_one_or_none()
            if retry is None:
                return latest
            latest = retry


@cache
def _predecessors() -> Select[Any]:
    before = and_(jobs.c.project_id == _LINKS.project_id, jobs.c.id == _LINKS.predecessor_id)
    own = (_LINKS.project_id == bindparam("project"), _LINKS.job_id == bindparam("job"))
    return select(jobs.c.id).select_from(job_predecessors.join(jobs, before)).where(*own).order_by(jobs.c.number)


@cache
def _all_due() -> Select[Any]:
    wanted = select(_LINKS.project_id, _LINKS.predecessor_id).where(_LINKS.due.is_(True)).distinct()
    return wanted.limit(bindparam("most", type_=Integer))


def _due(job: Job) -> tuple[Any, ...]:
    return _LINKS.project_id == job.project_id, _LINKS.predecessor_id == job.id, _LINKS.due.is_(True)
