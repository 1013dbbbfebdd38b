"""Secrets: values that one's jobs are given as variables."""

from __future__ import annotations

from acai_jupyter.client.records import Records, Secret, record
from acai_jupyter.client.transport import Transport, segment
from acai_jupyter.domain.clock import read, to_datetime


class Secrets:
    """One's own secrets in the project. A value is kept encrypted, given only to jobs that name it, and shown to nobody."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(self, name: str, value: str) -> Secret:
        """Keep a value, in place of the one before; a job that is submitted with `secrets=[name]` finds it in the variable of
        that name. Jobs that begin from now on get this value.

        Raises InvalidName, InvalidRequest, LimitExceeded.
        """
        return _secret(self._transport.post("/secrets", {"name": name, "value": value}))

    def list(self) -> Records[Secret]:
        """Names, and when each was set last."""
        return Records((_secret(item) for item in self._transport.pages("/secrets")), Secret)

    def delete(self, name: str) -> None:
        """Forget a secret. Jobs that named it and have not begun fail. Raises SecretNotFound."""
        self._transport.delete(f"/secrets/{segment(name)}")


def _secret(told: dict[str, str]) -> Secret:
    return record(Secret, {"name": told["name"], "change_time": to_datetime(read(told["change_time"]))})
