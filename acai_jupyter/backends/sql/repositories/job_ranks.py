"""The agents of jobs: one an attempt and rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update

from acai_jupyter.backends.sql.repositories import job_statements as statements
from acai_jupyter.backends.sql.repositories.job_rows import key_of
from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import job_ranks
from acai_jupyter.domain.jobs import Job, Rank


class SqlRanks:
    """Of `SqlJobs`: what it tells of ranks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_rank(self, job: Job, rank: int) -> None:
        own = {"project_id": job.project_id, "job_id": job.id, "attempt": job.attempt, "rank": rank}
        self._session.run(self._session.insert_new(job_ranks, *own), own)

    def set_handle(self, job: Job, rank: int, handle: str) -> None:
        self._change_rank(job, rank, {"handle": handle})

    def ranks(self, job: Job) -> list[Rank]:
        return [_rank(row) for row in self._session.run(statements.ranks(), {**key_of(job), "of_attempt": job.attempt})]

    def active_ranks(self) -> dict[UUID, list[Rank]]:
        found: dict[UUID, list[Rank]] = {}
        for row in self._session.run(statements.active_ranks()):
            found.setdefault(row.job_id, []).append(_rank(row))
        return found

    def uncleaned(self, limit: int) -> list[Rank]:
        return [_rank(row) for row in self._session.run(statements.uncleaned(), {"most": limit})]

    def forget_handle(self, rank: Rank) -> None:
        own = {"project": rank.project_id, "job": rank.job_id, "of_attempt": rank.attempt, "of_rank": rank.rank}
        self._session.run(statements.change_rank(("handle",)), {**own, "new_handle": None})

    def claim(self, job: Job, rank: int, instance: UUID) -> bool:
        given = {**_rank_key(job, rank), "by": instance, "now": self._session.now}
        return bool(self._session.run(statements.claim_rank(), given).rowcount)

    def heartbeat(self, job: Job, rank: int, progress: str | None) -> None:
        self._change_rank(job, rank, {"heartbeat_at": self._session.now, "progress": progress})

    def lose(self, job: Job, rank: int) -> None:
        heard = func.coalesce(job_ranks.c.lost_at, job_ranks.c.heartbeat_at)
        own = (job_ranks.c.project_id == job.project_id, job_ranks.c.job_id == job.id)
        this = (*own, job_ranks.c.attempt == job.attempt, job_ranks.c.rank == rank)
        self._session.run(update(job_ranks).where(*this).values(lost_at=heard))

    def report(self, job: Job, rank: int, report: str) -> bool:
        return self._change_rank(job, rank, {"reported_at": self._session.now, "report": report}, only_first=True)

    def reports(self, job: Job) -> list[str]:
        own = (job_ranks.c.project_id == job.project_id, job_ranks.c.job_id == job.id, job_ranks.c.attempt == job.attempt)
        wanted = select(job_ranks.c.report).where(*own, job_ranks.c.report.is_not(None)).order_by(job_ranks.c.rank)
        return [str(report) for report in self._session.run(wanted).scalars()]

    def _change_rank(self, job: Job, rank: int, values: Mapping[str, Any], only_first: bool = False) -> bool:
        given = {**_rank_key(job, rank), **{f"new_{name}": value for name, value in values.items()}}
        return bool(self._session.run(statements.change_rank(tuple(values), only_first), given).rowcount)


def _rank(row: Row[Any]) -> Rank:
    return Rank(
        row.project_id,
        row.job_id,
        row.attempt,
        row.rank,
        row.handle,
        row.instance,
        row.claimed_at,
        row.heartbeat_at,
        row.reported_at,
        row.progress,
        row.lost_at,
    )


def _rank_key(job: Job, rank: int) -> dict[str, Any]:
    return {**key_of(job), "of_attempt": job.attempt, "of_rank": rank}
