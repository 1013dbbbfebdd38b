"""The metadata store in PostgreSQL: several servers at once, each with a pool of connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from acai_jupyter.backends.sql.migrate import check_schema, upgrade
from acai_jupyter.backends.sql.tables import projects
from acai_jupyter.backends.sql.unit import SqlUnitOfWork
from acai_jupyter.domain.errors import AcaiError, InvalidRequest, InvalidSetting, StoreUnavailable
from acai_jupyter.ports.store.unit import OnEvents, UnitOfWork

_OPENING: Final = 4_242_001
"""The advisory lock of whoever brings the schema up to date."""
_POOL: Final = 16
_LOCK_SECONDS: Final = 15
_NOW: Final = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
_EVENTS: Final = select(func.coalesce(func.sum(projects.c.event_number), 0))
_ONE_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


class PostgresStore:
    """`url` names the database; `on_events` is told of events once they are committed. Raises InvalidSetting."""

    def __init__(self, url: str, on_events: OnEvents) -> None:
        self._on_events = on_events
        self._engine = _engine(parse_url(url))
        self._mine = threading.local()
        self._ended = threading.Condition()
        self._open = 0
        self._closed = False
        self._events: int | None = None

    def open(self) -> None:
        with self._transaction() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_OPENING})"))
            upgrade(connection)

    def check(self) -> None:
        with self._transaction() as connection:
            check_schema(connection)

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        if getattr(self._mine, "writes", False):
            raise RuntimeError("Units of work don't nest: this thread has one open already.")
        self._mine.writes = True
        try:
            with self._transaction() as connection:
                unit = SqlUnitOfWork(connection, _now(connection))
                yield unit
        finally:
            self._mine.writes = False
        if unit.session.changed:
            self._on_events(unit.session.changed)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        with self._transaction() as connection:
            connection.exec_driver_sql(_ONE_SNAPSHOT)
            try:
                yield SqlUnitOfWork(connection, _now(connection))
            finally:
                connection.rollback()

    def foreign_changes(self) -> bool:
        with self._transaction() as connection:
            events = int(connection.execute(_EVENTS).scalar_one())
        changed = self._events is not None and events != self._events
        self._events = events
        return changed

    def close(self) -> None:
        with self._ended:
            self._closed = True
            self._ended.wait_for(lambda: self._open == 0, _LOCK_SECONDS)
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._ended:
            if self._closed:
                raise _stopping()
            self._open += 1
        try:
            with _translated(), self._engine.begin() as connection:
                yield connection
        finally:
            with self._ended:
                self._open -= 1
                self._ended.notify_all()


def _stopping() -> StoreUnavailable:
    return StoreUnavailable("The database is closed: the platform is stopping.")


def _unkeepable() -> InvalidRequest:
    return InvalidRequest("A number is too large, or a text holds NUL or half a character: the database can't keep it.")


def parse_url(url: str) -> URL:
    """The URL of a database. Raises InvalidSetting."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        # The URL itself is not shown: it may hold a password.
        raise InvalidSetting("ACAI_DATABASE_URL is no URL: write postgresql://user:password@host/database.") from error
    return parsed.set(drivername="postgresql+psycopg")


def _engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=_POOL,
        max_overflow=_POOL,
        pool_pre_ping=True,
        connect_args={"application_name": "acai", "connect_timeout": 10},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
    connection.autocommit = False


def _now(connection: Connection) -> int:
    return int(connection.execute(_NOW).scalar_one())


@contextmanager
def _translated() -> Iterator[None]:
    """The driver's errors as ours: what the user can do stands in the message."""
    try:
        yield
    except AcaiError:
        raise
    except UnicodeEncodeError as error:
        raise _unkeepable() from error
    except DBAPIError as error:
        if isinstance(error, DataError):
            raise _unkeepable() from error
        state = getattr(error.orig, "sqlstate", None) or ""
        if state.startswith(("40", "55P03")):
            raise StoreUnavailable("The database is busy with another writer; try again in a moment.") from error
        if state.startswith("53"):
            raise StoreUnavailable("The database has no room left (disk, memory or connections): make some.") from error
        unreachable = isinstance(error, OperationalError | InterfaceError) and not state
        if unreachable or error.connection_invalidated or state.startswith(("08", "57P", "28", "3D")):
            raise StoreUnavailable(
                "The database can't be reached: check that PostgreSQL runs and ACAI_DATABASE_URL names it rightly."
            ) from error
        raise
    except SQLAlchemyError as error:
        if "QueuePool limit" in str(error):
            raise StoreUnavailable("Too many requests use the database at once; try again in a moment.") from error
        raise
