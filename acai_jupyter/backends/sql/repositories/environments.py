"""Environments that jobs were submitted with, each kept once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import environments
from acai_jupyter.domain.origins import EnvironmentRecord


class SqlEnvironments:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, project_id: UUID, record: EnvironmentRecord) -> None:
        values = {"project_id": project_id, "digest": record.digest, "content": record.content}
        self._session.run(self._session.insert_new(environments, "project_id", "digest"), values)

    def get(self, project_id: UUID, digest: bytes) -> str | None:
        own = (environments.c.project_id == project_id, environments.c.digest == digest)
        content: str | None = self._session.run(select(environments.c.content).where(*own)).scalar_one_or_none()
        return content
