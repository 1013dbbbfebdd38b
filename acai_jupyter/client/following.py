"""Waits for what the platform tells at one address to change: by events where there is a stream, by looking now and then where
there is none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from acai_jupyter.client.streams import SILENCE_SECONDS, Patience, events
from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.errors import Unavailable
from acai_jupyter.domain.jobs import TERMINAL, Status

_LEAST_SECONDS: Final = 0.05
_AGAIN_SECONDS: Final = 1.0


def follow(
    transport: Transport,
    address: str,
    *,
    is_over: Callable[[Json], bool],
    matters: Callable[[Json], bool],
    timeout: float | None = None,
    pace: float = 0.0,
) -> Iterator[Json]:
    """What stands at `address`, now and whenever an event `matters` (at most every `pace` seconds), until it `is_over`. With a
    `timeout` no request is waited for longer than that, also where the platform is away.

    Raises TimeoutError after `timeout` seconds, what the platform refuses with, and ServerUnreachable where it stays away.
    """
    watch = _Watch(transport, address, timeout, pace)
    event: Json | None = None
    stream = events(transport, silence=watch.silence, deadline=watch.deadline)
    while True:
        watch.changed = watch.changed or event is None or matters(event)
        told = watch.look()
        if told is not None:
            yield told
            if is_over(told):
                return
        watch.check_time()
        event = next(stream)


def is_terminal(told: Json) -> bool:
    """Whether a job, or all jobs of a grid, have ended."""
    return Status(told["status"]) in TERMINAL


class _Watch:
    """Looks at an address, within a time. `changed` says that there may be something new to see."""

    def __init__(self, transport: Transport, address: str, timeout: float | None, pace: float) -> None:
        self._transport = transport
        self._address = address
        self._pace = pace
        self._patience = Patience()
        self._looked_at = float("-inf")
        self._is_away = False
        self.changed = True
        self.deadline = None if timeout is None else time.monotonic() + timeout

    def look(self) -> Json | None:
        """What stands there; None where nothing has changed, it is too early, or the platform does not answer. Raises
        ServerUnreachable where it has not for long."""
        if not self.changed or time.monotonic() - self._looked_at < self._pace:
            return None
        try:
            told: Json = self._transport.get_once(self._address, timeout_s=self._within(SILENCE_SECONDS))
        except Unavailable as error:
            self._patience.check(error)
            self._is_away = True
            return None
        self._looked_at = time.monotonic()
        self._patience.reset()
        self._is_away = self.changed = False
        return told

    def silence(self) -> float:
        """Seconds to wait for the next event."""
        if self._is_away:
            return self._within(_AGAIN_SECONDS)
        return self._within(self._pace if self.changed else SILENCE_SECONDS)

    def _within(self, seconds: float) -> float:
        left = seconds if self.deadline is None else min(seconds, self.deadline - time.monotonic())
        return max(left, _LEAST_SECONDS)

    def check_time(self) -> None:
        """Raises TimeoutError."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise TimeoutError
