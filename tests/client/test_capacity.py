"""What there is for jobs: told by every interface, and kept."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.commands import Acai, Cli
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import BudgetExceeded, ResourcesOutOfBounds


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
    assert json.loads(Cli(server, server.folder).ok("capacity", "--json"))["cpu_taken"] == 1.0
    assert second.status == "LAUNCHING"
    with pytest.raises(ResourcesOutOfBounds, match=r"jobs have 1\.5 CPUs here"):
        client.jobs.submit("true", cpu=2)
    gate.touch()
    assert [first.wait(60).status, second.wait(60).status] == ["FINISHED", "FINISHED"]
    assert set(first.enforced) == set(there.enforced)


def test_what_a_job_used_is_a_table_and_curves(client: Client) -> None:
    busy = "x = bytearray(b'1') * (50 * 2**20)\nwhile sum(__import__('os').times()[:2]) < 0.5: pass"
    job = client.jobs.submit(["python", "-c", busy], cpu=1, timeout=60).wait(60)
    table = job.usage()
    assert list(table.columns)[:4] == ["attempt", "elapsed", "cpu", "cpu_time"]
    last = table.iloc[-1]
    assert last.cpu_time >= 0.5
    assert 0 < last.cpu <= 1.5
    assert job.details["peak_memory"] >= 50
    assert set(job.usage_curves()) == {"CPUs", "memory (MB)"}
    assert client.count("jobs", "peak_memory >= 50 and cpu_time >= 0.5") == 1


def test_a_budget_is_set_kept_to_and_taken_away_again(client: Client, acai: Acai) -> None:
    assert client.projects.set_budget(0.01).dollars == 0.01
    try:
        with pytest.raises(BudgetExceeded, match=r"budget of \$0\.01"):
            client.jobs.submit("true", timeout="5h")
        code, said, _ = acai("project", "budget", "--json")
        assert (code, json.loads(said)["dollars"]) == (0, 0.01)
        code, _, said = acai("job", "submit", "true")
        assert (code, "timeout_required" in said) == (1, True)
    finally:
        assert "or --remove it" in acai("project", "budget", "5", "--remove")[2]
        assert acai("project", "budget", "--remove")[0] == 0
    assert client.projects.budget().dollars is None


def test_all_own_jobs_are_killed_and_their_history_says_by_whom(client: Client, acai: Acai) -> None:
    jobs = [client.jobs.submit("sleep 60", priority=number) for number in range(3)]
    wait_for(lambda: all(job.progress == "running" for job in jobs))
    assert acai("job", "kill")[0] == 1
    code, said, why = acai("job", "kill", "--all", "--json")
    assert code == 0, why
    assert json.loads(said) == {"killed": 3}
    assert [job.wait(60).status for job in jobs] == ["KILLED"] * 3
    table = jobs[0].history()
    assert list(table.columns) == ["time", "status", "progress", "attempt", "reason"]
    assert table.iloc[-1].reason == f"by {client.whoami().name}"
    assert acai("job", "history", str(jobs[0].number))[1].count("RUNNING") >= 1
