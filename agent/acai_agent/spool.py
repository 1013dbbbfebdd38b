"""What the command prints, on disk: written as it comes, read by who sends it on."""

from __future__ import annotations

import os
import selectors
import threading
from pathlib import Path
from typing import Final

from acai_agent.notes import note
from acai_agent.orders import Orders
from acai_agent.redaction import Redactor

_PIECE: Final = 256 * 1024


class Spool:
    """A file that only grows, and whoever waits for it to do so."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._grown = threading.Condition()
        self._size = os.fstat(self._file).st_size
        self._ended = False
        self.lost: str | None = None
        """Why a part of what was printed is not here."""

    @property
    def size(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        """Write at the end. Where the disk is full, what comes is dropped: the command must not stand still for its log."""
        view = memoryview(data)
        while view:
            try:
                written = os.write(self._file, view)
            except OSError as error:
                if self.lost is None:
                    self.lost = f"A part of the log is lost: it can't be written to disk ({error.strerror})."
                    note(self.lost)
                return
            view = view[written:]
            with self._grown:
                self._size += written
                self._grown.notify_all()

    def end(self) -> None:
        """Nothing more will come."""
        with self._grown:
            self._ended = True
            self._grown.notify_all()

    def wait_beyond(self, offset: int, seconds: float | None = None) -> bool:
        """Wait until there is something after `offset`, or for so many `seconds`; False where nothing will come, or came."""
        with self._grown:
            self._grown.wait_for(lambda: self._size > offset or self._ended, seconds)
            return self._size > offset

    def read(self, offset: int, most: int) -> bytes:
        """At most `most` bytes from `offset` on."""
        return os.pread(self._file, most, offset)


class Collector:
    """Reads a pipe into a spool, until it is closed or nobody is left who should write to it. What is secret never gets there."""

    def __init__(self, pipe: int, spool: Spool, orders: Orders, redactor: Redactor | None = None) -> None:
        self._pipe = pipe
        self._spool = spool
        self._redactor = redactor or Redactor({})
        self._finish_reader, self._finish_writer = os.pipe()
        os.set_blocking(pipe, False)
        self._thread = orders.start_thread("collector", self._run)

    def finish(self) -> None:
        """Take what is in the pipe, then stop: a process that could not be ended may keep it open for ever."""
        os.write(self._finish_writer, b"\0")
        self._thread.join()
        self._spool.append(self._redactor.flush())
        for descriptor in (self._pipe, self._finish_reader, self._finish_writer):
            os.close(descriptor)
        self._spool.end()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            selector.register(self._finish_reader, selectors.EVENT_READ)
            finishing = False
            while not finishing:
                finishing = any(key.fd == self._finish_reader for key, _ in selector.select())
                if not self._drain():
                    return

    def _drain(self) -> bool:
        """Read what is there now; False at the pipe's end."""
        while True:
            try:
                data = os.read(self._pipe, _PIECE)
            except BlockingIOError:
                return True
            if not data:
                return False
            self._spool.append(self._redactor.feed(data))
