"""The event bus: tells servers that there is something to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

OnNotice = Callable[[UUID, int], None]
"""Is told (project, number): there are events up to this number."""


class EventBus(Protocol):
    """Carries notices between threads and servers. A notice may be lost or doubled; whoever needs every event reads the
    outbox, and a notice only makes that come sooner."""

    def publish(self, project_id: UUID, number: int) -> None:
        """Tell all subscribers of all servers. Never blocks for long, never raises."""
        ...

    def subscribe(self, on_notice: OnNotice) -> Callable[[], None]:
        """Be told, on a thread of the bus; returns what ends it."""
        ...

    def close(self) -> None: ...
