"""The metadata store in a SQLite file: one writer, many readers, nothing to install."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from acai_jupyter.backends.private import make_folder, opener
from acai_jupyter.backends.sql.checkpoints import LONG_LOG_PAGES, Checkpoints
from acai_jupyter.backends.sql.group_commit import GroupCommit
from acai_jupyter.backends.sql.high_water import HighWaterMark
from acai_jupyter.backends.sql.migrate import check_schema, upgrade
from acai_jupyter.backends.sql.network_folder import refuse_network_folder
from acai_jupyter.backends.sql.statistics import write_statistics
from acai_jupyter.backends.sql.unit import SqlUnitOfWork
from acai_jupyter.domain.errors import AcaiError, InvalidRequest, StoreDamaged, StoreUnavailable
from acai_jupyter.ports.store.unit import OnEvents, UnitOfWork

_BUSY_MILLISECONDS: Final = 15_000
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -16384",
)


class SqliteStore:
    """`path` is the database file; `on_events` is told of events once they are committed."""

    def __init__(self, path: Path, on_events: OnEvents) -> None:
        refuse_network_folder(path.parent)
        self._path = path
        self._on_events = on_events
        self._engine = _engine(path)
        self._writer = GroupCommit(self._connect_to_write)
        self._checkpoints = Checkpoints(self._engine.connect)
        self._mark = HighWaterMark(path)
        self._written: tuple[tuple[int, int] | None, ...] | None = None
        self._watcher: Connection | None = None
        self._data_version: int | None = None
        self._closed = False

    def open(self) -> None:
        make_folder(self._path.parent)
        with suppress(OSError):  # SQLite says better what is wrong; what it writes beside the file is as private
            os.close(opener(str(self._path), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC))
        mark = self._mark.read()
        with _translated(), self._connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                upgrade(connection)
                self._mark.check(connection, mark)
                write_statistics(connection)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def check(self) -> None:
        with _translated(), self._connect() as connection:
            check_schema(connection)

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        with _translated(), self._writer.unit() as connection:
            unit = SqlUnitOfWork(connection, _now())
            yield unit
            driver: Any = connection.connection.driver_connection
            rows = driver.total_changes
        self._check_files()
        self._checkpoints.after(rows)
        if unit.session.changed:
            self._mark.set(unit.session.changed)
            self._on_events(unit.session.changed)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        with _translated(), self._connect() as connection:
            driver: Any = connection.connection.driver_connection  # at the edges of every read, SQLAlchemy's care costs too much
            driver.execute("BEGIN").close()
            try:
                yield SqlUnitOfWork(connection, _now())
            finally:
                driver.rollback()

    def foreign_changes(self) -> bool:
        with _translated():
            if self._watcher is None:
                self._watcher = self._connect()
            version = int(self._watcher.exec_driver_sql("PRAGMA data_version").scalar_one())
        changed = self._data_version is not None and version != self._data_version
        self._data_version = version
        return changed

    def close(self) -> None:
        self._closed = True
        self._writer.close()
        self._checkpoints.close()
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        self._engine.dispose()

    def _connect_to_write(self) -> Connection:
        self._written = None
        connection = self._engine.connect()
        # What a write sets aside is small. Reads may sort millions of rows: what does not fit into their cache goes to a file.
        connection.exec_driver_sql("PRAGMA temp_store = MEMORY")
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {LONG_LOG_PAGES}").close()
        return connection

    def _check_files(self) -> None:
        """Raises StoreDamaged where others have removed or replaced the files that were just written: what is in them would
        be lost with this process. While the writing connection is open, SQLite itself leaves both in their places."""
        found = tuple(_identity(Path(f"{self._path}{ending}")) for ending in ("", "-wal"))
        if self._written is None:
            self._written = found
        elif found != self._written:
            raise StoreDamaged(
                f"{self._path.name}, or {self._path.name}-wal beside it, was removed or replaced under the running platform:"
                " nothing is kept any more. Put it back, or stop the server (not by force), which keeps what it can."
            )

    def _connect(self) -> Connection:
        if self._closed:
            raise StoreUnavailable("The database is closed: the platform is stopping.")
        return self._engine.connect()


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        # Transactions are begun and ended by hand: the driver would begin them too late and without IMMEDIATE.
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=24,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MILLISECONDS / 1000},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


@contextmanager
def _translated() -> Iterator[None]:
    """The driver's errors as ours: what the user can do stands in the message."""
    try:
        yield
    except AcaiError:
        raise
    except (OverflowError, UnicodeEncodeError) as error:
        raise InvalidRequest("A number is too large, or a text holds half a character: the database can't keep it.") from error
    except DBAPIError as error:
        said = str(error.orig)
        if "locked" in said or "busy" in said:
            raise StoreUnavailable("The database is busy with another process; try again in a moment.") from error
        if "full" in said or "I/O" in said or "unable to open" in said or "readonly" in said:
            raise StoreUnavailable(
                f"The database can't be written ({said}): check free space and rights of ACAI_HOME."
            ) from error
        if "malformed" in said or "not a database" in said:
            raise StoreDamaged(
                f"The database file is damaged, or is something else ({said}): restore a copy, or set ACAI_DATABASE_URL."
            ) from error
        raise
    except SQLAlchemyError as error:
        if "QueuePool limit" in str(error):
            raise StoreUnavailable("Too many requests read the database at once; try again in a moment.") from error
        raise


def _identity(path: Path) -> tuple[int, int] | None:
    """Tells a file from another in its place; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _now() -> int:
    return time.time_ns() // 1000
