"""An agent dies: another brings home what it left, and the job ends as lost with its partial output."""

from __future__ import annotations

import json

import pytest
from support.engine import Agent, Engine
from support.launcher import GONE

from acai_jupyter.domain.errors import AgentSuperseded, Unavailable
from acai_jupyter.domain.jobs import Outcome, Progress, Reason, Status
from acai_jupyter.ports.launcher import Observation, Sign


def died(engine: Engine, how: str = "Killed by the machine.") -> Agent:
    """A job's agent, after the tick in which its death was seen."""
    engine.launcher.salvageable = True
    agent = engine.running(output="Model")
    agent.log(b"epoch 1\n")
    engine.launcher.seen[agent.handle] = Observation(Sign.GONE, detail=how)
    engine.tick()
    return agent


def left_report(engine: Engine, salvager: Agent, **more: object) -> None:
    """The salvager has gone and left its report."""
    report = json.dumps({"ended": "lost", "exit_code": None, "detail": salvager.spec.config["salvage"], **more})
    engine.launcher.seen[salvager.handle] = Observation(Sign.GONE, report=report)
    engine.tick()


def test_what_a_dead_agent_left_is_brought_home_before_its_job_is_lost(engine: Engine) -> None:
    agent = died(engine)
    assert (engine.job().status, engine.job().progress, engine.job().attempt) == (Status.RUNNING, Progress.UPLOADING, 1)
    salvager = engine.agent()
    assert (salvager.spec.salvage, salvager.spec.config["salvage"]) == (agent.handle, "Killed by the machine.")
    salvager.log(b"epoch 2\n")
    left_report(engine, salvager, kept_upload=salvager.kept({"checkpoint": b"half"}))
    job = engine.job()
    assert job.outcome == Outcome(Status.FAILED, Reason.LOST, "Killed by the machine.")
    assert (job.output_id, job.kept_snapshot_id is not None) == (None, True)
    assert engine.logs.read(engine.owner, "1", 0).data == b"epoch 1\nepoch 2\n"
    assert engine.registry.retry(engine.owner, "1").job.spec.start_snapshot_id == job.kept_snapshot_id


def test_a_salvager_is_not_asked_twice_and_is_cleared_away(engine: Engine) -> None:
    died(engine)
    engine.tick()
    assert len(engine.launcher.specs) == 2
    left_report(engine, engine.agent())
    assert engine.launcher.cleaned == [engine.launcher.handles[1]]


def test_a_salvager_has_no_claim_to_the_job(engine: Engine) -> None:
    died(engine)
    salvager = engine.agent()
    for call in (salvager.claim, salvager.beat, salvager.report):
        with pytest.raises(AgentSuperseded):
            call()
    assert engine.job().status is Status.RUNNING


def test_a_salvager_that_dies_too_leaves_a_lost_job(engine: Engine) -> None:
    died(engine)
    engine.launcher.seen[engine.agent().handle] = GONE
    engine.tick()
    assert engine.job().outcome == Outcome(Status.FAILED, Reason.LOST, "its agent died without a report")
    engine.tick()
    assert len(engine.launcher.specs) == 2


def test_a_killed_job_whose_agent_had_to_be_ended_by_force_keeps_what_it_wrote(engine: Engine) -> None:
    engine.launcher.salvageable = True
    agent = engine.running()
    engine.registry.kill(engine.owner, "1")
    engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    salvager = engine.agent()
    left_report(engine, salvager, kept_upload=salvager.kept({"checkpoint": b"half"}))
    assert (engine.job().status, engine.job().kept_snapshot_id is not None) == (Status.KILLED, True)


def test_where_a_salvager_cannot_be_started_now_the_job_waits_for_it(engine: Engine) -> None:
    agent = engine.running()
    engine.launcher.salvageable = True
    engine.launcher.refusals = [Unavailable("The disk is full.")]
    engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    assert engine.job().status is Status.RUNNING
    engine.tick()
    assert engine.agent().spec.salvage == agent.handle


def test_nobody_salvages_what_was_never_begun(engine: Engine) -> None:
    engine.launcher.salvageable = True
    engine.submit()
    engine.tick()
    engine.launcher.seen[engine.launcher.handles[0]] = GONE
    engine.tick()
    engine.tick()
    assert [(spec.attempt, spec.salvage) for spec in engine.launcher.specs] == [(1, None), (2, None)]
