"""Two servers on one data folder: every job runs once, and either may die."""

from __future__ import annotations

from pathlib import Path

from support.servers import Server
from support.tally import Tally
from support.waiting import wait_for


def test_what_one_server_begins_another_sees_and_ends_and_either_may_die(
    server: Server, second_server: Server, tmp_path: Path
) -> None:
    clients = [server.client(), second_server.client()]
    waits = clients[0].jobs.submit("echo waits; sleep 600")
    seen = clients[1].jobs.get(waits.id)
    assert next(iter(seen.logs(follow=True))) == "waits"
    seen.kill()
    assert waits.wait(timeout=60).status == "KILLED"

    tallies = [Tally(tmp_path / str(n), f"Two{n}") for n in range(6)]
    jobs = []
    for n, tally in enumerate(tallies):
        tally.folder.mkdir()
        jobs.append(tally.submit(clients[n % 2]))
    wait_for(lambda: jobs[0].ended)
    second_server.kill()
    for tally, job in zip(tallies, jobs, strict=True):
        tally.check(clients[0], clients[0].jobs.get(job.id).wait(timeout=60))
