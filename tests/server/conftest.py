"""A job that runs as long as a test wants, and tokens of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.people import Tokens, tokens_of
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.job import Job


@pytest.fixture(scope="module")
def running(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """A job in RUNNING, which ends with the module."""
    gate = tmp_path_factory.mktemp("gate") / "open"
    job = server.client().jobs.submit(wait_until_exists(gate), name="waits")
    wait_for(lambda: job.progress == "running")
    yield job
    gate.touch()
    job.wait(60)


@pytest.fixture(scope="module")
def tokens(server: Server, running: Job) -> Tokens:
    return tokens_of(server, running)


def wait_until_exists(path: Path) -> str:
    """A command that ends once there is a file."""
    return f"while [ ! -e '{path}' ]; do sleep 0.05; done"
