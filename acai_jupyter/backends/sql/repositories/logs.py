"""Logs as rows while they grow, and where they lie after."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import log_chunks, logs, objects
from acai_jupyter.domain.jobs import Job
from acai_jupyter.ports.store.engine import LogState


class SqlLogs:
    def __init__(self, session: Session) -> None:
        self._session = session

    def state(self, job_id: UUID, project_id: UUID, attempt: int, rank: int) -> LogState:
        row = self._session.run(select(logs).where(*_is(logs, project_id, job_id, attempt, rank))).one_or_none()
        return LogState(row.size, row.line, row.step, row.complete, row.object_id) if row else LogState(0, b"", None, False, None)

    def append(self, job: Job, rank: int, offset: int, data: bytes, line: bytes, step: float | None) -> None:
        own = {"project_id": job.project_id, "job_id": job.id, "attempt": job.attempt, "rank": rank}
        self._session.run(self._session.insert(log_chunks).values(**own, offset=offset, data=data, at=self._session.now))
        values = {"size": offset + len(data), "line": line, "step": step}
        statement = self._session.insert(logs).values(**own, **values, complete=False)
        self._session.run(
            statement.on_conflict_do_update(index_elements=["project_id", "job_id", "attempt", "rank"], set_=values)
        )

    def finish(self, job: Job) -> None:
        of_attempt = (logs.c.project_id == job.project_id, logs.c.job_id == job.id, logs.c.attempt == job.attempt)
        self._session.run(update(logs).where(*of_attempt).values(complete=True))

    def chunks(self, project_id: UUID, job_id: UUID, attempt: int, rank: int, offset: int, most: int) -> list[tuple[int, bytes]]:
        own = _is(log_chunks, project_id, job_id, attempt, rank)
        first = select(func.max(log_chunks.c.offset)).where(*own, log_chunks.c.offset <= offset).scalar_subquery()
        wanted = select(log_chunks.c.offset, log_chunks.c.data).where(*own, log_chunks.c.offset >= first)
        found: list[tuple[int, bytes]] = []
        for row in self._session.run(wanted.order_by(log_chunks.c.offset)):
            found.append((row.offset, row.data))
            if row.offset + len(row.data) - offset >= most:
                break
        return found

    def to_compact(self, limit: int) -> list[tuple[UUID, UUID, int, int]]:
        whole = (logs.c.complete.is_(True), logs.c.object_id.is_(None), logs.c.size > 0)
        rows = self._session.run(select(logs).where(*whole).limit(limit))
        return [(row.project_id, row.job_id, row.attempt, row.rank) for row in rows]

    def compact(self, project_id: UUID, job_id: UUID, attempt: int, rank: int, object_id: UUID) -> None:
        self._session.run(update(logs).where(*_is(logs, project_id, job_id, attempt, rank)).values(object_id=object_id))
        self._session.run(delete(log_chunks).where(*_is(log_chunks, project_id, job_id, attempt, rank)))

    def object_key(self, project_id: UUID, object_id: UUID) -> str:
        key = select(objects.c.key).where(objects.c.project_id == project_id, objects.c.id == object_id)
        return str(self._session.run(key).scalar_one())


def _is(table: Any, project_id: UUID, job_id: UUID, attempt: int, rank: int) -> tuple[Any, ...]:
    own = table.c
    return own.project_id == project_id, own.job_id == job_id, own.attempt == attempt, own.rank == rank
