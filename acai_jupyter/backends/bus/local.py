"""The bus of one machine: notices go to the threads of this process, and other processes' commits are noticed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from acai_jupyter.backends.bus.listeners import Listeners
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.ports.bus import OnNotice

_LOG: Final = logging.getLogger(__name__)
_PROBE_SECONDS: Final = 0.1

Probe = Callable[[], dict[UUID, int]]
"""Tells which projects another process gave events, and up to which number; empty where nothing changed."""


class LocalBus:
    """`probe` is asked ten times a second while somebody listens."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._changed = threading.Condition()
        self._pending: dict[UUID, int] = {}
        self._listeners = Listeners()
        self._closed = False
        self._probe_at = 0.0
        self._thread: threading.Thread | None = None

    def publish(self, project_id: UUID, number: int) -> None:
        with self._changed:
            self._pending[project_id] = max(number, self._pending.get(project_id, 0))
            self._changed.notify()

    def subscribe(self, on_notice: OnNotice) -> Callable[[], None]:
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._deliver, name="acai-bus", daemon=True)
                self._thread.start()
        return self._listeners.add(on_notice)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _deliver(self) -> None:
        while True:
            with self._changed:
                if not self._pending and not self._closed:
                    self._changed.wait(_PROBE_SECONDS)
                if self._closed:
                    return
                notices, self._pending = self._pending, {}
            for project_id, number in self._foreign().items():
                notices[project_id] = max(number, notices.get(project_id, 0))
            self._listeners.tell(notices)

    def _foreign(self) -> dict[UUID, int]:
        if time.monotonic() < self._probe_at:
            return {}
        self._probe_at = time.monotonic() + _PROBE_SECONDS
        try:
            return self._probe()
        except AcaiError as error:
            _LOG.warning("Other servers' changes can't be seen at the moment: %s", error)
            return {}
        except Exception:  # without this thread the server would be deaf until somebody starts it anew
            _LOG.exception("Other servers' changes can't be seen at the moment")
            return {}
