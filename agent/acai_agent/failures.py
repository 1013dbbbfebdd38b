"""What can go wrong between two machines, and how long to try again."""

from __future__ import annotations

import random
import threading
import time
from typing import Final, Protocol

TRANSIENT: Final = frozenset({429, 502, 503, 504})
"""Answers after which the same call may succeed."""

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_LONGEST_ASKED_PAUSE_S: Final = 60.0


class RequestFailed(Exception):
    """A request that brought no good answer; `str(error)` is one line for people, without any secret."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class HttpError(RequestFailed):
    """An answer that says no. `code` is the platform's, or the object store's, or `http_<status>` where none was given.

    `spoken` says that code and message came in the platform's own form: it was the platform who answered.
    """

    def __init__(self, status: int, code: str, message: str, *, spoken: bool = False, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.spoken = spoken
        self.retry_after_s = retry_after_s


class ConnectionFailed(RequestFailed):
    """No answer, or only a part of one. `lasting` says that trying again can't help."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


class Cancelled(Exception):
    """The caller asked to stop."""


class Signal(Protocol):
    """What `threading.Event` offers to those who wait for it."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class Backoff:
    """Pauses between attempts: 0.1 s, doubling up to 5 s, each a little by chance, so that many callers spread.

    Patience is counted from the first failure after which nothing went well.
    """

    def __init__(self, patience_s: float, stop: Signal | None = None) -> None:
        self._patience_s = patience_s
        self._stop = stop or threading.Event()
        self.reset()

    def reset(self) -> None:
        """Something went well: patience and pauses begin anew."""
        self._pause_s = _FIRST_PAUSE_S
        self._deadline: float | None = None

    def wait(self, error: RequestFailed) -> None:
        """Pause after `error`. Raises it where patience is at its end, Cancelled where the caller asked to stop."""
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + self._patience_s
        lasting = isinstance(error, ConnectionFailed) and error.lasting
        if lasting or now >= self._deadline:
            raise error
        asked_s = error.retry_after_s if isinstance(error, HttpError) else 0.0
        pause_s = max(self._pause_s * random.uniform(0.5, 1.0), min(asked_s, _LONGEST_ASKED_PAUSE_S))  # noqa: S311
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        if self._stop.wait(pause_s):
            raise Cancelled
