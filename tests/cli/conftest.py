from __future__ import annotations

from collections.abc import Callable

import pytest
from support.commands import Cli
from support.servers import Server

from acai_jupyter.cli.running import run as run_command


@pytest.fixture(scope="module")
def cli(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return Cli(server, tmp_path_factory.mktemp("shell"))


@pytest.fixture
def acai(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in this process, as the owner: its exit code, and what it printed."""
    monkeypatch.setenv("ACAI_URL", server.url)
    monkeypatch.setenv("ACAI_TOKEN", server.token)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run
