"""Who is told of notices."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from acai_jupyter.ports.bus import OnNotice

_LOG: Final = logging.getLogger(__name__)


class Listeners:
    """Subscribers of one bus; any thread may add and remove them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[OnNotice] = []

    def add(self, on_notice: OnNotice) -> Callable[[], None]:
        """Returns what removes it again."""
        with self._lock:
            self._listeners.append(on_notice)
        return lambda: self._remove(on_notice)

    def tell(self, notices: Mapping[UUID, int]) -> None:
        """Give everybody every notice; one listener's fault costs the others nothing."""
        with self._lock:
            listeners = list(self._listeners)
        for project_id, number in notices.items():
            for listener in listeners:
                try:
                    listener(project_id, number)
                except Exception:  # whatever it is, it is the listener's own
                    _LOG.exception("A listener of the event bus failed")

    def _remove(self, on_notice: OnNotice) -> None:
        with self._lock:
            if on_notice in self._listeners:
                self._listeners.remove(on_notice)
