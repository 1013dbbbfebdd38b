"""Databases for tests: with the schema in them they are copies of one that is made once, for migrating takes longer than most
tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

from acai_jupyter.backends.by_url import store_by_url
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


class PostgresDatabases:
    """Databases of a server, which ends with all of them."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._template = server.new_database()
        _migrate(self._template)

    def empty(self, folder: Path) -> str:
        return self._server.new_database()

    def new(self, folder: Path) -> str:
        return self._server.new_database(self._template)


def _migrate(url: str) -> None:
    store = store_by_url(url, lambda changed: None)
    store.open()
    store.close()
