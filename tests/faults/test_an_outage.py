"""One outage, and jobs in all states: the server is killed by SIGKILL, and started again on another port."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.attempts import Attempt
from support.servers import Server, another_port
from support.tally import WORK, Tally
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job

WAITS = "echo waits; until [ -e $GATE ]; do sleep 0.05; done"


@dataclass
class Outage:
    """The jobs, as the second server knows them. `works` ended its command while no server ran."""

    folder: Path
    home: Path
    client: Client
    tally: Tally
    works: Job
    killed: Job
    lost: Job
    next: list[Job]
    before: str
    after: str


@pytest.fixture(scope="module")
def outage(the_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    server = the_server if the_server.process else the_server.start()
    folder = tmp_path_factory.mktemp("outage")
    client = server.client()
    tally = Tally(folder, "Outage")
    works = tally.submit(client, WAITS + WORK)
    env = {"GATE": str(folder / "gate"), "TALLY": str(folder / "next")}
    killed = client.jobs.submit("echo half > output/checkpoint; echo waits; sleep 600", output="Never")
    lost = client.jobs.submit("echo waits; sleep 600")
    fourth = client.jobs.submit(WAITS, env=env)
    queued = [client.jobs.submit(f"echo {n} >> $TALLY", env=env) for n in range(3)]
    running = [works, killed, lost, fourth]
    wait_for(lambda: all("waits" in job.logs() for job in running))
    assert [job.status for job in queued] == ["QUEUED"] * 3
    agent = Attempt(server.home, lost).agent()
    killed.kill()
    before = server.url
    server.kill()
    os.kill(agent, signal.SIGKILL)
    tally.open_gate()
    wait_for(lambda: tally.begun)
    server.port = another_port(server.port)
    server.start()
    client = server.client()
    jobs = [client.jobs.get(job.id).wait(timeout=180) for job in [*running, *queued]]
    yield Outage(folder, server.home, client, tally, jobs[0], jobs[1], jobs[2], jobs[3:], before, server.url)


def test_a_job_that_ran_meanwhile_has_its_output_its_edge_and_its_whole_log(outage: Outage) -> None:
    assert outage.before != outage.after
    outage.tally.check(outage.client, outage.works, printed_before="waits\n")


def test_a_kill_outlives_the_server_that_took_it(outage: Outage) -> None:
    assert (outage.killed.status, outage.killed.output) == ("KILLED", None)
    assert [path.read_text() for path in outage.killed.download(outage.folder / "left")] == ["half\n"]


def test_a_job_whose_agent_died_meanwhile_is_found_lost(outage: Outage) -> None:
    assert (outage.lost.status, outage.lost.reason) == ("FAILED", "lost")
    assert outage.lost.logs() == "waits\n"


def test_jobs_that_were_queued_have_their_turn_once(outage: Outage) -> None:
    assert [job.status for job in outage.next] == ["FINISHED"] * 4
    assert sorted((outage.folder / "next").read_text().split()) == ["0", "1", "2"]


def test_waits_for_some_seconds_end_though_the_server_stays_away(new_server: Callable[..., Server]) -> None:
    server = new_server().start()
    client = server.client()
    job = client.jobs.submit("sleep 600")
    grid = client.jobs.submit_grid("sleep {600,601}")
    profile = client.profiles.create("away", "sleep --n {600,601}", cpus=[1], memories_mb=[512])
    server.kill()
    for wait in (job.wait, grid.wait, profile.wait):
        with pytest.raises(TimeoutError, match="still"):
            wait(timeout=0.5)


def test_nothing_of_ended_jobs_stays_on_the_machine(outage: Outage) -> None:
    names = [job.id.removeprefix("job_") for job in (outage.works, outage.killed, outage.lost, *outage.next)]
    wait_for(lambda: not any((outage.home / "jobs" / name).exists() for name in names))
