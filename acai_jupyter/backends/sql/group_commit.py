"""One SQLite connection that writes, lent to one unit of work at a time, with one commit for all that wait.

A commit costs an fsync, whatever it holds. So a unit that ends while others wait for their turn leaves its changes in the
open transaction and hands it on; the last of the group commits, and all of them return only then. A unit that fails is
rolled back to its own savepoint and takes nobody with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_MOST_UNITS: Final = 64


class _Group:
    """Units that share a transaction. `error` is set where its commit failed."""

    def __init__(self) -> None:
        self.units = 0
        self.ended = threading.Event()
        self.error: BaseException | None = None


class GroupCommit:
    """Lends the writing connection. `connect` opens it on first use, in autocommit: BEGIN and COMMIT are said here."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._turn = threading.Lock()
        self._counter = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None

    @contextmanager
    def unit(self) -> Iterator[Connection]:
        """The connection, within a transaction. Returns when what was written is durable."""
        self._take_turn()
        try:
            connection, group = self._enter()
        except BaseException:
            self._turn.release()
            raise
        try:
            yield connection
        except BaseException:
            self._leave(connection, group, undo=True)
            raise
        self._leave(connection, group, undo=False)
        group.ended.wait()
        if group.error is not None:
            raise group.error

    def close(self) -> None:
        """Close the connection once nobody uses it."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _take_turn(self) -> None:
        with self._counter:
            self._waiting += 1
        try:
            self._turn.acquire()
        finally:
            with self._counter:
                self._waiting -= 1

    def _enter(self) -> tuple[Connection, _Group]:
        if self._connection is None:
            self._connection = self._connect()
        if self._group is None:
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
            self._group = _Group()
        self._group.units += 1
        self._connection.exec_driver_sql("SAVEPOINT unit")
        return self._connection, self._group

    def _leave(self, connection: Connection, group: _Group, undo: bool) -> None:
        """End the unit; the last of the group commits. Holds the turn until then."""
        try:
            if undo:
                connection.exec_driver_sql("ROLLBACK TO unit")
            connection.exec_driver_sql("RELEASE unit")
        except DBAPIError as error:
            # SQLite gave up the whole transaction (a full disk, for one): nobody in the group has written anything.
            self._end_group(connection, group, error)
            return
        with self._counter:
            hand_on = self._waiting > 0 and group.units < _MOST_UNITS
        if hand_on:
            self._turn.release()
            return
        try:
            connection.exec_driver_sql("COMMIT")
        except DBAPIError as error:
            self._end_group(connection, group, error)
            return
        self._end_group(connection, group, None)

    def _end_group(self, connection: Connection, group: _Group, error: BaseException | None) -> None:
        if error is not None:
            try:
                connection.exec_driver_sql("ROLLBACK")
            except DBAPIError:
                # There is no transaction left to roll back; the group's own error says why.
                connection.invalidate()
                self._connection = None
        group.error = error
        self._group = None
        self._turn.release()
        group.ended.set()
