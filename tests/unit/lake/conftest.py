from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import Databases, SqliteDatabases

from tests.unit.lake.world import World


@pytest.fixture
def world(tmp_path: Path, store_url: str) -> Iterator[World]:
    """A lake on every kind of database: what it means must not depend on where it lies."""
    made = World(tmp_path, store_url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One lake for all tests of a module, which only look at what is in it."""
    folder = tmp_path_factory.mktemp("lake")
    made = World(folder, databases.new(folder))
    yield made
    made.close()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def sqlite_world(tmp_path: Path, sqlite_databases: SqliteDatabases) -> Iterator[World]:
    """A lake on SQLite, for what never comes to the database."""
    made = World(tmp_path, sqlite_databases.new(tmp_path))
    yield made
    made.close()
