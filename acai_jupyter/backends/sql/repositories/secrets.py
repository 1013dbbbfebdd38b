"""Secrets, as the vault has sealed them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import secrets
from acai_jupyter.domain.secrets import Secret


class SqlSecrets:
    def __init__(self, session: Session) -> None:
        self._session = session

    def set(self, project_id: UUID, user_id: UUID, name: str, sealed: bytes) -> Secret:
        changed = {"sealed": sealed, "changed_at": self._session.now}
        insert = self._session.insert(secrets).values(project_id=project_id, user_id=user_id, name=name, **changed)
        self._session.run(insert.on_conflict_do_update(index_elements=["project_id", "user_id", "name"], set_=changed))
        return Secret(name, self._session.now)

    def list(self, project_id: UUID, user_id: UUID) -> list[Secret]:
        own = (secrets.c.project_id == project_id, secrets.c.user_id == user_id)
        rows = self._session.run(select(secrets.c.name, secrets.c.changed_at).where(*own).order_by(secrets.c.name))
        return [Secret(row.name, row.changed_at) for row in rows]

    def sealed(self, project_id: UUID, user_id: UUID, names: Sequence[str]) -> dict[str, bytes]:
        own = (secrets.c.project_id == project_id, secrets.c.user_id == user_id, secrets.c.name.in_(names))
        return {row.name: row.sealed for row in self._session.run(select(secrets.c.name, secrets.c.sealed).where(*own))}

    def delete(self, project_id: UUID, user_id: UUID, name: str) -> bool:
        own = (secrets.c.project_id == project_id, secrets.c.user_id == user_id, secrets.c.name == name)
        return bool(self._session.run(delete(secrets).where(*own)).rowcount)
