"""A platform for the examples of the documentation, each page in a project of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from unit.docs.pages import Block

import acai_jupyter as acai
from acai_jupyter.client.discovery import local_servers

RUNNER = Path(__file__).with_name("run_page.py")


def environment_without_acai() -> dict[str, str]:
    """This process's environment, with `acai` on the path and no platform named."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ACAI_", "JUPYTER", "JPY_"))}
    return {**inherited, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home folder of a running platform."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "acai_server", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    command += ["--ServerApp.allow_root=True"] if os.geteuid() == 0 else []
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=home, env={**environment_without_acai(), "ACAI_HOME": str(home)}, stdout=log, stderr=log
        )
        deadline = time.monotonic() + 60
        while not local_servers(home):
            assert process.poll() is None, (home / "server.log").read_text()
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)
        yield home
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def run_blocks(platform: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str, Sequence[Block]], list[str]]:
    """Runs blocks in a project of their own; returns what each printed."""

    def run(project: str, blocks: Sequence[Block]) -> list[str]:
        with acai.connect(home=str(platform)) as client:
            token = client.projects.create(project, admin="ada").token
            assert token is not None
            environment = {**environment_without_acai(), "ACAI_URL": client.url, "ACAI_TOKEN": token}
        environment |= {"IPYTHONDIR": str(tmp_path / "ipython"), "HOME": str(tmp_path), "NO_COLOR": "1"}
        work = tmp_path / "work"
        work.mkdir()
        given = json.dumps([(block.language, block.source) for block in blocks])
        command = [sys.executable, str(RUNNER), str(tmp_path / "printed.json")]
        done = subprocess.run(command, input=given, cwd=work, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return list(json.loads((tmp_path / "printed.json").read_text()))

    return run
