"""The agent runs in the user's image, on any Python from 3.9 on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipapp
from pathlib import Path

import pytest

from tests.agent.agents import AGENT_ROOT, Agents
from tests.agent.stand_in import StandIn


def find(version: str) -> str | None:
    """A Python of this version, or None."""
    candidates = [*sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")), shutil.which(f"python{version}")]
    for candidate in filter(None, candidates):
        found = subprocess.run([candidate, "-c", "import sys; print(*sys.version_info[:2], sep='.')"], capture_output=True)
        if found.stdout.decode().strip() == version:
            return str(candidate)
    return None


@pytest.fixture
def python39() -> str:
    python = find("3.9")
    if python is None:
        pytest.skip("there is no Python 3.9 here")
    return python


def do_a_job(platform: StandIn, agents: Agents, python: str) -> None:
    platform.lake.add("code", "train.sh", b"cat input/data/x > output/x; echo done; echo oops >&2\n", executable=True)
    platform.lake.add_pack("input", {"data/x": b"hello", "data/y": b"", "z": b"z"})
    platform.fail("/agent/claim", "drop")
    platform.manifest |= {"command": "sh train.sh", "output_path": "/Model/", "python": python, "timeout_s": 60}
    _, report = agents.finish(agents.start(python=python))
    assert (report["ended"], report["exit_code"], report["detail"]) == ("exited", 0, None)
    assert platform.lake.contents(report["output_upload"]) == {"/Model/x": b"hello"}
    assert bytes(platform.log) == b"done\noops\n"


def test_a_job_is_done_on_python_3_9(platform: StandIn, agents: Agents, python39: str) -> None:
    do_a_job(platform, agents, python39)


def test_a_job_is_killed_on_python_3_9(platform: StandIn, agents: Agents, python39: str) -> None:
    platform.manifest |= {"command": "echo ready; exec sleep 60", "heartbeat_s": 0.05}
    agent = agents.start(python=python39)
    platform.wait(lambda: b"ready" in platform.log)
    platform.kill = True
    assert agents.finish(agent)[1]["ended"] == "killed"


@pytest.mark.parametrize("version", ["3.13", "3.14"])
def test_a_job_is_done_on_newer_pythons(platform: StandIn, agents: Agents, version: str) -> None:
    python = find(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    do_a_job(platform, agents, python)


def test_an_older_python_is_told_what_is_needed() -> None:
    python = find("3.8")
    if python is None:
        pytest.skip("there is no Python 3.8 here")
    found = subprocess.run([python, "-m", "acai_agent"], cwd=AGENT_ROOT, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (2, "The job's agent needs Python 3.9 or later; this is Python 3.8.\n")


def test_it_runs_from_a_zipapp_and_as_a_module(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(AGENT_ROOT / "acai_agent", source / "acai_agent", ignore=shutil.ignore_patterns("__pycache__"))
    zipapp.create_archive(source, tmp_path / "agent.pyz", main="acai_agent.__main__:main", compressed=True)
    for command in ([str(tmp_path / "agent.pyz")], ["-m", "acai_agent"]):
        found = subprocess.run([sys.executable, *command], cwd=AGENT_ROOT, input="", capture_output=True, text=True, check=False)
        assert found.stderr == "The agent was not told what to do: its standard input is not a JSON object.\n"
