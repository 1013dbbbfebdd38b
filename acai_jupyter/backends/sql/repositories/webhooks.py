"""Webhooks and what is to be told by them: an outbox, filled by the transaction that ends a job."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, select, update

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import webhook_deliveries, webhooks
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.webhooks import Delivery


class SqlWebhooks:
    def __init__(self, session: Session) -> None:
        self._session = session

    def set(self, project_id: UUID, sealed: bytes) -> int:
        changed = {"sealed": sealed, "changed_at": self._session.now}
        insert = self._session.insert(webhooks).values(project_id=project_id, **changed)
        self._session.run(insert.on_conflict_do_update(index_elements=["project_id"], set_=changed))
        return self._session.now

    def get(self, project_id: UUID) -> tuple[bytes, int] | None:
        row = self._session.run(select(webhooks).where(webhooks.c.project_id == project_id)).one_or_none()
        return None if row is None else (row.sealed, row.changed_at)

    def delete(self, project_id: UUID) -> bool:
        self._session.run(delete(webhook_deliveries).where(webhook_deliveries.c.project_id == project_id))
        return bool(self._session.run(delete(webhooks).where(webhooks.c.project_id == project_id)).rowcount)

    def due_projects(self, limit: int, but_for: Collection[UUID] = ()) -> list[UUID]:
        due = select(webhook_deliveries.c.project_id).distinct().where(*self._due(but_for))
        return list(self._session.run(due.limit(limit)).scalars())

    def _due(self, but_for: Collection[UUID]) -> tuple[ColumnElement[bool], ...]:
        own = webhook_deliveries.c
        return own.due_at <= self._session.now, own.project_id.not_in(list(but_for))

    def claim(self, limit: int, hold_seconds: float, but_for: Collection[UUID] = ()) -> list[Delivery]:
        own = webhook_deliveries.c
        first = select(webhook_deliveries).where(*self._due(but_for)).order_by(own.due_at, own.id)
        rows = self._session.run(first.limit(limit)).all()
        claimed = []
        for row in rows:
            held = {"attempts": row.attempts + 1, "due_at": self._session.now + int(hold_seconds * SECOND)}
            as_seen = (own.project_id == row.project_id, own.id == row.id, own.attempts == row.attempts)
            if self._session.run(update(webhook_deliveries).where(*as_seen).values(**held)).rowcount:
                claimed.append(Delivery(row.project_id, row.id, row.job_id, row.attempts + 1, row.created_at))
        return claimed

    def put_off(self, delivery: Delivery, seconds: float) -> None:
        due_at = self._session.now + int(seconds * SECOND)
        own = (webhook_deliveries.c.project_id == delivery.project_id, webhook_deliveries.c.id == delivery.id)
        self._session.run(update(webhook_deliveries).where(*own).values(due_at=due_at))

    def done(self, delivery: Delivery) -> None:
        own = (webhook_deliveries.c.project_id == delivery.project_id, webhook_deliveries.c.id == delivery.id)
        self._session.run(delete(webhook_deliveries).where(*own))

    def due_within(self, seconds: float) -> int:
        soon = webhook_deliveries.c.due_at <= self._session.now + int(seconds * SECOND)
        return int(self._session.run(select(func.count()).select_from(webhook_deliveries).where(soon)).scalar_one())


def tell_of_end(session: Session, project_id: UUID, job_id: UUID) -> None:
    """Put a job's end into the outbox, where its project has a webhook."""
    if session.run(_has_webhook(), {"project": project_id}).one_or_none() is None:
        return
    values = {"id": new_id(), "job_id": job_id, "attempts": 0, "created_at": session.now, "due_at": session.now}
    session.run(session.insert(webhook_deliveries), {"project_id": project_id, **values})


@cache
def _has_webhook() -> Select[Any]:
    return select(webhooks.c.project_id).where(webhooks.c.project_id == bindparam("project"))
