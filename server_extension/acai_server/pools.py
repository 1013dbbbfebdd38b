"""Three bounded thread pools between the event loop and the synchronous core."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from acai_jupyter.config import Settings
from acai_jupyter.domain.errors import Unavailable

_Answer = TypeVar("_Answer")

INTERACTIVE: Final = "interactive"  # requests, which answer soon
BULK: Final = "bulk"  # bytes of the local object store, and requests that take a while
BACKGROUND: Final = "background"  # loops
_MOST_WAITING: Final = 1000


class Pools:
    """Runs calls of the core on threads. A pool with too much waiting refuses more."""

    def __init__(self, settings: Settings) -> None:
        sizes = {
            INTERACTIVE: settings.interactive_threads,
            BULK: settings.bulk_threads,
            BACKGROUND: settings.background_threads,
        }
        self._pools = {name: ThreadPoolExecutor(size, thread_name_prefix=f"acai-{name}") for name, size in sizes.items()}
        self._waiting = dict.fromkeys(sizes, 0)
        self._closed = False

    async def run(self, pool: str, call: Callable[..., _Answer], *args: object, **named: object) -> _Answer:
        """The answer of `call`, made on a thread of `pool`. Raises Unavailable where too many wait, or the server is stopping."""
        if self._closed:
            raise Unavailable("The server is stopping; try again in a moment.")
        if self._waiting[pool] >= _MOST_WAITING:
            raise Unavailable("The server has too much to do at the moment; try again.")
        self._waiting[pool] += 1
        try:
            work = functools.partial(call, *args, **named)
            return await asyncio.get_running_loop().run_in_executor(self._pools[pool], work)
        finally:
            self._waiting[pool] -= 1

    def close(self) -> None:
        """End the pools once their running calls have ended; what still waits is dropped."""
        self._closed = True
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
