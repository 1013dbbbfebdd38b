"""Work on very many small objects, of which none holds itself: they go when nobody names them any more, and to look for circles
among them would take a tenth of the time."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Optional

_OBJECTS: Final = 50_000
"""Circles are looked for when there are as many new objects; by itself Python does so at 700."""

_LOCK: Final = threading.Lock()
_under_way = 0
_before: Optional[tuple[int, int, int]] = None


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Have Python look for circles of objects less often, as long as one such work is under way; not where it never does."""
    _begin()
    try:
        yield
    finally:
        _end()


def _begin() -> None:
    global _under_way, _before
    with _LOCK:
        _under_way += 1
        if _under_way == 1:
            _before = gc.get_threshold()
            if 0 < _before[0] < _OBJECTS:
                gc.set_threshold(_OBJECTS, *_before[1:])


def _end() -> None:
    global _under_way
    with _LOCK:
        _under_way -= 1
        if _under_way == 0 and _before is not None and gc.get_threshold()[0] == _OBJECTS:
            gc.set_threshold(*_before)  # unless somebody else has set it meanwhile
