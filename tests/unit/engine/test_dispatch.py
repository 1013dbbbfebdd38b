"""Launching: what an agent is told, and what becomes of a job that can't be launched."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from support.databases import all_rows
from support.engine import URL, Engine, NewEngine
from support.launcher import GONE

from acai_jupyter.backends.sql.tables import tokens as stored_tokens
from acai_jupyter.domain.access import TokenKind, token_digest
from acai_jupyter.domain.errors import InvalidSetting, TokenExpired, Unavailable
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.jobs import Reason, Status
from acai_jupyter.engine.scheduler import MOST_AT_ONCE
from acai_jupyter.ports.launcher import LaunchSpec


def test_the_launcher_is_told_what_the_job_needs(engine: Engine) -> None:
    job = engine.submit("train", cpu=2, memory=2048, image="torch:2", python="/py").job
    engine.tick()
    (spec,) = engine.launcher.specs
    assert (spec.job_id, spec.attempt, spec.rank, spec.image, spec.python) == (job.id, 1, 0, "torch:2", "/py")
    assert spec.resources == job.spec.resources
    token = spec.config.pop("token")
    assert isinstance(token, str)
    assert spec.config == {
        "contract": 1,
        "url": URL,
        "servers": str(engine.folder / "servers"),
        "job": write(Kind.JOB, job.id),
        "attempt": 1,
        "rank": 0,
    }


def test_the_manifest_says_all_that_the_agent_does(engine: Engine) -> None:
    wanted = {"name": "n", "output": "Model", "timeout": 90, "env": {"A": "1"}, "python": "/py"}
    job = engine.running("train", **wanted).job
    manifest = engine.dispatch.manifest(job, "default")
    assert manifest == {
        "contract": 1,
        "job": write(Kind.JOB, job.id),
        "number": 1,
        "name": "n",
        "project": "default",
        "attempt": 1,
        "rank": 0,
        "command": "train",
        "requirements": None,
        "sample_s": 2.0,
        "secrets": {},
        "env": {"A": "1"},
        "python": "/py",
        "resources": {"cpu": 1.0, "memory_mb": 1024, "gpu": 0},
        "timeout_s": 90.0,
        "output_path": "/Model/",
        "heartbeat_s": 5.0,
        "kill_grace_s": 10.0,
    }
    assert engine.dispatch.manifest(engine.running(("a", "b c")).job, "default")["command"] == ["a", "b c"]


def test_an_agents_token_is_known_only_by_its_digest(engine: Engine) -> None:
    agent = engine.running()
    assert agent.principal.kind is TokenKind.AGENT
    assert agent.principal.job is not None
    assert (agent.principal.job.job_id, agent.principal.job.attempt) == (agent.job.id, 1)
    rows = all_rows(engine.store_url)
    assert any(token_digest(agent.token) in row for row in rows)
    assert agent.token not in repr(rows)


def test_a_job_is_launched_once_a_server_and_again_only_as_the_next_attempt(engine: Engine) -> None:
    engine.submit()
    for _ in range(3):
        engine.tick()
    assert [spec.attempt for spec in engine.launcher.specs] == [1]
    engine.launcher.seen[engine.launcher.handles[0]] = GONE
    engine.tick()
    engine.tick()
    assert [spec.attempt for spec in engine.launcher.specs] == [1, 2]
    assert engine.job().attempt == 2


def test_the_token_of_an_attempt_that_was_given_up_ends(engine: Engine) -> None:
    engine.submit()
    engine.tick()
    agent = engine.agent()
    engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    with pytest.raises(TokenExpired):
        engine.access.authenticate(agent.token)


def test_nothing_is_launched_before_the_server_listens(engine: Engine) -> None:
    engine.url = None
    engine.submit()
    engine.tick()
    assert (engine.launcher.specs, engine.job().status) == ([], Status.LAUNCHING)
    engine.url = URL
    engine.tick()
    assert len(engine.launcher.specs) == 1


def test_what_the_launcher_refuses_fails_and_says_why(engine: Engine) -> None:
    engine.submit()
    engine.launcher.refusals = [InvalidSetting("The folder can't be used.")]
    engine.tick()
    job = engine.job()
    assert job.status is Status.FAILED
    assert job.outcome is not None
    assert (job.outcome.reason, job.outcome.detail) == (Reason.LAUNCH, "The folder can't be used.")
    assert (job.runtime, job.cost) == (None, None)


def test_what_the_launcher_can_do_later_is_tried_again_and_holds_nobody_up(engine: Engine) -> None:
    engine.submit()
    engine.submit()
    engine.launcher.refusals = [Unavailable("No room now.")]
    engine.tick()
    assert [spec.job_id for spec in engine.launcher.specs] == [engine.job(2).id]
    assert engine.job(1).status is Status.LAUNCHING
    engine.tick()
    assert [spec.job_id for spec in engine.launcher.specs] == [engine.job(2).id, engine.job(1).id]


def test_a_launch_that_must_wait_leaves_no_tokens_behind(engine: Engine) -> None:
    engine.submit()
    for _ in range(3):
        engine.launcher.refusals = [Unavailable("All GPUs are taken.")]
        engine.tick()
        assert tokens(engine) == 1
    engine.tick()
    agent = engine.agent()
    assert agent.claim().status is Status.RUNNING
    assert tokens(engine) == 1
    engine.launcher.salvageable = True
    engine.launcher.seen[agent.handle] = GONE
    for _ in range(3):
        engine.launcher.refusals = [Unavailable("The disk is full.")]
        engine.tick()
        assert tokens(engine) == 2
    engine.tick()
    assert (engine.agent().spec.salvage, tokens(engine)) == (agent.handle, 2)


def tokens(engine: Engine) -> int:
    """How many tokens jobs have."""
    with engine.store.read() as unit:
        own = select(func.count()).select_from(stored_tokens).where(stored_tokens.c.job_id.is_not(None))
        return int(unit.session.run(own).scalar_one())  # type: ignore[attr-defined]


def test_jobs_are_launched_in_the_order_of_their_turn(new_engine: NewEngine) -> None:
    engine = new_engine(quota=20)
    jobs = [engine.submit().job.id for _ in range(20)]
    engine.tick()
    assert [spec.job_id for spec in engine.launcher.specs] == jobs


def test_a_job_that_is_killed_before_its_launch_is_never_launched(engine: Engine) -> None:
    engine.submit()
    engine.scheduler.claim()
    engine.registry.kill(engine.owner, "1")
    engine.tick()
    assert (engine.launcher.specs, engine.job().status) == ([], Status.KILLED)


def test_an_agent_that_runs_unknown_to_all_servers_is_found_again(new_engine: NewEngine) -> None:
    """The server died between the launch and its note; the agent has claimed the job, and dies silently later."""
    engine = new_engine(launch_hold=0.0)
    engine.submit()

    def claim_and_die(_spec: LaunchSpec) -> None:
        engine.launcher.on_launch = lambda spec: None
        engine.agent().claim()
        raise KeyboardInterrupt

    engine.launcher.on_launch = claim_and_die
    with pytest.raises(KeyboardInterrupt):
        engine.tick()
    assert engine.job().status is Status.RUNNING
    second = engine.another()
    second.tick()
    with engine.store.read() as unit:
        (rank,) = unit.jobs.ranks(engine.job())
    assert rank.handle == engine.launcher.handles[-1]
    engine.launcher.seen[rank.handle] = GONE
    second.tick()
    job = engine.job()
    assert (job.status, job.attempt, job.outcome and job.outcome.reason) == (Status.FAILED, 1, Reason.LOST)
    second.store.close()


def test_a_round_that_launched_as_many_as_it_may_says_so(new_engine: NewEngine) -> None:
    """No event would tell who starts jobs that more of them are ready."""
    engine = new_engine(quota=200)
    for _ in range(MOST_AT_ONCE + 2):
        engine.submit("true", cpu=0.5, memory=512)
    assert engine.dispatch.launch_waiting(engine.scheduler) == MOST_AT_ONCE
    assert engine.dispatch.launch_waiting(engine.scheduler) == 2
