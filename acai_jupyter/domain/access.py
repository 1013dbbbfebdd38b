"""Who may do what: projects, users, roles, tokens (paper 3.1)."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import Forbidden, InvalidName

TOKEN_PREFIX: Final = "acai_"  # noqa: S105
_NAME = re.compile(r"[^\W_][\w.@+-]{0,63}")


class Role(StrEnum):
    """A role holds all rights of those below it."""

    MEMBER = "member"
    PROJECT_ADMIN = "project_admin"  # creates users in the own project
    PLATFORM_ADMIN = "platform_admin"  # creates projects too


class TokenKind(StrEnum):
    USER = "user"  # a person's own; made by `user create` and `login`
    KERNEL = "kernel"  # given by a Jupyter Server to its kernels; ends with the server
    AGENT = "agent"  # one agent of one attempt of one job
    LAKE = "lake"  # a job's reading access to the lake, only with lake_access=True


class Right(StrEnum):
    READ = "read"
    WRITE = "write"
    MANAGE_USERS = "manage users"
    MANAGE_PROJECTS = "manage projects"
    MANAGE_WEBHOOK = "manage the webhook"
    LOOK_AFTER = "look after the store"  # collect garbage, check what is stored
    MANAGE_BUDGET = "set the budget"
    SUPERVISE = "supervise a job"  # what an agent does


@dataclass(frozen=True, slots=True)
class JobScope:
    """The one agent that a job's token speaks for."""

    job_id: UUID
    attempt: int
    rank: int


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a request is made."""

    project_id: UUID
    project_name: str
    user_id: UUID
    user_name: str
    role: Role
    kind: TokenKind
    job: JobScope | None = None

    def holds(self, right: Right) -> bool:
        return right in _rights(self)

    def require(self, right: Right) -> None:
        """Raises Forbidden unless this principal holds `right`."""
        if not self.holds(right):
            raise Forbidden(f"{self.user_name} ({self.role}, {self.kind} token) may not {right} in {self.project_name}.")


@dataclass(frozen=True, slots=True)
class Project:
    id: UUID
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class User:
    project_id: UUID
    id: UUID
    name: str
    role: Role
    created_at: int


@dataclass(frozen=True, slots=True)
class Token:
    """What is stored of a token; the secret itself is shown once and kept nowhere."""

    digest: bytes
    project_id: UUID
    user_id: UUID
    kind: TokenKind
    label: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None = None
    job: JobScope | None = None


def _rights(principal: Principal) -> frozenset[Right]:
    if principal.kind is TokenKind.AGENT:
        return frozenset({Right.SUPERVISE})
    if principal.kind is TokenKind.LAKE:
        return frozenset({Right.READ})
    rights = {Right.READ, Right.WRITE}
    if principal.role is not Role.MEMBER:
        rights |= {Right.MANAGE_USERS, Right.MANAGE_WEBHOOK, Right.MANAGE_BUDGET, Right.LOOK_AFTER}
    if principal.role is Role.PLATFORM_ADMIN:
        rights.add(Right.MANAGE_PROJECTS)
    return frozenset(rights)


def new_token() -> str:
    """A random token of 256 bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What the database keeps of a token. It is random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def check_name(name: str, what: str) -> str:
    """`name` where it can name a `what` (a project, a user), else InvalidName."""
    if _NAME.fullmatch(name):
        return name
    raise InvalidName(
        f"{name[:80]!r} can't name a {what}: use up to 64 letters, digits and . _ @ + -, beginning with a letter or digit."
    )
