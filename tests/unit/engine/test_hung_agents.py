"""Agents that live and say nothing."""

from __future__ import annotations

import json

import pytest
from support.engine import Agent, Engine, NewEngine

from acai_jupyter.domain.jobs import Progress, Reason, Status
from acai_jupyter.ports.launcher import Observation, Sign


def past_its_timeout(engine: Engine, progress: Progress = Progress.RUNNING) -> None:
    """A job whose timeout has passed, and whose agent lives."""
    engine.running(timeout=0.001).beat(progress)


def test_a_job_whose_agent_hangs_past_its_timeout_is_ended(engine: Engine) -> None:
    past_its_timeout(engine)
    for _ in range(80):
        engine.tick(1)
    assert engine.launcher.killed[-1][1] is True
    outcome = engine.job().outcome
    assert outcome is not None
    assert (engine.job().status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


def test_an_agent_that_beats_keeps_its_timeout_itself(engine: Engine) -> None:
    agent = engine.running(timeout=0.001)
    for _ in range(80):
        agent.beat(Progress.RUNNING)
        engine.tick(1)
    assert engine.launcher.killed == []


def test_a_silent_agent_is_left_alone_before_its_timeout_and_while_it_uploads(engine: Engine) -> None:
    engine.running(timeout=3600)
    engine.running()
    past_its_timeout(engine, Progress.UPLOADING)
    for _ in range(80):
        engine.tick(1)
    assert engine.launcher.killed == []


def test_an_agent_that_hangs_before_it_has_told_anything_is_ended_with_its_jobs_timeout(engine: Engine) -> None:
    past_its_timeout(engine, Progress.DOWNLOADING)
    for _ in range(80):
        engine.tick(1)
    outcome = engine.job().outcome
    assert outcome is not None
    assert (engine.job().status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


@pytest.mark.parametrize("progress", [Progress.DOWNLOADING, Progress.UPLOADING])
def test_an_agent_that_is_silent_for_long_while_it_brings_files_is_ended(new_engine: NewEngine, progress: Progress) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.running().beat(progress)
    for _ in range(55):
        engine.tick(1)
    assert engine.launcher.killed == []
    for _ in range(10):
        engine.tick(1)
    outcome = engine.job().outcome
    assert outcome is not None
    assert (engine.launcher.killed[-1][1], engine.job().status, outcome.reason) == (True, Status.FAILED, Reason.LOST)
    assert "did not answer any more" in str(outcome.detail)


def test_an_agent_that_cannot_be_heard_costs_a_running_command_nothing(new_engine: NewEngine) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.running().beat(Progress.RUNNING)
    for _ in range(200):
        engine.tick(1)
    assert (engine.launcher.killed, engine.job().status) == ([], Status.RUNNING)


def test_a_salvager_is_left_alone_while_it_beats_and_ended_when_it_is_silent_too(new_engine: NewEngine) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.launcher.salvageable = True
    engine.running().beat(Progress.UPLOADING)
    for _ in range(62):
        engine.tick(1)
    salvager = Agent(engine, engine.launcher.specs[-1])
    assert salvager.spec.salvage is not None
    for _ in range(100):
        engine.monitor.heartbeat(salvager.principal, salvager.instance, None, salvages=True)
        engine.tick(1)
    assert (len(engine.launcher.killed), engine.job().status) == (1, Status.RUNNING)
    engine.launcher.salvageable = False
    for _ in range(62):
        engine.tick(1)
    assert (len(engine.launcher.killed), engine.job().status) == (2, Status.FAILED)


def test_a_machine_that_slept_past_a_timeout_gives_the_agent_time_to_speak(engine: Engine) -> None:
    past_its_timeout(engine)
    engine.tick()
    engine.tick(12 * 3600)
    engine.tick(1)
    assert engine.launcher.killed == []


def test_what_a_hung_agents_job_had_written_is_brought_home(engine: Engine) -> None:
    engine.launcher.salvageable = True
    past_its_timeout(engine)
    for _ in range(80):
        engine.tick(1)
    salvager = engine.launcher.specs[-1]
    assert salvager.salvage is not None
    report = json.dumps({"ended": "lost", "detail": str(salvager.config["salvage"])})
    engine.launcher.seen[engine.launcher.handles[-1]] = Observation(Sign.GONE, report=report)
    engine.tick(1)
    outcome = engine.job().outcome
    assert outcome is not None
    assert outcome.reason is Reason.TIMEOUT
