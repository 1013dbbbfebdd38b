"""Ending all jobs of a user, or of the project; and what a job's history says of it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update
from support.engine import Engine
from support.launcher import GONE

from acai_jupyter.backends.sql.tables import job_ranks, jobs
from acai_jupyter.domain.errors import Forbidden
from acai_jupyter.domain.jobs import Status
from acai_jupyter.ports.store.engine import NewJob


def statuses(engine: Engine) -> list[Status]:
    return [job.status for job in reversed(engine.registry.page(engine.owner, [], None, 100))]


def test_all_own_jobs_are_ended_and_nobody_elses(engine: Engine) -> None:
    bob = engine.user("bob")
    running = engine.running()
    for _ in range(3):
        engine.submit()
    engine.submit(principal=bob)
    assert engine.kills.kill_all(engine.owner, everyone=False) == 4
    assert statuses(engine) == [Status.RUNNING, Status.KILLED, Status.KILLED, Status.KILLED, Status.QUEUED]
    assert running.beat() is True
    assert engine.kills.kill_all(engine.owner, everyone=False) == 0


def test_an_admin_ends_everyones_jobs_and_a_member_may_not(engine: Engine) -> None:
    bob = engine.user("bob")
    engine.submit()
    engine.submit(principal=bob)
    with pytest.raises(Forbidden):
        engine.kills.kill_all(bob, everyone=True)
    assert engine.kills.kill_all(engine.owner, everyone=True) == 2
    assert statuses(engine) == [Status.KILLED] * 2


def test_more_jobs_than_one_transaction_takes_are_ended(engine: Engine) -> None:
    spec = engine.submit().job.spec
    with engine.store.begin() as unit:
        unit.lock_project(engine.owner.project_id)
        for _ in range(250):
            unit.jobs.add(engine.owner.project_id, engine.owner.user_id, spec, [])
    assert engine.kills.kill_all(engine.owner, everyone=False) == 251
    assert engine.registry.unended() == 0


def test_the_agent_of_the_last_of_very_many_jobs_is_told_to_end(engine: Engine) -> None:
    count = 1_010
    spec = engine.submit().job.spec
    project_id = engine.owner.project_id
    with engine.store.begin() as unit:
        unit.lock_project(project_id)
        ids = unit.jobs.add_many(project_id, engine.owner.user_id, [NewJob(spec)] * (count - 1), [])
        ids = [engine.job().id, *ids]
        run = {"status": "RUNNING", "attempt": 1, "launching_at": 1, "running_at": 1, "placed_at": 1}
        session = unit.session  # type: ignore[attr-defined]
        session.run(update(jobs).values(**run))
        ranks = [{"job_id": one, "handle": one.hex, "claimed_at": 1, "heartbeat_at": 1} for one in ids]
        session.run(insert(job_ranks), [{"project_id": project_id, "attempt": 1, "rank": 0, **rank} for rank in ranks])
    assert engine.kills.kill_all(engine.owner, everyone=False) == count
    assert engine.monitor.check() == count
    assert {handle for handle, _ in engine.launcher.killed} == {one.hex for one in ids}


def test_a_jobs_history_says_who_killed_it(engine: Engine) -> None:
    agent = engine.running()
    engine.registry.kill(engine.owner, "1")
    agent.report("killed", None)
    told = [(entry.status, entry.reason) for entry in engine.registry.history(engine.owner, "1")]
    assert told[0] == (Status.QUEUED, None)
    assert told[-1] == (Status.KILLED, "by ada")


def test_a_jobs_history_says_why_it_was_launched_again_and_why_it_failed(engine: Engine) -> None:
    engine.submit()
    engine.tick()
    engine.launcher.seen[engine.launcher.handles[0]] = GONE
    engine.tick()
    engine.tick()
    agent = engine.agent()
    agent.claim()
    agent.report(exit_code=3)
    told = [(entry.status, entry.attempt, entry.reason) for entry in engine.registry.history(engine.owner, "1")]
    assert (Status.LAUNCHING, 2, "attempt 1 ended before its agent spoke") in told
    assert told[-1] == (Status.FAILED, 2, "exit code")
