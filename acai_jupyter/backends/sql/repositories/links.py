"""The links between jobs and those that they wait for, as the jobs' repository keeps them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from uuid import UUID

from sqlalchemy import Update, bindparam, select, update

from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import job_predecessors, jobs
from acai_jupyter.domain.jobs import TERMINAL, Job


def add_links(session: Session, project_id: UUID, links: Mapping[UUID, Collection[UUID]]) -> None:
    """New jobs wait for others; those that have ended already make their links due at once."""
    before = sorted({predecessor for own in links.values() for predecessor in own})
    ended: set[UUID] = set()
    for some in chunks(before):
        over = jobs.c.status.in_([status.value for status in TERMINAL])
        ended |= set(session.run(select(jobs.c.id).where(jobs.c.project_id == project_id, jobs.c.id.in_(some), over)).scalars())
    rows = [
        {"project_id": project_id, "job_id": job, "predecessor_id": predecessor, "due": predecessor in ended}
        for job, own in links.items()
        for predecessor in set(own)
    ]
    if rows:
        session.run(session.insert(job_predecessors), rows)


def make_links_due(session: Session, job: Job) -> None:
    """A job has ended: whoever looks after chains finds those that wait for it."""
    session.run(_make_due(), {"project": job.project_id, "job": job.id})


@cache
def _make_due() -> Update:
    links = job_predecessors.c
    own = (links.project_id == bindparam("project"), links.predecessor_id == bindparam("job"))
    return update(job_predecessors).where(*own).values(due=True)
