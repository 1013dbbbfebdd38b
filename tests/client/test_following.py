"""Waiting where there are no streams, or no answers: by short requests, and never longer than was asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.faulty_proxy import Fault, FaultyProxy
from support.servers import Server

import acai_jupyter as acai
from acai_jupyter.client.client import Client

ALWAYS = 10**9
STREAMS = r"GET .*/(events|log/stream)$"


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultyProxy]:
    with FaultyProxy(server.url).running() as made:
        yield made


@pytest.fixture
def client(server: Server, proxy: FaultyProxy) -> Iterator[Client]:
    with acai.connect(proxy.url, server.token) as made:
        yield made


@pytest.mark.parametrize("status", [400, 404, 426, 502])
def test_a_wait_goes_on_to_the_end_where_a_proxy_lets_no_streams_through(
    client: Client, proxy: FaultyProxy, tmp_path: Path, status: int
) -> None:
    proxy.faults = [Fault(STREAMS, ALWAYS, status=status)]
    gate = tmp_path / "gate"
    job = client.jobs.submit(f"echo first; until [ -e {gate} ]; do sleep 0.05; done; echo last")
    lines = job.logs(follow=True)
    assert next(lines) == "first"
    changes = job.changes()
    next(changes)
    gate.touch()
    assert [*changes][-1].status == "FINISHED"
    assert list(lines) == ["last"]
    # It looks now and then: pauses double from a tenth of a second on.
    assert proxy.count(rf"GET .*/jobs/{job.id}$") < 40


def test_a_grid_and_a_profile_are_waited_for_without_streams(client: Client, proxy: FaultyProxy) -> None:
    proxy.faults = [Fault(STREAMS, ALWAYS, status=400)]
    assert client.jobs.submit_grid("true {1,2}").wait().status == "FINISHED"
    assert client.profiles.create("no-streams", "true --n {1,2}", cpus=[1], memories_mb=[512]).wait().status != "PROFILING"


def test_a_wait_for_some_seconds_ends_where_nothing_answers(client: Client, proxy: FaultyProxy) -> None:
    job = client.jobs.submit("sleep 600")
    grid = client.jobs.submit_grid("sleep {600,601}")
    answers = threading.Event()
    proxy.faults = [Fault("GET .*", ALWAYS, until=answers)]
    for wait in (job.wait, grid.wait):
        with pytest.raises(TimeoutError, match="still"):
            wait(timeout=0.3)
    answers.set()
    proxy.faults = []
    job.kill()
    grid.kill()
