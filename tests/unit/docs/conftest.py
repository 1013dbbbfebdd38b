"""A platform for the examples of the documentation, each page in a project of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from support.servers import Server
from unit.docs.pages import Block

RUNNER = Path(__file__).with_name("run_page.py")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all pages."""
    server = Server(tmp_path_factory.mktemp("docs")).start()
    yield server
    server.end()


@pytest.fixture
def run_blocks(platform: Server, tmp_path: Path) -> Callable[[str, Sequence[Block]], list[str]]:
    """Runs blocks in a project of their own, in a folder of their own; returns what each printed."""

    def run(project: str, blocks: Sequence[Block]) -> list[str]:
        with platform.client() as owner:
            token = owner.projects.create(project, admin="ada").token
        work, printed = tmp_path / "work", tmp_path / "printed.json"
        work.mkdir()
        environment = _environment(tmp_path) | {"ACAI_URL": platform.url, "ACAI_TOKEN": str(token)}
        given = json.dumps([(block.language, block.source) for block in blocks])
        command = [sys.executable, str(RUNNER), str(printed)]
        done = subprocess.run(command, input=given, cwd=work, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return list(json.loads(printed.read_text()))

    return run


def _environment(folder: Path) -> dict[str, str]:
    """This process's environment, with `acai` on the path and the user's own folders below `folder`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ACAI_", "JUPYTER", "JPY_", "XDG_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**inherited, "PATH": path, "HOME": str(folder), "IPYTHONDIR": str(folder / "ipython"), "NO_COLOR": "1"}
