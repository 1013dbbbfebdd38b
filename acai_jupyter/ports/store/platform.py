"""What belongs to no noun of the user's: events, leases, answers kept for repeated requests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.events import Event, EventKind


class Events(Protocol):
    """The outbox. Numbers of a project rise by one without a gap, in the order of commits."""

    def append(self, project_id: UUID, kind: EventKind, **ids: str) -> None:
        """Add an event; it is seen when the unit commits. Call `lock_project` first in the unit."""
        ...

    def after(self, project_id: UUID, number: int, limit: int) -> list[Event]:
        """The events with a greater number, in order."""
        ...

    def last_of(self, project_id: UUID, kinds: Collection[EventKind]) -> Event | None:
        """The last event of these kinds that is still kept."""
        ...

    def last_numbers(self) -> dict[UUID, int]:
        """The number of the last event of every project."""
        ...

    def first_number(self, project_id: UUID) -> int:
        """The oldest number still kept; one more than the last where none is."""
        ...

    def forget_before(self, at: int, limit: int) -> int:
        """Remove old events; returns how many."""
        ...


class Leases(Protocol):
    """Who does what, among several servers. Expiry is judged by the database's clock."""

    def take(self, name: str, holder: UUID, seconds: float) -> bool:
        """Take or renew a lease; False where another holds it."""
        ...

    def drop(self, name: str, holder: UUID) -> None: ...

    def serialize(self, name: str) -> None:
        """Only one unit at a time gets past this, until it ends."""
        ...


class Idempotency(Protocol):
    """Answers of creating calls, by the key that the caller chose."""

    def answer(self, project_id: UUID, user_id: UUID, key: str, request_digest: bytes) -> str | None:
        """The answer that the first call got, None where this is the first.

        Raises IdempotencyKeyReused where the first call asked for something else.
        """
        ...

    def keep(self, project_id: UUID, user_id: UUID, key: str, request_digest: bytes, answer: str) -> None: ...

    def forget_before(self, at: int) -> None: ...
