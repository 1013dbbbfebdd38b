"""Signed requests: sent with patience, and asked for anew when they have expired or lead nowhere any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final, Generic, Optional, TypeVar

from acai_agent.contract import SignedRequest
from acai_agent.failures import Backoff, ConnectionFailed, HttpError, Signal

Key = TypeVar("Key")
Result = TypeVar("Result")

_STALE: Final = frozenset({401, 403, 404, 405, 410})
"""Answers to a request that has expired, or that reached another server at the address of one that went away."""

_PASSING_CODES: Final = frozenset({"ConditionalRequestConflict", "OperationAborted", "RequestTimeout", "SlowDown"})
"""What an object store says, with a status of 4xx, when it wants the same request again."""


class SignedRequests(Generic[Key]):
    """The signed requests of some objects or files, by key, for all threads of a transfer. Whoever renews them gives None for
    what needs no request any more: it has arrived, though nobody could tell."""

    def __init__(
        self,
        requests: Mapping[Key, SignedRequest],
        renew: Callable[[], Mapping[Key, Optional[SignedRequest]]] | None,
        patience_s: float,
        stop: Signal,
    ) -> None:
        self._requests: dict[Key, Optional[SignedRequest]] = dict(requests)
        self._renew = renew
        self._patience_s = patience_s
        self._stop = stop
        self._lock = threading.Lock()
        self._generation = 0

    def run(self, key: Key, action: Callable[[SignedRequest, Backoff], Result]) -> Optional[Result]:
        """What `action` makes of the request of `key`; called again where trying again may help. None where it needs none.

        An action that gets a part of its work done says so with `Backoff.reset`, and goes on from there when called again.
        """
        backoff = Backoff(self._patience_s, self._stop)
        refused = False
        while True:
            request, generation = self._current(key)
            if request is None:
                return None
            try:
                return action(request, backoff)
            except ConnectionFailed as error:
                backoff.wait(error)
                self._ask_again(generation)
            except HttpError as error:
                if _may_pass(error):
                    backoff.wait(error)
                elif error.status in _STALE and self._renew is not None and not refused:
                    refused = True
                    self._ask_again(generation)
                else:
                    raise

    def _current(self, key: Key) -> tuple[Optional[SignedRequest], int]:
        with self._lock:
            return self._requests[key], self._generation

    def _ask_again(self, generation: int) -> None:
        """Ask for new requests, unless another thread has done so since this `generation`."""
        with self._lock:
            if self._renew is not None and generation == self._generation:
                self._requests.update(self._renew())
                self._generation += 1


def _may_pass(error: HttpError) -> bool:
    return error.status == 429 or error.status >= 500 or error.code in _PASSING_CODES
