from __future__ import annotations

from collections.abc import Callable

import pytest
from support.servers import Server

from acai_jupyter.cli import main

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def acai(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command as the owner: its exit code, and what it printed."""
    monkeypatch.setenv("ACAI_URL", server.url)
    monkeypatch.setenv("ACAI_TOKEN", server.token)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run
