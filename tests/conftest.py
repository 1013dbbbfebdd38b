"""Servers that tests of several folders use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support.commands import Acai, Cli
from support.databases import KINDS, Databases, PostgresDatabases, SqliteDatabases
from support.postgres import Postgres, running_postgres
from support.servers import Server

from acai_jupyter.client.client import Client

# The same examples at every run, so that a red run is somebody's change; `make faults` looks for new ones. No bound on
# time, which depends on the machine.
settings.register_profile("acai", deadline=None, derandomize=os.environ.get("ACAI_TEST_FAULTS") != "full")
settings.load_profile("acai")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What clients remember of this machine's files stays out of the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


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
        server.end()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the module's own, of which it is the only user."""
    made = Server(tmp_path_factory.mktemp("server"), environment={"ACAI_QUOTA": "50"}).start()
    yield made
    made.end()


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    """The owner's client of the module's own server."""
    return server.client()


@pytest.fixture(scope="module")
def cli(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """Runs commands as processes, in a folder of their own."""
    return Cli(server, tmp_path_factory.mktemp("shell"))


@pytest.fixture
def acai(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Acai:
    """Runs a command in this process, as the owner: its exit code, and what it printed."""
    from acai_jupyter.cli.running import run as run_command

    monkeypatch.setenv("ACAI_URL", server.url)
    monkeypatch.setenv("ACAI_TOKEN", server.token)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this process's own, started by the first test that wants it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session", params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Whatever uses it is tried on every kind of database."""
    if request.param == "postgresql":
        return PostgresDatabases(request.getfixturevalue("postgres"))
    return SqliteDatabases(tmp_path_factory.mktemp("template"))


@pytest.fixture
def store_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own, which has the schema."""
    url = databases.new(tmp_path)
    yield url
    databases.release(url)
