"""What there is for jobs: told by every interface, and kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.domain.errors import ResourcesOutOfBounds


def test_a_small_machine_runs_one_job_after_the_other(new_server: Callable[..., Server]) -> None:
    room = {"ACAI_CAPACITY_CPU": "1.5", "ACAI_CAPACITY_MEMORY_MB": "2048"}
    server = new_server(environment=room).start()
    client = server.client()
    gate = server.folder / "gate"
    first = client.jobs.submit(f"while [ ! -e '{gate}' ]; do sleep 0.05; done", cpu=1)
    second = client.jobs.submit("true", cpu=1)
    wait_for(lambda: first.status == "RUNNING" and client.capacity().waiting == 1)
    there = client.capacity()
    assert (there.cpu, there.memory_mb, there.cpu_taken, there.memory_mb_taken) == (1.5, 2048, 1.0, 1024)
    told = subprocess.run(
        [sys.executable, "-m", "acai_jupyter.cli", "capacity", "--json"],
        env={**os.environ, "ACAI_URL": server.url, "ACAI_TOKEN": server.token},
        capture_output=True,
        check=True,
    )
    assert json.loads(told.stdout)["cpu_taken"] == 1.0
    assert second.status == "LAUNCHING"
    with pytest.raises(ResourcesOutOfBounds, match=r"jobs have 1\.5 CPUs here"):
        client.jobs.submit("true", cpu=2)
    gate.touch()
    assert [first.wait(60).status, second.wait(60).status] == ["FINISHED", "FINISHED"]
    assert set(first.enforced) == set(there.enforced)
