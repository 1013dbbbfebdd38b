from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.engine import Engine

from acai_jupyter.engine.settings import EngineSettings


@pytest.fixture
def new_engine(tmp_path: Path, store_url: str) -> Iterator[Callable[..., Engine]]:
    """Engines with settings of the test's own, on every kind of database."""
    made: list[Engine] = []

    def make(**settings: Any) -> Engine:
        made.append(Engine(tmp_path, store_url, EngineSettings(**settings)))
        return made[-1]

    yield make
    for engine in made:
        engine.store.close()


@pytest.fixture
def engine(new_engine: Callable[..., Engine]) -> Engine:
    return new_engine()
