"""Killing a job, in each of its states; how long it is waited for; and what is cleared away after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.engine import Agent, Engine, NewEngine
from support.launcher import GONE

from acai_jupyter.domain.errors import AgentSuperseded, InvalidRequest, JobEnded, Unavailable
from acai_jupyter.domain.jobs import Outcome, Progress, Reason, Status


def killed_while(engine: Engine, progress: Progress) -> Agent:
    """The agent of a job that runs, and is to end."""
    agent = engine.running()
    agent.beat(progress)
    engine.registry.kill(engine.owner, "1")
    return agent


def forced(engine: Engine) -> list[bool]:
    return [force for _, force in engine.launcher.killed]


def tick_until(engine: Engine, seconds: float, each: Callable[[], object] = lambda: None) -> None:
    """Ticks, a heartbeat apart, and at last one for what is left of the time."""
    beats, rest = divmod(seconds, engine.settings.heartbeat)
    for step in [engine.settings.heartbeat] * int(beats) + [rest]:
        engine.tick(step)
        each()


def test_an_agent_of_a_killed_job_is_asked_in_both_ways(engine: Engine) -> None:
    agent = killed_while(engine, Progress.RUNNING)
    assert agent.beat() is True
    engine.tick()
    assert engine.launcher.killed == [(agent.handle, False)]
    assert agent.report("killed", None, signal=15).outcome == Outcome(Status.KILLED, None, "by ada", None, 15)


@pytest.mark.parametrize(
    ("ended", "exit_code", "status"),
    [
        ("exited", 0, Status.FINISHED),
        ("exited", 143, Status.KILLED),
        ("signalled", None, Status.KILLED),
        ("killed", None, Status.KILLED),
        ("timeout", None, Status.FAILED),
    ],
)
def test_what_a_killed_job_reports_decides(engine: Engine, ended: str, exit_code: int | None, status: Status) -> None:
    agent = killed_while(engine, Progress.RUNNING)
    assert agent.report(ended, exit_code).status is status
    with pytest.raises(JobEnded):
        engine.registry.kill(engine.owner, "1")


def test_an_agent_that_was_ended_by_somebody_else_is_no_kill(engine: Engine) -> None:
    outcome = engine.running().report("killed", None, signal=15).outcome
    assert outcome is not None
    assert (outcome.status, outcome.reason, outcome.signal) == (Status.FAILED, Reason.SIGNAL, 15)


def test_a_job_killed_while_it_is_launched_does_not_begin(engine: Engine) -> None:
    engine.submit()
    engine.tick()
    engine.registry.kill(engine.owner, "1")
    agent = engine.agent()
    assert agent.claim().status is Status.KILLED
    assert engine.job().running_at is None
    with pytest.raises(AgentSuperseded):
        agent.beat()


def test_a_killed_launch_that_dies_is_not_tried_again(engine: Engine) -> None:
    engine.submit()
    engine.tick()
    engine.registry.kill(engine.owner, "1")
    engine.launcher.seen[engine.launcher.handles[0]] = GONE
    engine.tick()
    engine.tick()
    assert (engine.job().status, len(engine.launcher.specs)) == (Status.KILLED, 1)


def test_an_agent_that_does_not_end_its_job_is_ended_by_force(engine: Engine) -> None:
    agent = killed_while(engine, Progress.RUNNING)
    patience = engine.settings.kill_grace + 2 * engine.settings.heartbeat
    engine.tick()
    tick_until(engine, patience, agent.beat)
    assert not any(forced(engine))
    engine.tick(1)
    assert forced(engine)[-1] is True
    engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    assert engine.job().status is Status.KILLED


def test_a_partial_output_may_take_its_time_to_come_home(engine: Engine) -> None:
    agent = killed_while(engine, Progress.RUNNING)
    engine.tick()
    agent.beat(Progress.UPLOADING)
    tick_until(engine, 300, agent.beat)
    assert not any(forced(engine))
    upload = agent.kept({"checkpoint": b"weights"})
    job = agent.report("killed", None, kept_upload=upload)
    assert job.status is Status.KILLED
    assert job.kept_snapshot_id is not None


def test_an_upload_does_not_take_for_ever(new_engine: NewEngine) -> None:
    engine = new_engine(kill_upload_patience=60.0)
    agent = killed_while(engine, Progress.UPLOADING)
    engine.tick()
    tick_until(engine, 60, agent.beat)
    assert not any(forced(engine))
    engine.tick(1)
    assert forced(engine)[-1] is True


def test_an_upload_whose_agent_no_longer_beats_is_not_waited_for(engine: Engine) -> None:
    killed_while(engine, Progress.UPLOADING)
    engine.tick()
    tick_until(engine, 60)
    assert not any(forced(engine))
    engine.tick(1)
    assert forced(engine)[-1] is True


def test_time_in_which_no_server_looked_does_not_count(engine: Engine) -> None:
    """A laptop that slept for a night right after a kill."""
    killed_while(engine, Progress.RUNNING)
    engine.tick()
    engine.tick(12 * 3600)
    engine.tick(1)
    assert not any(forced(engine))


def test_a_server_that_just_came_is_patient_from_its_own_first_look(engine: Engine) -> None:
    """Nobody may have told the agent before it."""
    killed_while(engine, Progress.RUNNING)
    tick_until(engine, 19)
    other = engine.another()
    other.tick()
    tick_until(other, 5)
    assert not any(forced(engine))
    other.store.close()


def test_what_an_attempt_left_is_cleared_away_once_its_job_has_ended(engine: Engine) -> None:
    agent = engine.running()
    engine.tick()
    assert engine.launcher.cleaned == []
    agent.report()
    engine.tick()
    engine.tick()
    assert engine.launcher.cleaned == [agent.handle]


def test_what_earlier_attempts_left_is_cleared_away_too(engine: Engine) -> None:
    engine.submit()
    engine.tick()
    engine.launcher.seen[engine.launcher.handles[0]] = GONE
    engine.tick()
    engine.tick()
    assert engine.launcher.cleaned == engine.launcher.handles[:1]
    agent = engine.agent()
    agent.claim()
    agent.report()
    engine.tick()
    assert engine.launcher.cleaned == engine.launcher.handles
    assert len(engine.launcher.handles) == 2


def test_another_server_clears_away_after_one_that_died(engine: Engine) -> None:
    agent = engine.running()
    agent.report()
    other = engine.another()
    other.tick()
    assert engine.launcher.cleaned == [agent.handle]
    other.store.close()


def test_a_job_killed_before_its_claim_leaves_nothing(engine: Engine) -> None:
    engine.submit()
    engine.tick()
    engine.registry.kill(engine.owner, "1")
    agent = engine.agent()
    agent.claim()
    engine.tick()
    assert engine.launcher.cleaned == [agent.handle]


def test_what_cannot_be_removed_now_is_tried_again_later(engine: Engine) -> None:
    agent = engine.running()
    engine.launcher.clean_refusals = [Unavailable("busy")]
    agent.report()
    engine.tick()
    tick_until(engine, 59)
    assert engine.launcher.cleaned == []
    tick_until(engine, 2)
    assert engine.launcher.cleaned == [agent.handle]


def test_what_is_out_of_the_launchers_reach_is_given_up(engine: Engine) -> None:
    agent = engine.running()
    engine.launcher.clean_refusals = [InvalidRequest("another machine's")]
    agent.report()
    tick_until(engine, 120)
    assert engine.launcher.cleaned == []
