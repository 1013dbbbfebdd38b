"""Servers that are killed. `ACAI_TEST_FAULTS=full` tries many more moments."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.attempts import end_agents
from support.faulty_proxy import FaultyProxy
from support.servers import Server, free_port

from acai_jupyter.wire.addresses import API

FULL = os.environ.get("ACAI_TEST_FAULTS") == "full"

QUICK = {
    "ACAI_HEARTBEAT_SECONDS": "0.5",
    "ACAI_TICK_SECONDS": "0.2",
    "ACAI_LAUNCH_HOLD_SECONDS": "1",
    "ACAI_KILL_GRACE_SECONDS": "2",
    "ACAI_USER": "ada",
}
"""What takes seconds for people takes less here."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes a `seed` is run for a few, and in full for many."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(40 if FULL else 2))


@pytest.fixture(scope="package")
def home_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The one data folder of these tests; what jobs left running ends with them."""
    folder = tmp_path_factory.mktemp("faults")
    yield folder
    end_agents(folder / "home")


@pytest.fixture(scope="package")
def the_server(home_folder: Path) -> Iterator[Server]:
    server = Server(home_folder, environment=QUICK)
    yield server
    server.kill()


@contextmanager
def behind_a_proxy(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[tuple[Server, FaultyProxy]]:
    """A server whose agents, too, reach it through the proxy, as if they ran on another machine."""
    port = free_port()
    with FaultyProxy(f"http://127.0.0.1:{port}{API}").running() as proxy:
        server = Server(folder, environment={**QUICK, "ACAI_AGENT_URL": proxy.url, **(settings or {})}, port=port).start()
        try:
            yield server, proxy
        finally:
            server.end()


@pytest.fixture
def server(the_server: Server) -> Server:
    """A server that runs; a test may kill and start it."""
    return the_server if the_server.process else the_server.start()
