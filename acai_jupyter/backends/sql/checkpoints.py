"""Takes what was committed out of SQLite's write-ahead log into the database file, beside the work.

By itself SQLite does so within the commit that makes the log long: whoever commits much would wait until it was written twice.
A commit is durable without: the log is synced.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

_MOST_ROWS: Final = 1_000
"""Rows take a page of the log each, more or less: after about as many pages SQLite would do it by itself."""

LONG_LOG_PAGES: Final = 16_384
"""A log as long as this (64 MiB) is not left to others: the commit that finds it sees to it."""


class Checkpoints:
    """`connect` gives a connection that does not write."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._thread = ThreadPoolExecutor(1, "acai-checkpoint")
        self._last = 0
        self._waiting = False

    def after(self, rows: int) -> None:
        """Something was committed by the writing connection, which has changed so many rows since it was opened."""
        if 0 <= rows - self._last < _MOST_ROWS or self._waiting:
            return
        self._last, self._waiting = rows, True
        with suppress(RuntimeError):  # closed meanwhile: the last connection to go does it
            self._thread.submit(self._take_over)

    def close(self) -> None:
        """Wait until nothing is under way."""
        self._thread.shutdown()

    def _take_over(self) -> None:
        self._waiting = False  # what is committed from here on may come too late for this time
        # What others still read stays, and so does all where the disk is full: it is kept in the log, and tried again.
        with suppress(SQLAlchemyError), self._connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()
