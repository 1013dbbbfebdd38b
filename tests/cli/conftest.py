from __future__ import annotations

import pytest
from support.commands import Cli
from support.servers import Server


@pytest.fixture(scope="module")
def cli(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return Cli(server, tmp_path_factory.mktemp("shell"))
