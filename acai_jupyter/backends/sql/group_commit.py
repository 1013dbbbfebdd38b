"""One SQLite connection that writes, lent to one unit of work at a time, with one commit for all that wait.

A commit costs an fsync, whatever it holds. So a unit that ends while others wait for their turn leaves its changes in the
open transaction and hands it on; the last of the group commits, and all of them return only then. A unit that fails is
rolled back to its own savepoint and takes nobody with it. Whoever lets go of the turn without handing it on ends the group:
nobody is left waiting, whatever failed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from acai_jupyter.domain.errors import StoreUnavailable

_MOST_UNITS: Final = 64


class _Group:
    """Units that share a transaction; `kept` says that one of them did not fail. `error` is set where the commit failed."""

    def __init__(self) -> None:
        self.units = 0
        self.kept = False
        self.ended = threading.Event()
        self.error: Exception | None = None


class GroupCommit:
    """Lends the writing connection. `connect` opens it on first use, in autocommit: BEGIN and COMMIT are said here."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._turn = threading.Lock()
        self._counter = threading.Lock()
        self._waiting = 0
        self._holder: int | None = None
        self._group: _Group | None = None
        self._closed = False

    @contextmanager
    def unit(self) -> Iterator[Connection]:
        """The connection, within a transaction. Returns when what was written is durable.

        Raises RuntimeError within another unit of the same thread, StoreUnavailable once closed.
        """
        self._take_turn()
        try:
            connection, group = self._enter()
        except BaseException:
            self._let_go()
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
        """Commit what others have handed on and close the connection, once nobody uses it; later units are refused."""
        self._take_turn()
        try:
            self._closed = True
            if self._group is not None:
                self._commit(self._group)
            if self._connection is not None:
                self._connection.close()
                self._connection = None
        finally:
            self._let_go()

    def _take_turn(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("Units of work don't nest: this thread has one open already.")
        with self._counter:
            self._waiting += 1
        taken = False
        try:
            taken = self._turn.acquire()
        finally:
            with self._counter:
                self._waiting -= 1
            # An interrupt: a group may have been handed on to us, and nobody else.
            if not taken and self._turn.acquire(blocking=False):
                self._let_go()
        self._holder = threading.get_ident()

    def _enter(self) -> tuple[Connection, _Group]:
        if self._closed:
            raise StoreUnavailable("The database is closed: the platform is stopping.")
        if self._connection is None:
            self._connection = self._connect()
        if self._group is None:
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
            self._group = _Group()
        self._connection.exec_driver_sql("SAVEPOINT unit")
        self._group.units += 1
        return self._connection, self._group

    def _leave(self, connection: Connection, group: _Group, undo: bool) -> None:
        """End the unit, whose turn it is until then."""
        try:
            if undo:
                connection.exec_driver_sql("ROLLBACK TO unit")
            connection.exec_driver_sql("RELEASE unit")
            group.kept = group.kept or not undo
        except BaseException as error:
            # SQLite gave up the whole transaction (a full disk, for one): nobody in the group has written anything.
            self._fail(group, error)
            if not isinstance(error, SQLAlchemyError):
                raise
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Hand the turn on, with the group where others wait for it; else the group ends here."""
        group = self._group
        with self._counter:
            awaited = self._waiting > 0
        try:
            if group is not None and not (awaited and group.units < _MOST_UNITS):
                self._commit(group)
        finally:
            self._holder = None
            self._turn.release()

    def _commit(self, group: _Group) -> None:
        assert self._connection is not None
        try:
            self._connection.exec_driver_sql("COMMIT" if group.kept else "ROLLBACK")
        except BaseException as error:
            self._fail(group, error)
            if not isinstance(error, SQLAlchemyError):
                raise
            return
        self._end(group, None)

    def _fail(self, group: _Group, error: BaseException) -> None:
        """Undo what the group has written, and tell all of it why."""
        connection = self._connection
        try:
            if connection is not None:
                connection.exec_driver_sql("ROLLBACK")
        except BaseException:
            # There is no transaction left to roll back, or no database; the group's own error says why.
            if connection is not None:
                connection.invalidate()
            self._connection = None
        finally:
            interrupted = StoreUnavailable("The database was interrupted while it was written; try again.")
            self._end(group, error if isinstance(error, Exception) else interrupted)

    def _end(self, group: _Group, error: Exception | None) -> None:
        group.error = error
        self._group = None
        group.ended.set()
