"""Two servers on one data folder: every job runs once, and either may die."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.attempts import end_agents
from support.servers import Server
from support.tally import Tally
from support.waiting import wait_for

from tests.faults.conftest import QUICK


@pytest.fixture
def two_servers(tmp_path: Path, store_url: str) -> Iterator[list[Server]]:
    """On one data folder and one database, of every kind."""
    environment = QUICK | {"ACAI_DATABASE_URL": store_url}
    servers = [Server(tmp_path, environment=environment).start() for _ in range(2)]
    yield servers
    for server in servers:
        server.kill()
    end_agents(tmp_path / "home")


def test_what_one_server_begins_another_sees_and_ends_and_either_may_die(two_servers: list[Server], tmp_path: Path) -> None:
    clients = [server.client() for server in two_servers]
    waits = clients[0].jobs.submit("echo waits; sleep 600")
    seen = clients[1].jobs.get(waits.id)
    assert next(iter(seen.logs(follow=True))) == "waits"
    seen.kill()
    assert waits.wait(timeout=180).status == "KILLED"

    tallies = [Tally(tmp_path / str(n), f"Two{n}") for n in range(6)]
    jobs = []
    for n, tally in enumerate(tallies):
        tally.folder.mkdir()
        jobs.append(tally.submit(clients[n % 2]))
    wait_for(lambda: jobs[0].ended)
    two_servers[1].kill()
    for tally, job in zip(tallies, jobs, strict=True):
        tally.check(clients[0], clients[0].jobs.get(job.id).wait(timeout=180))
