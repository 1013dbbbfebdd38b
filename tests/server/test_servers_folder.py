"""Who runs on this folder: a process id that another process has now is not taken for a server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from acai_jupyter.backends.launchers.processes import name_of
from acai_server.servers_folder import ServerFile, other_servers


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def entry(folder: Path, pid: int, **changed: object) -> Path:
    name = name_of(pid)
    assert name is not None
    told = {"url": "http://127.0.0.1:1/", "pid": pid, "boot": name.boot, "start": name.start, "drains": False} | changed
    path = folder / f"{uuid4().hex}.json"
    path.write_text(json.dumps(told))
    return path


def test_another_process_that_runs_counts(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    entry(tmp_path, stranger.pid)
    assert other_servers(tmp_path, drains=False)


def test_one_that_drains_counts_only_where_that_is_asked(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    entry(tmp_path, stranger.pid, drains=True)
    assert other_servers(tmp_path, drains=True)
    assert not other_servers(tmp_path, drains=False)


@pytest.mark.parametrize("changed", [{"start": "1"}, {"boot": "another"}, {"start": None}, {"boot": 7}])
def test_a_process_id_that_was_given_again_is_no_server(
    tmp_path: Path, stranger: subprocess.Popen[bytes], changed: dict[str, object]
) -> None:
    left = entry(tmp_path, stranger.pid, **changed)
    assert not other_servers(tmp_path, drains=True)
    ServerFile(tmp_path, uuid4()).publish("http://127.0.0.1:2/")
    assert not left.exists()


def test_a_server_is_not_another_one_to_itself(tmp_path: Path) -> None:
    file = ServerFile(tmp_path, uuid4())
    file.publish("http://127.0.0.1:2/")
    entry(tmp_path, os.getpid())
    assert not other_servers(tmp_path, drains=True)
    (published,) = (path for path in tmp_path.glob("*.json") if "127.0.0.1:2" in path.read_text())
    assert published.stat().st_mode & 0o077 == 0
    file.withdraw()
    assert not published.exists()
