"""Projects, users and tokens in the store."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.access import Principal, Project, Role, Token, User


class Access(Protocol):
    """Who is who. Names are unique: of projects on the platform, of users in their project."""

    def add_project(self, project: Project) -> None:
        """Raises NameTaken."""
        ...

    def project(self, name: str) -> Project | None: ...

    def projects(self) -> list[Project]: ...

    def add_user(self, user: User) -> None:
        """Raises NameTaken."""
        ...

    def user(self, project_id: UUID, name: str) -> User | None: ...

    def users(self, project_id: UUID) -> list[User]: ...

    def set_role(self, project_id: UUID, user_id: UUID, role: Role) -> None: ...

    def add_token(self, token: Token) -> None: ...

    def token(self, digest: bytes) -> tuple[Token, Principal] | None:
        """What is stored of a token, and whom it speaks for."""
        ...

    def principal(self, project_id: UUID, user_id: UUID) -> Principal:
        """A user, for what the platform does on their behalf."""
        ...

    def prolong_token(self, digest: bytes, until: int) -> None:
        """Let a token expire at another time, unless it was revoked."""
        ...

    def revoke_token(self, digest: bytes, at: int) -> None: ...

    def revoke_job_tokens(self, project_id: UUID, job_id: UUID, at: int) -> None: ...
