"""Databases for tests: with the schema in them they are copies of one that is made once, for migrating takes longer than most
tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.backends.sql.tables import metadata
from support.postgres import Postgres

KINDS: Final = ("sqlite", "postgresql")


class Databases(Protocol):
    """Makes databases of one kind."""

    def empty(self, folder: Path) -> str:
        """The URL of a database with nothing in it; what it needs of files lies in `folder`."""
        ...

    def new(self, folder: Path) -> str:
        """The URL of a database that has the schema."""
        ...

    def release(self, url: str) -> None:
        """Nobody needs this database any more."""
        ...


class SqliteDatabases:
    """Files; `folder` keeps the one that they are copies of."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "acai.db"
        _migrate(self.empty(folder))

    def empty(self, folder: Path) -> str:
        return f"sqlite://{quote(str(folder / 'acai.db'))}"

    def new(self, folder: Path) -> str:
        shutil.copyfile(self._template, folder / "acai.db")
        return self.empty(folder)

    def release(self, url: str) -> None:
        pass  # the folder goes with its test


class PostgresDatabases:
    """Databases of a server, which ends with all of them. They are emptied and used again, as that is quicker."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._free: list[str] = []
        self._template = server.new_database()
        _migrate(self._template)
        self._tables = _tables(self._template)

    def empty(self, folder: Path) -> str:
        return self._server.new_database()

    def new(self, folder: Path) -> str:
        return self._free.pop() if self._free else self._server.new_database(self._template)

    def release(self, url: str) -> None:
        if _tables(url) == self._tables and _emptied(url, self._tables):
            self._free.append(url)
        else:
            self._server.drop_database(url)


def _tables(url: str) -> list[str]:
    """The tables that hold rows of the platform, and the schema's version."""
    found = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    with psycopg.connect(url, autocommit=True) as connection:
        names = [str(row[0]) for row in connection.execute(f"{found} ORDER BY 1")]
        if not names:
            return []
        return [*names, *(str(row[0]) for row in connection.execute("SELECT version_num FROM alembic_version"))]


def _emptied(url: str, tables: list[str]) -> bool:
    """Whether all rows are gone; not so where something of a test holds a lock still."""
    with psycopg.connect(url) as connection:
        connection.execute("SET lock_timeout = '2s'")
        connection.execute("SET session_replication_role = replica")  # foreign keys don't matter where everything goes
        try:
            connection.execute(";".join(f"DELETE FROM {table}" for table in tables[:-1]))
        except psycopg.errors.LockNotAvailable:
            return False
    return True


def _migrate(url: str) -> None:
    store = store_by_url(url, lambda changed: None)
    store.open()
    store.close()


def all_rows(url: str) -> list[tuple[Any, ...]]:
    """Everything that a database holds, as it lies there."""
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return [tuple(row) for table in metadata.sorted_tables for row in connection.execute(text(f"SELECT * FROM {table.name}"))]


def sqlalchemy_url(url: str) -> str:
    """The same database, as SQLAlchemy names it: with the driver, and a fourth slash before an absolute path."""
    return url.replace("sqlite:///", "sqlite:////").replace("postgresql:", "postgresql+psycopg:")
