"""Projects, users and tokens."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Update, bindparam, select, update

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import projects, tokens, users
from acai_jupyter.domain.access import JobScope, Principal, Project, Role, Token, TokenKind, User
from acai_jupyter.domain.errors import NameTaken


class SqlAccess:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add_project(self, project: Project) -> None:
        values = {"id": project.id, "name": project.name, "created_at": project.created_at, "event_number": 0, "job_number": 0}
        if not self._session.run(self._session.insert_new(projects, "name"), values).rowcount:
            raise NameTaken(f"There is a project {project.name!r} already.")

    def project(self, name: str) -> Project | None:
        row = self._session.run(select(projects).where(projects.c.name == name)).one_or_none()
        return row and Project(row.id, row.name, row.created_at)

    def projects(self) -> list[Project]:
        rows = self._session.run(select(projects).order_by(projects.c.name))
        return [Project(row.id, row.name, row.created_at) for row in rows]

    def add_user(self, user: User) -> None:
        own = {"project_id": user.project_id, "id": user.id, "name": user.name}
        values = {**own, "role": user.role.value, "created_at": user.created_at}
        if not self._session.run(self._session.insert_new(users, "project_id", "name"), values).rowcount:
            raise NameTaken(f"There is a user {user.name!r} in this project already.")

    def user(self, project_id: UUID, name: str) -> User | None:
        found = select(users).where(users.c.project_id == project_id, users.c.name == name)
        row = self._session.run(found).one_or_none()
        return row and _user(row)

    def users(self, project_id: UUID) -> list[User]:
        rows = self._session.run(select(users).where(users.c.project_id == project_id).order_by(users.c.name))
        return [_user(row) for row in rows]

    def set_role(self, project_id: UUID, user_id: UUID, role: Role) -> None:
        self._session.run(update(users).where(users.c.project_id == project_id, users.c.id == user_id).values(role=role.value))

    def add_token(self, token: Token) -> None:
        scope = token.job
        values = {
            "digest": token.digest,
            "project_id": token.project_id,
            "user_id": token.user_id,
            "kind": token.kind.value,
            "label": token.label,
            "job_id": scope and scope.job_id,
            "attempt": scope and scope.attempt,
            "rank": scope and scope.rank,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        self._session.run(self._session.insert(tokens), values)

    def token(self, digest: bytes) -> tuple[Token, Principal] | None:
        row = self._session.run(_token(), {"digest": digest}).one_or_none()
        if row is None:
            return None
        scope = JobScope(row.job_id, row.attempt, row.rank) if row.job_id else None
        kind = TokenKind(row.kind)
        token = Token(
            row.digest, row.project_id, row.user_id, kind, row.label, row.created_at, row.expires_at, row.revoked_at, scope
        )
        principal = Principal(row.project_id, row.project_name, row.user_id, row.user_name, Role(row.role), kind, scope)
        return token, principal

    def principal(self, project_id: UUID, user_id: UUID) -> Principal:
        joined = users.join(projects, projects.c.id == users.c.project_id)
        wanted = select(users.c.name, users.c.role, projects.c.name.label("project_name")).select_from(joined)
        row = self._session.run(wanted.where(users.c.project_id == project_id, users.c.id == user_id)).one()
        return Principal(project_id, row.project_name, user_id, row.name, Role(row.role), TokenKind.USER)

    def prolong_token(self, digest: bytes, until: int) -> None:
        held = (tokens.c.digest == digest, tokens.c.revoked_at.is_(None))
        self._session.run(update(tokens).where(*held).values(expires_at=until))

    def revoke_token(self, digest: bytes, at: int) -> None:
        self._session.run(update(tokens).where(tokens.c.digest == digest, tokens.c.revoked_at.is_(None)).values(revoked_at=at))

    def revoke_job_tokens(self, project_id: UUID, job_id: UUID, at: int) -> None:
        self._session.run(_revoke_of_job(), {"project": project_id, "job": job_id, "at": at})


@cache
def _revoke_of_job() -> Update:
    of_job = (tokens.c.project_id == bindparam("project"), tokens.c.job_id == bindparam("job"))
    return update(tokens).where(*of_job, tokens.c.revoked_at.is_(None)).values(revoked_at=bindparam("at"))


@cache
def _token() -> Select[Any]:
    """A token with its project and user: asked for with every request."""
    joined = tokens.join(projects, projects.c.id == tokens.c.project_id).join(
        users, (users.c.project_id == tokens.c.project_id) & (users.c.id == tokens.c.user_id)
    )
    wanted = select(tokens, projects.c.name.label("project_name"), users.c.name.label("user_name"), users.c.role)
    return wanted.select_from(joined).where(tokens.c.digest == bindparam("digest"))


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(row.project_id, row.id, row.name, Role(row.role), row.created_at)
