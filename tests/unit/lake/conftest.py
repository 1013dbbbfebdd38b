from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.lake.world import World


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the people of `World`: copied, it costs a test less than making one."""
    folder = tmp_path_factory.mktemp("lake")
    World(folder).close()
    return folder / "acai.db"


@pytest.fixture
def world(tmp_path: Path, fresh_database: Path) -> Iterator[World]:
    shutil.copy(fresh_database, tmp_path / "acai.db")
    made = World(tmp_path)
    yield made
    made.close()
