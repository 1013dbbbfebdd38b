"""Servers that tests of several folders use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.servers import Server


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers of a test's own, which end with it."""
    made: list[Server] = []

    def make(name: str = "server", **given: object) -> Server:
        made.append(Server(tmp_path / name, **given))  # type: ignore[arg-type]
        made[-1].folder.mkdir(exist_ok=True)
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the module's own, of which it is the only user."""
    made = Server(tmp_path_factory.mktemp("server")).start()
    yield made
    made.stop()
