"""Many processes upload the same paths at once, by two servers of one database: every acknowledged version is there, numbered
without a gap or a duplicate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from support.mortality import TESTS
from support.servers import Server

from tests.faults.conftest import FULL, QUICK

PATHS = ("a", "b", "f/c")
SECONDS = 1200


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("writers", "rounds"), [(16, 20), (35, 5)] if FULL else [(6, 3)])
def test_all_that_many_writers_of_the_same_paths_were_told_is_there(
    new_server: Callable[..., Server], store_url: str, writers: int, rounds: int
) -> None:
    environment = QUICK | {"ACAI_DATABASE_URL": store_url}
    first = new_server(environment=environment).start()
    servers = [first, new_server(environment=environment).start()]
    told = write(servers, writers, rounds)
    count = writers * rounds
    client = first.client()
    for path in (f"/shared/{name}" for name in PATHS):
        made = {version: content for _, files in told for there, version, content in files if there == path}
        assert sorted(made) == [file.version for file in client.files.versions(path)] == list(range(1, count + 1))
        for version in range(1, count + 1) if FULL else (1, count):
            assert client.files.open(f"{path}:{version}").read().decode() == made[version]
    assert sorted(number for number, _ in told) == list(range(1, count + 1))
    for number, files in told:
        held = {file.path: file.version for file in client.filesets.files(f"Shared:{number}")}
        assert held == {path: version for path, version, _ in files}
        assert len(set(held.values())) == 1, "the files of one upload are numbered in one step"
    assert list(client.storage.fsck()) == []


def write(servers: list[Server], writers: int, rounds: int) -> list[tuple[int, list[tuple[str, int, str]]]]:
    """What the lake told the writers, each of which is a process of its own."""
    module = [sys.executable, "-m", "support.writing_client"]
    environment = {**os.environ, "PYTHONPATH": TESTS}
    running = [
        subprocess.Popen(
            [*module, servers[number % 2].url, servers[0].token, f"writer {number}", str(rounds), *PATHS],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(writers)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    lines = [line for process in running for line in process.communicate(timeout=SECONDS)[0].splitlines()]
    assert [process.returncode for process in running] == [0] * writers
    return [(number, [(path, version, content) for path, version, content in files]) for number, files in map(json.loads, lines)]
