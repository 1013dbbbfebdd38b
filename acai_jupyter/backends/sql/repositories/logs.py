"""Logs as rows while they grow, and where they lie after."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Update, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import log_chunks, logs, objects
from acai_jupyter.domain.jobs import Job
from acai_jupyter.ports.store.engine import LogState


class SqlLogs:
    def __init__(self, session: Session) -> None:
        self._session = session

    def state(self, job_id: UUID, project_id: UUID, attempt: int, rank: int) -> LogState:
        given = {"project": project_id, "job": job_id, "of_attempt": attempt, "of_rank": rank}
        row = self._session.run(_state(), given).one_or_none()
        return LogState(row.size, row.line, row.step, row.complete, row.object_id) if row else LogState(0, b"", None, False, None)

    def append(self, job: Job, rank: int, offset: int, data: bytes, line: bytes, step: float | None) -> None:
        own = {"project_id": job.project_id, "job_id": job.id, "attempt": job.attempt, "rank": rank}
        piece = {**own, "offset": offset, "data": data, "at": self._session.now}
        self._session.run(self._session.insert(log_chunks), piece)
        values = {"size": offset + len(data), "line": line, "step": step}
        self._session.run(_grow(self._session.dialect), {**own, **values, "complete": False})

    def finish(self, job: Job) -> None:
        self._session.run(_complete(), {"project": job.project_id, "job": job.id, "of_attempt": job.attempt})

    def chunks(self, project_id: UUID, job_id: UUID, attempt: int, rank: int, offset: int, most: int) -> list[tuple[int, bytes]]:
        given = {"project": project_id, "job": job_id, "of_attempt": attempt, "of_rank": rank, "from_offset": offset}
        found: list[tuple[int, bytes]] = []
        for row in self._session.run(_chunks(), given):
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


def _asked(table: Any) -> tuple[Any, ...]:
    return _is(table, bindparam("project"), bindparam("job"), bindparam("of_attempt"), bindparam("of_rank"))


@cache
def _state() -> Select[Any]:
    return select(logs).where(*_asked(logs))


@cache
def _chunks() -> Select[Any]:
    offset = log_chunks.c.offset
    first = select(func.max(offset)).where(*_asked(log_chunks), offset <= bindparam("from_offset")).scalar_subquery()
    return select(offset, log_chunks.c.data).where(*_asked(log_chunks), offset >= first).order_by(offset)


@cache
def _grow(dialect: str) -> Executable:
    insert = postgresql.insert(logs) if dialect == "postgresql" else sqlite.insert(logs)
    grown = {name: insert.excluded[name] for name in ("size", "line", "step")}
    return insert.on_conflict_do_update(index_elements=["project_id", "job_id", "attempt", "rank"], set_=grown)


@cache
def _complete() -> Update:
    return update(logs).where(*_asked(logs)[:3]).values(complete=True)


def _is(table: Any, project_id: Any, job_id: Any, attempt: Any, rank: Any) -> tuple[Any, ...]:
    own = table.c
    return own.project_id == project_id, own.job_id == job_id, own.attempt == attempt, own.rank == rank
