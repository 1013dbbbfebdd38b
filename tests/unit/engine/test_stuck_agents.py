"""Agents that live and get no further: one that beats while its work stands still, and one that never asks for its job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.engine import Agent, Engine

from acai_jupyter.domain.errors import AgentSuperseded
from acai_jupyter.domain.jobs import Progress, Reason, Status

NewEngine = Callable[..., Engine]
BRINGS = [Progress.DOWNLOADING, Progress.UPLOADING]


def reason_of(engine: Engine) -> Reason | None:
    outcome = engine.job().outcome
    return outcome and outcome.reason


def beats(agent: Agent, seconds: int, progress: Progress, steps: Callable[[int], int | None]) -> None:
    """The agent beats every second, and has made so many steps by then."""
    for second in range(seconds):
        agent.beat(progress, steps(second))
        agent.engine.tick(1)


@pytest.mark.parametrize("progress", BRINGS)
def test_an_agent_that_beats_and_gets_no_further_while_it_brings_files_is_ended(
    new_engine: NewEngine, progress: Progress
) -> None:
    engine = new_engine(agent_stuck=60.0)
    agent = engine.running()
    beats(agent, 55, progress, lambda _: 7)
    assert engine.launcher.killed == []
    for _ in range(10):
        if not engine.job().ended:
            beats(agent, 1, progress, lambda _: 7)
    assert (engine.launcher.killed, engine.job().status) == ([(agent.handle, True)], Status.FAILED)
    assert reason_of(engine) is Reason.LOST
    assert "got no further while it brought files" in str(engine.job().outcome)


@pytest.mark.parametrize("progress", BRINGS)
def test_an_agent_that_gets_further_may_take_its_time(new_engine: NewEngine, progress: Progress) -> None:
    engine = new_engine(agent_stuck=60.0)
    beats(engine.running(), 200, progress, lambda second: second // 50)
    assert (engine.launcher.killed, engine.job().status) == ([], Status.RUNNING)


def test_a_command_that_runs_is_never_ended_for_it_and_what_it_wrote_has_all_the_time(new_engine: NewEngine) -> None:
    engine = new_engine(agent_stuck=60.0)
    agent = engine.running()
    beats(agent, 200, Progress.RUNNING, lambda _: 7)
    beats(agent, 55, Progress.UPLOADING, lambda _: 7)
    assert (engine.launcher.killed, engine.job().status) == ([], Status.RUNNING)


def test_an_agent_that_can_not_tell_how_far_it_is_is_left_alone(new_engine: NewEngine) -> None:
    engine = new_engine(agent_stuck=60.0)
    beats(engine.running(), 200, Progress.DOWNLOADING, lambda _: None)
    assert engine.launcher.killed == []


def test_an_agent_that_can_not_be_heard_is_not_taken_for_one_that_is_stuck(new_engine: NewEngine) -> None:
    engine = new_engine(agent_stuck=60.0)
    agent = engine.running()
    beats(agent, 20, Progress.UPLOADING, lambda _: 7)
    for _ in range(200):
        engine.tick(1)
    beats(agent, 1, Progress.UPLOADING, lambda _: 8)
    assert engine.launcher.killed == []


def test_a_salvager_that_is_stuck_is_ended_too(new_engine: NewEngine) -> None:
    engine = new_engine(agent_stuck=60.0)
    engine.launcher.salvageable = True
    agent = engine.running()
    while len(engine.launcher.specs) < 2:
        beats(agent, 1, Progress.UPLOADING, lambda _: 7)
    salvager = Agent(engine, engine.launcher.specs[-1])
    engine.launcher.salvageable = False
    for second in range(100):
        engine.monitor.heartbeat(salvager.principal, salvager.instance, None, salvages=True, steps=second)
        engine.tick(1)
    assert engine.job().status is Status.RUNNING
    while not engine.job().ended:
        engine.monitor.heartbeat(salvager.principal, salvager.instance, None, salvages=True, steps=100)
        engine.tick(1)
    assert [handle for handle, _ in engine.launcher.killed] == engine.launcher.handles


def test_a_launch_that_says_nothing_is_given_up_and_its_agent_begins_nothing_when_it_wakes_up(new_engine: NewEngine) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.submit()
    engine.tick()
    first = engine.agent()
    for _ in range(58):
        engine.tick(1)
    assert engine.job().attempt == 1
    for _ in range(8):
        engine.tick(1)
    assert (engine.job().status, engine.job().attempt) == (Status.LAUNCHING, 2)
    assert engine.launcher.cleaned == [first.handle]
    with pytest.raises(AgentSuperseded):
        first.claim()
    assert engine.agent().claim().status is Status.RUNNING
    with pytest.raises(AgentSuperseded):
        first.claim()
    told = [transition.reason for transition in engine.registry.history(engine.owner, "1")]
    assert "attempt 1 did not speak" in told


def test_a_job_none_of_whose_launches_says_anything_is_lost(new_engine: NewEngine) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.submit()
    for _ in range(4 * 64):
        engine.tick(1)
    assert (engine.job().status, engine.job().attempt, reason_of(engine)) == (Status.FAILED, 3, Reason.LOST)
    assert "none of them said a word" in str(engine.job().outcome)
    assert engine.launcher.killed == [(engine.launcher.handles[-1], True)]


def test_an_agent_that_claims_at_last_and_a_machine_that_slept_cost_no_attempt(new_engine: NewEngine) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.submit()
    engine.tick()
    for _ in range(30):
        engine.tick(1)
    engine.tick(12 * 3600)
    engine.tick(1)
    agent = engine.agent()
    agent.claim()
    beats(agent, 200, Progress.RUNNING, lambda _: 1)
    assert (engine.job().attempt, engine.launcher.killed, engine.job().status) == (1, [], Status.RUNNING)
