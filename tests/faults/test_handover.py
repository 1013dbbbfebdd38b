"""A Jupyter Server that stops hands its jobs over: they go on without it, and each runs once."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from support.attempts import end_agents, is_alive
from support.receiver import receiving
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job
from tests.faults.conftest import QUICK

NewServer = Callable[..., Server]


@pytest.fixture
def jupyter(new_server: NewServer) -> Iterator[Server]:
    """A Jupyter Server that hands over; what it has handed over to ends with the test."""
    made = new_server(module="jupyter_server", environment=QUICK | {"ACAI_HAND_OVER": "1", "ACAI_QUOTA": "1"}).start()
    yield made
    made.environment["ACAI_HAND_OVER"] = "0"
    for pid in drains(made.home):
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda pid=pid: not is_alive(pid))
    made.stop()
    end_agents(made.home)


def drains(home: Path) -> list[int]:
    """The processes that drain this platform's queue, as they have published themselves."""
    told = [json.loads(entry.read_text()) for entry in (home / "servers").glob("*.json")]
    return [entry["pid"] for entry in told if entry["drains"] and is_alive(entry["pid"])]


def watches(home: Path) -> list[int]:
    """The processes that wait for the death of this platform's servers."""
    log = os.fsencode(home / "drain.log")
    return [pid for pid, words in commands() if len(words) > 4 and words[3].endswith(b"/death_watch.py") and words[4] == log]


def commands() -> Iterator[tuple[int, list[bytes]]]:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            yield int(entry.parent.name), entry.read_bytes().split(b"\0")


def submit(client: Client, folder: Path, count: int) -> list[Job]:
    """Jobs that note each run of theirs, and wait for `gate`."""
    command = f"echo $ACAI_JOB_NUMBER >> '{folder}/runs'; while [ ! -e '{folder}/gate' ]; do sleep 0.05; done; echo m > output/m"
    return [client.jobs.submit(command, output=f"Of{number}") for number in range(count)]


def runs(folder: Path) -> list[str]:
    path = folder / "runs"
    return path.read_text().split() if path.exists() else []


def test_jobs_of_a_jupyter_server_that_stops_go_on_without_any(jupyter: Server, tmp_path: Path) -> None:
    jobs = submit(jupyter.client(), tmp_path, 4)
    wait_for(lambda: runs(tmp_path) == ["1"])
    jupyter.stop()
    (drain,) = wait_for(lambda: drains(jupyter.home))
    (tmp_path / "gate").touch()
    wait_for(lambda: not is_alive(drain))
    assert runs(tmp_path) == ["1", "2", "3", "4"]
    assert list((jupyter.home / "servers").glob("*.json")) == []
    again = jupyter.start().client()
    ended = [again.jobs.get(job.id) for job in jobs]
    assert [(job.status, str(job.output)) for job in ended] == [("FINISHED", f"Of{number}:1") for number in range(4)]


def test_jobs_of_a_jupyter_server_that_is_killed_go_on_without_any(jupyter: Server, tmp_path: Path) -> None:
    submit(jupyter.client(), tmp_path, 4)
    wait_for(lambda: runs(tmp_path) == ["1"])
    wait_for(lambda: watches(jupyter.home))
    jupyter.kill()
    (drain,) = wait_for(lambda: drains(jupyter.home))
    (tmp_path / "gate").touch()
    wait_for(lambda: not is_alive(drain))
    assert runs(tmp_path) == ["1", "2", "3", "4"]


def test_what_waits_for_a_servers_death_leaves_with_it(jupyter: Server, tmp_path: Path) -> None:
    (job,) = submit(jupyter.client(), tmp_path, 1)
    (watch,) = wait_for(lambda: watches(jupyter.home))
    (tmp_path / "gate").touch()
    assert job.wait(timeout=180).status == "FINISHED"
    jupyter.stop()
    assert not is_alive(watch)
    assert not (jupyter.home / "drain.log").exists()


def test_a_server_whose_watch_was_ended_stops_as_ever(jupyter: Server, tmp_path: Path) -> None:
    submit(jupyter.client(), tmp_path, 1)
    (watch,) = wait_for(lambda: watches(jupyter.home))
    os.kill(watch, signal.SIGKILL)
    jupyter.stop()
    wait_for(lambda: drains(jupyter.home))


def test_a_server_that_comes_meanwhile_takes_over_and_no_job_runs_twice(jupyter: Server, tmp_path: Path) -> None:
    submit(jupyter.client(), tmp_path, 4)
    wait_for(lambda: runs(tmp_path) == ["1"])
    jupyter.stop()
    (drain,) = wait_for(lambda: drains(jupyter.home))
    client = jupyter.start().client()
    wait_for(lambda: not is_alive(drain))
    (tmp_path / "gate").touch()
    assert [client.jobs.get(number).wait(timeout=180).status for number in range(1, 5)] == ["FINISHED"] * 4
    assert runs(tmp_path) == ["1", "2", "3", "4"]
    jupyter.stop()
    assert drains(jupyter.home) == []  # nothing was left to hand over


def test_a_drain_that_is_killed_loses_nothing(jupyter: Server, tmp_path: Path) -> None:
    submit(jupyter.client(), tmp_path, 3)
    wait_for(lambda: runs(tmp_path) == ["1"])
    jupyter.stop()
    (drain,) = wait_for(lambda: drains(jupyter.home))
    os.kill(drain, signal.SIGKILL)
    (tmp_path / "gate").touch()
    client = jupyter.start().client()
    assert [client.jobs.get(number).wait(timeout=180).status for number in range(1, 4)] == ["FINISHED"] * 3
    assert runs(tmp_path) == ["1", "2", "3"]


def test_a_jupyter_server_without_jobs_leaves_nothing_behind(jupyter: Server) -> None:
    assert jupyter.client().jobs.submit("true").wait(timeout=180).status == "FINISHED"
    jupyter.stop()
    assert not (jupyter.home / "drain.log").exists()


def test_an_end_that_a_webhook_did_not_take_is_told_after_the_server_has_stopped(jupyter: Server) -> None:
    jupyter.environment["ACAI_WEBHOOK_PRIVATE_ADDRESSES"] = "1"
    jupyter.stop()
    client = jupyter.start().client()
    with receiving() as receiver:
        receiver.statuses = [503]
        client.projects.set_webhook(receiver.url, None)
        assert client.jobs.submit("true").wait(timeout=180).status == "FINISHED"
        wait_for(lambda: receiver.received)
        jupyter.stop()
        (drain,) = wait_for(lambda: drains(jupyter.home))
        with closing(sqlite3.connect(jupyter.home / "acai.db", timeout=60, isolation_level=None)) as database:
            database.execute("UPDATE webhook_deliveries SET due_at = 0")  # as if the pause before the next attempt were over
        wait_for(lambda: not is_alive(drain))
        assert [message.json["data"]["number"] for message in receiver.received] == [1, 1]


def test_the_settings_of_the_server_go_on_with_its_jobs(new_server: NewServer, tmp_path: Path) -> None:
    """Those of traits as well: only the drain can say that it has them."""
    options = ("--AcaiServer.quota=2", "--AcaiServer.tick_seconds=0.2", "--AcaiServer.heartbeat_seconds=0.5")
    server = new_server(module="jupyter_server", options=options, environment={"ACAI_HAND_OVER": "1"}).start()
    submit(server.client(), tmp_path, 3)
    wait_for(lambda: len(runs(tmp_path)) == 2)
    server.stop()
    (drain,) = wait_for(lambda: drains(server.home))
    environment = Path(f"/proc/{drain}/environ").read_text()
    assert "ACAI_QUOTA=2\0" in environment
    assert "ACAI_TOKEN" not in environment
    (tmp_path / "gate").touch()
    wait_for(lambda: not is_alive(drain))
    assert sorted(runs(tmp_path)) == ["1", "2", "3"]
