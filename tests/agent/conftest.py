from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.agents import Agents
from tests.agent.stand_in import StandIn, running

platform = pytest.fixture(running)


@pytest.fixture
def agents(platform: StandIn, tmp_path: Path) -> Iterator[Agents]:
    started = Agents(platform, tmp_path)
    yield started
    started.end()
