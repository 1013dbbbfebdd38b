"""Secrets of a user in a project: set by the user, given to the user's jobs that name them, shown to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import LimitExceeded, SecretNotFound, SecretUnreadable
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.secrets import MOST_OF_A_USER, Secret, check_secret_name, check_secret_value
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from acai_jupyter.ports.vault import Vault


class Secrets:
    """Values go in, and come out only towards a job's agent."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    def set(self, principal: Principal, name: str, value: str) -> Secret:
        """Keep a value under a name, in place of the one before. Jobs that begin from now on get this one.

        Raises InvalidName, InvalidRequest, LimitExceeded, Forbidden.
        """
        principal.require(Right.WRITE)
        check_secret_name(name)
        sealed = self._vault.seal(_owner(principal.project_id, principal.user_id, name), check_secret_value(value))
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            made = unit.secrets.set(principal.project_id, principal.user_id, name, sealed)
            if len(unit.secrets.list(principal.project_id, principal.user_id)) > MOST_OF_A_USER:
                raise LimitExceeded(f"A user has at most {MOST_OF_A_USER} secrets: delete one with acai secret rm NAME.")
        return made

    def list(self, principal: Principal) -> list[Secret]:
        """The user's own secrets, by name."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.secrets.list(principal.project_id, principal.user_id)

    def delete(self, principal: Principal, name: str) -> None:
        """Raises SecretNotFound, Forbidden."""
        principal.require(Right.WRITE)
        with self._store.begin() as unit:
            if not unit.secrets.delete(principal.project_id, principal.user_id, name):
                raise SecretNotFound(f"There is no secret {name[:80]!r}: see what there is with acai secret ls.")

    def of_job(self, job: Job) -> dict[str, str]:
        """The values that a job named. Raises SecretNotFound, SecretUnreadable, with the name."""
        names = job.spec.secrets
        if not names:
            return {}
        with self._store.read() as unit:
            sealed = unit.secrets.sealed(job.project_id, job.user_id, names)
        gone = [name for name in names if name not in sealed]
        if gone:
            raise SecretNotFound(
                f"The secret {gone[0]} was deleted after the job was submitted: set it again, and retry the job."
            )
        return {name: self._opened(job, name, sealed[name]) for name in names}

    def _opened(self, job: Job, name: str, sealed: bytes) -> str:
        try:
            return self._vault.open(_owner(job.project_id, job.user_id, name), sealed)
        except SecretUnreadable as error:
            raise SecretUnreadable(error.message.replace("The secret", f"The secret {name}", 1)) from error


def require_secrets(unit: UnitOfWork, principal: Principal, names: Sequence[str]) -> None:
    """Raises SecretNotFound where the user has no secret of one of these names."""
    if not names:
        return
    known = unit.secrets.sealed(principal.project_id, principal.user_id, names)
    missing = [name for name in names if name not in known]
    if missing:
        raise SecretNotFound(f"There is no secret {missing[0]}: set it first, with acai secret set {missing[0]}.")


def _owner(project_id: UUID, user_id: UUID, name: str) -> str:
    return f"{project_id.hex}/{user_id.hex}/{name}"
