"""The bus of servers that share a PostgreSQL database: LISTEN and NOTIFY.

A notice is sent after its commit, on a connection of its own: a NOTIFY within the transaction would make commits wait for one
another. What is lost with a server or a connection is found by asking the database, at every connection and now and then.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from acai_jupyter.backends.bus.listeners import Listeners
from acai_jupyter.backends.bus.local import Probe
from acai_jupyter.backends.sql.postgres import parse_url
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.ports.bus import OnNotice

if TYPE_CHECKING:
    from psycopg import Connection

_LOG: Final = logging.getLogger(__name__)
_CHANNEL: Final = "acai_events"
_PROBE_SECONDS: Final = 5.0
_CLOSE_SECONDS: Final = 0.2
_RETRY_SECONDS: Final = 0.5
_CONNECT_SECONDS: Final = 10
_JOIN_SECONDS: Final = 2.0
"""How long a bus that is closed waits for its threads: one may hang where the database's host swallows all that is sent to it."""

_MOST_WAITING: Final = 10_000


class PostgresBus:
    """`url` is the database's; `probe` tells the last number of every project. Raises InvalidSetting."""

    def __init__(self, url: str, probe: Probe) -> None:
        self._url = parse_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._probe = probe
        self._listeners = Listeners()
        self._waiting: queue.Queue[tuple[UUID, int] | None] = queue.Queue(_MOST_WAITING)
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}

    def publish(self, project_id: UUID, number: int) -> None:
        try:
            self._waiting.put_nowait((project_id, number))
        except queue.Full:
            _LOG.warning("Notices of events pile up; other servers will find these events a little later.")
        self._start("acai-bus-send", self._send)

    def subscribe(self, on_notice: OnNotice) -> Callable[[], None]:
        end = self._listeners.add(on_notice)
        self._start("acai-bus-listen", self._listen)
        return end

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            threads = list(self._threads.values())
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            pass  # the sender looks at `_closed` after each of them
        until = time.monotonic() + _JOIN_SECONDS
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0.0))

    def _start(self, name: str, work: Callable[[], None]) -> None:
        with self._lock:
            if name not in self._threads and not self._closed.is_set():
                self._threads[name] = threading.Thread(target=self._keep_on, args=(work,), name=name, daemon=True)
                self._threads[name].start()

    def _keep_on(self, work: Callable[[], None]) -> None:
        """Do `work` until the bus is closed, and again after each loss of the connection."""
        import psycopg

        while not self._closed.is_set():
            try:
                work()
            except (psycopg.Error, AcaiError) as error:
                _LOG.warning("The event bus lost its database (%s); it tries again.", type(error).__name__)
                self._closed.wait(_RETRY_SECONDS)
            except Exception:  # without this thread the server would be deaf until somebody starts it anew
                _LOG.exception("The event bus failed; it tries again")
                self._closed.wait(_RETRY_SECONDS)

    def _send(self) -> None:
        with self._connect() as connection:
            while not self._closed.is_set():
                for project_id, number in self._gathered().items():
                    connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, f"{project_id} {number}"))

    def _gathered(self) -> dict[UUID, int]:
        """The next notice and all that wait behind it: of each project only the highest number tells something."""
        notices = [self._waiting.get()]
        while True:
            try:
                notices.append(self._waiting.get_nowait())
            except queue.Empty:
                return _highest(notices)

    def _listen(self) -> None:
        with self._connect() as connection:
            connection.execute(f"LISTEN {_CHANNEL}")
            quiet = _PROBE_SECONDS
            while not self._closed.is_set():
                if quiet >= _PROBE_SECONDS:
                    self._listeners.tell(self._probe())
                    quiet = 0.0
                heard = [_read(notice.payload) for notice in connection.notifies(timeout=_CLOSE_SECONDS, stop_after=1)]
                quiet = 0.0 if heard else quiet + _CLOSE_SECONDS
                self._listeners.tell(_highest(heard))

    def _connect(self) -> Connection[tuple[object, ...]]:
        import psycopg

        return psycopg.connect(self._url, autocommit=True, application_name="acai-bus", connect_timeout=_CONNECT_SECONDS)


def _highest(notices: Iterable[tuple[UUID, int] | None]) -> dict[UUID, int]:
    """Of each project the highest number, which need not come last: many threads publish."""
    highest: dict[UUID, int] = {}
    for notice in notices:
        if notice is not None:
            highest[notice[0]] = max(notice[1], highest.get(notice[0], 0))
    return highest


def _read(payload: str) -> tuple[UUID, int] | None:
    project_id, _, number = payload.partition(" ")
    try:
        return UUID(project_id), int(number)
    except ValueError:
        _LOG.warning("A notice on %s is not ours.", _CHANNEL)
        return None
