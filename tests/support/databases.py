"""Databases for tests, with the schema in them: a copy of one that is made once, because migrating takes longer than a test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from acai_jupyter.backends.by_url import store_by_url
from support.postgres import Postgres

Maker = Callable[[Path], str]
"""Makes a database, where it likes with what it needs in a folder, and returns its URL."""

KINDS: Final = ("sqlite", "postgresql")


def sqlite_maker(folder: Path) -> Maker:
    """Makes SQLite files; `folder` keeps the one that they are copies of."""
    template = folder / "template.db"
    _migrate(f"sqlite://{quote(str(template))}")

    def make(target: Path) -> str:
        shutil.copyfile(template, target / "acai.db")
        return f"sqlite://{quote(str(target / 'acai.db'))}"

    return make


def postgres_maker(server: Postgres) -> Maker:
    """Makes databases on a server."""
    template = server.new_database()
    _migrate(template)
    return lambda target: server.new_database(template)


def _migrate(url: str) -> None:
    store = store_by_url(url, lambda changed: None)
    store.open()
    store.close()
