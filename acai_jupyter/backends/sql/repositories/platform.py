"""Events, leases, and answers kept for repeated requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, Row, Select, bindparam, delete, func, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from acai_jupyter.backends.sql.session import Session, to_json
from acai_jupyter.backends.sql.tables import events, idempotency_keys, leases, projects
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import IdempotencyKeyReused
from acai_jupyter.domain.events import Event, EventKind

_LONGEST_LEASE: Final = 3600 * SECOND


class SqlEvents:
    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, project_id: UUID, kind: EventKind, **ids: str) -> None:
        number = self._session.run(_next_number(), {"project": project_id}).scalar_one()
        values = {"number": number, "kind": kind.value, "ids": to_json(ids), "at": self._session.now}
        self._session.run(self._session.insert(events), {"project_id": project_id, **values})
        self._session.changed[project_id] = number
        self._session.changed.first.setdefault(project_id, number)
        self._session.changed.kinds.add(kind)

    def after(self, project_id: UUID, number: int, limit: int) -> list[Event]:
        return [_event(row) for row in self._session.run(_after(), {"project": project_id, "after": number, "most": limit})]

    def last_of(self, project_id: UUID, kinds: Collection[EventKind]) -> Event | None:
        wanted = select(events).where(events.c.project_id == project_id, events.c.kind.in_([kind.value for kind in kinds]))
        row = self._session.run(wanted.order_by(events.c.number.desc()).limit(1)).one_or_none()
        return row and _event(row)

    def last_numbers(self) -> dict[UUID, int]:
        return {row.id: row.event_number for row in self._session.run(_last_numbers())}

    def first_number(self, project_id: UUID) -> int:
        kept = self._session.run(_first_number(), {"project": project_id}).scalar()
        if kept is not None:
            return int(kept)
        last = self._session.run(select(projects.c.event_number).where(projects.c.id == project_id)).scalar()
        return int(last or 0) + 1

    def forget_before(self, at: int, limit: int) -> int:
        old = select(events.c.project_id, events.c.number).where(events.c.at < at).order_by(events.c.at).limit(limit)
        rows = self._session.run(old).all()
        if rows:
            newest: dict[UUID, int] = {}
            for row in rows:
                newest[row.project_id] = max(row.number, newest.get(row.project_id, 0))
            for project_id, number in newest.items():
                self._session.run(delete(events).where(events.c.project_id == project_id, events.c.number <= number))
        return len(rows)


@cache
def _next_number() -> ReturningUpdate[Any]:
    one_more = update(projects).values(event_number=projects.c.event_number + 1)
    return one_more.where(projects.c.id == bindparam("project")).returning(projects.c.event_number)


@cache
def _after() -> Select[Any]:
    wanted = select(events).where(events.c.project_id == bindparam("project"), events.c.number > bindparam("after"))
    return wanted.order_by(events.c.number).limit(bindparam("most", type_=Integer))


@cache
def _first_number() -> Select[Any]:
    return select(func.min(events.c.number)).where(events.c.project_id == bindparam("project"))


@cache
def _last_numbers() -> Select[Any]:
    return select(projects.c.id, projects.c.event_number)


def _event(row: Row[Any]) -> Event:
    return Event(row.project_id, row.number, EventKind(row.kind), tuple(json.loads(row.ids).items()), row.at)


class SqlLeases:
    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, name: str, holder: UUID, seconds: float) -> bool:
        now = self._session.now
        values = {"holder": holder, "expires_at": now + int(seconds * SECOND)}
        statement = self._session.insert(leases).values(name=name, **values)
        # No lease is taken for so long: one that ends so late was taken before the clock was set back.
        over = (leases.c.expires_at < now) | (leases.c.expires_at > now + _LONGEST_LEASE)
        mine_or_free = (leases.c.holder == holder) | over
        statement = statement.on_conflict_do_update(index_elements=["name"], set_=values, where=mine_or_free)
        return bool(self._session.run(statement).rowcount)

    def drop(self, name: str, holder: UUID) -> None:
        self._session.run(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

    def serialize(self, name: str) -> None:
        _serialize(self._session, name)


class SqlIdempotency:
    def __init__(self, session: Session) -> None:
        self._session = session

    def answer(self, project_id: UUID, user_id: UUID, key: str, request_digest: bytes) -> str | None:
        # A repetition that comes while the first call is still at work waits for its answer.
        _serialize(self._session, f"idempotency {project_id} {user_id} {key}")
        row = self._session.run(_answer(), {"project": project_id, "user": user_id, "of_key": key}).one_or_none()
        if row is None:
            return None
        if row.request_digest != request_digest:
            raise IdempotencyKeyReused("This idempotency key was used for another request; choose a new one.")
        return str(row.answer)

    def keep(self, project_id: UUID, user_id: UUID, key: str, request_digest: bytes, answer: str) -> None:
        own = {"project_id": project_id, "user_id": user_id, "key": key}
        values = {"request_digest": request_digest, "answer": answer, "created_at": self._session.now}
        self._session.run(self._session.insert(idempotency_keys), {**own, **values})

    def forget_before(self, at: int) -> None:
        self._session.run(delete(idempotency_keys).where(idempotency_keys.c.created_at < at))


@cache
def _answer() -> Select[Any]:
    kept = idempotency_keys.c
    own = (kept.project_id == bindparam("project"), kept.user_id == bindparam("user"), kept.key == bindparam("of_key"))
    return select(idempotency_keys).where(*own)


def _serialize(session: Session, name: str) -> None:
    """Let one unit at a time on from here. SQLite has one writer at a time anyway."""
    if session.dialect == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        session.run(select(func.pg_advisory_xact_lock(number)))
