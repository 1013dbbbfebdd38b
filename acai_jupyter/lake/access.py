"""Projects, users and tokens (paper 3.1, 4.1): who a request speaks for, and who may make whom."""

from __future__ import annotations

import hashlib
from uuid import UUID

from acai_jupyter.domain.access import (
    JobScope,
    Principal,
    Project,
    Right,
    Role,
    Token,
    TokenKind,
    User,
    check_name,
    new_token,
    token_digest,
)
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import Forbidden, InvalidRequest, ProjectNotFound, TokenExpired, Unauthenticated
from acai_jupyter.domain.ids import new_id
from acai_jupyter.ports.store.unit import Store, UnitOfWork


class Access:
    """Every request is made by a principal; a principal comes from a token, or is the owner of an embedded platform."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def authenticate(self, token: str) -> Principal:
        """Whom a token speaks for. Raises Unauthenticated, or TokenExpired where it once was valid."""
        with self._store.read() as unit:
            found = unit.access.token(token_digest(token))
            now = unit.now()
        if found is None:
            raise Unauthenticated("This token is not known here: log in again with acai login.")
        stored, principal = found
        if stored.revoked_at is not None:
            raise TokenExpired("This token was revoked: ask for a new one.")
        if stored.expires_at is not None and stored.expires_at <= now:
            raise TokenExpired("This token has expired: log in again with acai login.")
        return principal

    def owner(self, project_name: str, user_name: str) -> Principal:
        """The owner of an embedded platform: made, with the project, where they don't exist yet."""
        name = check_name(user_name, "user")
        check_name(project_name, "project")
        with self._store.read() as unit:
            known = _principal(unit, project_name, name)
        if known is not None and known.role is Role.PLATFORM_ADMIN:
            return known
        with self._store.begin() as unit:
            unit.leases.serialize("access")  # servers that start together make one project and one user
            project = unit.access.project(project_name)
            if project is None:
                project = Project(new_id(), project_name, unit.now())
                unit.access.add_project(project)
            user = unit.access.user(project.id, name)
            if user is None:
                unit.access.add_user(User(project.id, new_id(), name, Role.PLATFORM_ADMIN, unit.now()))
            else:
                unit.access.set_role(project.id, user.id, Role.PLATFORM_ADMIN)
            made = _principal(unit, project_name, name)
        assert made is not None
        return made

    def member(self, project_name: str, user_name: str) -> Principal:
        """A user whom another system has authenticated. Raises Forbidden where the project has no such user."""
        with self._store.read() as unit:
            known = _principal(unit, project_name, user_name)
        if known is None:
            raise Forbidden(f"{user_name!r} is not a user of project {project_name!r}: ask its admin to add you.")
        return known

    def new_token(self, principal: Principal, kind: TokenKind, label: str, seconds: float | None = None) -> str:
        """A token for the principal itself; it can be read only now."""
        token = new_token()
        with self._store.begin() as unit:
            self._add_token(unit, token, principal.project_id, principal.user_id, kind, label, seconds)
        return token

    def renew(self, token: str, seconds: float) -> None:
        """Let a token live for so long again, once half of that is over, or all of it; not one that was revoked."""
        digest = token_digest(token)
        with self._store.read() as unit:
            found = unit.access.token(digest)
            now = unit.now()
        expires = found[0].expires_at if found is not None else None
        if expires is not None and expires - now < seconds * SECOND / 2:
            with self._store.begin() as unit:
                unit.access.prolong_token(digest, now + int(seconds * SECOND))

    def revoke(self, token: str) -> None:
        """End a token at once."""
        with self._store.begin() as unit:
            unit.access.revoke_token(token_digest(token), unit.now())

    def create_project(self, principal: Principal, name: str, admin_name: str, key: str | None = None) -> tuple[Project, str]:
        """A project and its admin; returns the admin's token, which can be read only now. A call that is repeated with its
        `key` returns the same project, and a new token in place of the one that may never have arrived.

        Raises Forbidden unless the principal is the platform's admin, NameTaken, InvalidName.
        """
        principal.require(Right.MANAGE_PROJECTS)
        check_name(name, "project")
        check_name(admin_name, "user")
        token = new_token()
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            repeated = _is_repeated(unit, principal, key, token, f"project {name} {admin_name}")
            project = unit.access.project(name)
            admin = unit.access.user(project.id, admin_name) if project else None
            if not repeated or project is None or admin is None:
                project = Project(new_id(), name, unit.now())
                unit.access.add_project(project)
                admin = User(project.id, new_id(), admin_name, Role.PROJECT_ADMIN, unit.now())
                unit.access.add_user(admin)
            self._add_token(unit, token, project.id, admin.id, TokenKind.USER, "made with the project", None)
        return project, token

    def projects(self, principal: Principal) -> list[Project]:
        """All projects for the platform's admin, one's own for others: nobody learns another project's name."""
        with self._store.read() as unit:
            every = unit.access.projects()
        if principal.role is Role.PLATFORM_ADMIN and principal.kind in (TokenKind.USER, TokenKind.KERNEL):
            return every
        return [project for project in every if project.id == principal.project_id]

    def create_user(self, principal: Principal, name: str, role: Role, key: str | None = None) -> tuple[User, str]:
        """A user of the principal's project; returns a token, which can be read only now. A call that is repeated with its
        `key` returns the same user, and a new token in place of the one that may never have arrived.

        Raises Forbidden unless the principal is an admin, NameTaken, InvalidName.
        """
        principal.require(Right.MANAGE_USERS)
        if role is Role.PLATFORM_ADMIN and principal.role is not Role.PLATFORM_ADMIN:
            raise Forbidden("Only the platform's admin makes another one.")
        check_name(name, "user")
        token = new_token()
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            repeated = _is_repeated(unit, principal, key, token, f"user {name} {role}")
            user = unit.access.user(principal.project_id, name)
            if not repeated or user is None:
                user = User(principal.project_id, new_id(), name, role, unit.now())
                unit.access.add_user(user)
            self._add_token(unit, token, user.project_id, user.id, TokenKind.USER, "made with the user", None)
        return user, token

    def users(self, principal: Principal) -> list[User]:
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.access.users(principal.project_id)

    def project_id(self, name: str) -> UUID:
        """Raises ProjectNotFound."""
        with self._store.read() as unit:
            project = unit.access.project(name)
        if project is None:
            raise ProjectNotFound(f"There is no project {name!r}.")
        return project.id

    @staticmethod
    def add_job_token(unit: UnitOfWork, project_id: UUID, user_id: UUID, kind: TokenKind, scope: JobScope) -> str:
        """A token for a job's agent or its user code; it ends with the job."""
        if kind not in (TokenKind.AGENT, TokenKind.LAKE):
            raise InvalidRequest("A job gets agent and lake tokens only.")
        token = new_token()
        stored = Token(token_digest(token), project_id, user_id, kind, "a job's", unit.now(), None, None, scope)
        unit.access.add_token(stored)
        return token

    @staticmethod
    def _add_token(
        unit: UnitOfWork, token: str, project_id: UUID, user_id: UUID, kind: TokenKind, label: str, seconds: float | None
    ) -> None:
        expires = None if seconds is None else unit.now() + int(seconds * SECOND)
        unit.access.add_token(Token(token_digest(token), project_id, user_id, kind, label, unit.now(), expires))


def _principal(unit: UnitOfWork, project_name: str, user_name: str) -> Principal | None:
    project = unit.access.project(project_name)
    user = unit.access.user(project.id, user_name) if project else None
    if project is None or user is None:
        return None
    return Principal(project.id, project.name, user.id, user.name, user.role, TokenKind.USER)


def _is_repeated(unit: UnitOfWork, principal: Principal, key: str | None, token: str, asked: str) -> bool:
    """Whether this was asked before with this key. The token that the first answer carried ends then: this one replaces it."""
    if key is None:
        return False
    digest = hashlib.sha256(asked.encode()).digest()
    first = unit.idempotency.answer(principal.project_id, principal.user_id, key, digest)
    if first is None:
        unit.idempotency.keep(principal.project_id, principal.user_id, key, digest, token_digest(token).hex())
        return False
    unit.access.revoke_token(bytes.fromhex(first), unit.now())
    return True
