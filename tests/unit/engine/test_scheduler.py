"""Whose turn it is: FIFO within a (project, user), at most k active, and one launch a job however many servers look."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engine import Agent, Engine

from acai_jupyter.domain.errors import AgentSuperseded
from acai_jupyter.domain.jobs import Job, Status

NewEngine = Callable[..., Engine]


def statuses(engine: Engine) -> dict[int, Status]:
    jobs = engine.registry.page(engine.owner, [], None, 100)
    return {job.number: job.status for job in jobs}


def active(engine: Engine) -> list[int]:
    with engine.store.read() as unit:
        return sorted(job.number for job in unit.jobs.active())


@pytest.mark.parametrize("quota", [1, 2, 4])
def test_at_most_k_jobs_of_a_user_are_active_and_the_first_come_first(new_engine: NewEngine, quota: int) -> None:
    engine = new_engine(quota=quota)
    for _ in range(quota + 2):
        engine.submit()
    assert [job.number for job in engine.scheduler.claim()] == list(range(1, quota + 1))
    assert engine.scheduler.claim() == []
    assert active(engine) == list(range(1, quota + 1))


def test_the_next_job_starts_when_one_ends_and_not_before(new_engine: NewEngine) -> None:
    engine = new_engine(quota=1)
    agent = engine.running()
    engine.submit()
    engine.tick()
    assert statuses(engine) == {1: Status.RUNNING, 2: Status.QUEUED}
    agent.report()
    engine.tick()
    assert statuses(engine) == {1: Status.FINISHED, 2: Status.LAUNCHING}


def test_a_claimed_job_is_launching_with_its_first_attempt(engine: Engine) -> None:
    engine.submit()
    (job,) = engine.scheduler.claim()
    assert (job.status, job.attempt) == (Status.LAUNCHING, 1)
    assert job.launching_at is not None
    assert [entry.status for entry in engine.registry.get(engine.owner, "1").history] == [Status.QUEUED, Status.LAUNCHING]


def test_a_killed_job_gives_its_place_to_the_next(new_engine: NewEngine) -> None:
    engine = new_engine(quota=1)
    for _ in range(3):
        engine.submit()
    engine.registry.kill(engine.owner, "1")
    assert [job.number for job in engine.scheduler.claim()] == [2]


def test_higher_priority_goes_first_in_ones_own_queue_only(new_engine: NewEngine) -> None:
    engine = new_engine(quota=1)
    bob = engine.user("bob")
    engine.submit()
    engine.submit(priority=5)
    engine.submit(principal=bob, priority=-5)
    assert sorted(job.number for job in engine.scheduler.claim()) == [2, 3]


def test_a_user_with_many_jobs_holds_nobody_up(new_engine: NewEngine) -> None:
    engine = new_engine(quota=2)
    bob = engine.user("bob")
    for _ in range(60):
        engine.submit()
    engine.submit(principal=bob)
    claimed = [(job.creator, job.number) for job in engine.scheduler.claim()]
    assert sorted(claimed) == [("ada", 1), ("ada", 2), ("bob", 61)]


def test_a_project_has_queues_of_its_own(new_engine: NewEngine) -> None:
    engine = new_engine(quota=1)
    _, token = engine.access.create_project(engine.owner, "elsewhere", "ada")
    other = engine.access.authenticate(token)
    engine.submit()
    engine.submit(principal=other)
    engine.submit(principal=other)
    claimed = engine.scheduler.claim()
    assert {(job.project_id, job.number) for job in claimed} == {(engine.owner.project_id, 1), (other.project_id, 1)}


def test_two_servers_on_one_database_claim_every_job_once(new_engine: NewEngine) -> None:
    engine = new_engine(quota=30)
    for _ in range(30):
        engine.submit()
    servers = [engine.another(), engine.another()]
    claimed: list[Job] = []
    start = threading.Barrier(2)

    def claim(server: Engine) -> None:
        start.wait()
        while jobs := server.scheduler.claim():
            claimed.extend(jobs)

    threads = [threading.Thread(target=claim, args=[server]) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job.number for job in claimed) == list(range(1, 31))
    for server in servers:
        server.store.close()


def test_two_servers_never_launch_one_job_twice(new_engine: NewEngine) -> None:
    engine = new_engine(quota=20)
    for _ in range(20):
        engine.submit()
    servers = [engine.another(), engine.another()]
    start = threading.Barrier(2)

    def tick(server: Engine) -> None:
        start.wait()
        for _ in range(5):
            server.tick()

    threads = [threading.Thread(target=tick, args=[server]) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(spec.job_id for spec in engine.launcher.specs).most_common(1)[0][1] == 1
    assert len(engine.launcher.specs) == 20
    for server in servers:
        server.store.close()


def test_a_server_that_died_over_a_launch_is_replaced_and_the_claim_decides(new_engine: NewEngine) -> None:
    """The launch of the dead server may have worked: then there are two agents, and one leaves."""
    engine = new_engine(launch_hold=0.0)
    engine.submit()

    def die(_spec: object) -> None:
        engine.launcher.on_launch = lambda spec: None
        raise KeyboardInterrupt  # as a SIGKILL between the launch and the note of its handle

    engine.launcher.on_launch = die
    with pytest.raises(KeyboardInterrupt):
        engine.tick()
    second = engine.another()
    second.tick()
    first_agent, second_agent = (Agent(engine, spec) for spec in engine.launcher.specs)
    first_agent.claim()
    with pytest.raises(AgentSuperseded):
        second_agent.claim()
    assert engine.job().status is Status.RUNNING
    second.store.close()


def test_another_server_waits_for_the_one_that_launches(engine: Engine) -> None:
    engine.submit()
    (job,) = engine.scheduler.claim()
    with engine.store.begin() as unit:
        assert unit.jobs.hold_launch(job, engine.server, 30)
    other = engine.another()
    assert other.dispatch.launch_waiting() == 0
    assert engine.dispatch.launch_waiting() == 1
    other.store.close()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["submit", "claim", "end", "kill"]), max_size=25), st.integers(1, 3))
def test_whatever_happens_the_order_and_the_quota_hold(new_engine: NewEngine, steps: list[str], quota: int) -> None:
    engine = new_engine(quota=quota)
    _, token = engine.access.create_user(engine.owner, f"u{len(engine.access.users(engine.owner))}", engine.owner.role)
    user = engine.access.authenticate(token)
    queued: list[int] = []
    running: list[Job] = []
    for step in steps:
        if step == "submit":
            queued.append(engine.submit(principal=user).job.number)
        elif step == "claim":
            claimed = [job for job in engine.scheduler.claim() if job.user_id == user.user_id]
            room = quota - len(running)
            assert [job.number for job in claimed] == queued[:room]
            del queued[:room]
            running += claimed
        elif step == "end" and running:
            job = running.pop(0)
            with engine.store.begin() as unit:
                unit.jobs.move(job, Status.FAILED)
        elif step == "kill" and queued:
            engine.registry.kill(user, str(queued.pop()))
    assert len(running) <= quota
