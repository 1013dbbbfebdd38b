"""What the parts of one call on the fsspec file system ask for, done together when the call ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


class Batch(threading.local, Generic[_Item]):
    """What this thread's outermost call has gathered. Threads share a file system, never a batch: a call that returns has done
    its own work."""

    def __init__(self) -> None:
        self._gathered: list[_Item] | None = None

    @contextmanager
    def then(self, do: Callable[[list[_Item]], None]) -> Iterator[list[_Item]]:
        """All that this thread adds within this block is done at the end of the outermost one, where that does not fail."""
        if self._gathered is not None:
            yield self._gathered
            return
        gathered: list[_Item] = []
        self._gathered = gathered
        try:
            yield gathered
        finally:
            self._gathered = None
        if gathered:
            do(gathered)
