"""Which agents are believed, and what becomes of jobs whose agents die."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from support.engine import Agent, Engine, NewEngine
from support.launcher import GONE

from acai_jupyter.domain.errors import AgentSuperseded, Forbidden, TokenExpired
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.jobs import Outcome, Progress, Reason, Status
from acai_jupyter.ports.launcher import Observation, Sign


def test_the_first_agent_that_claims_a_job_gets_it_and_it_runs(engine: Engine) -> None:
    agent = engine.launching()
    job = agent.claim()
    assert (job.status, job.progress) == (Status.RUNNING, Progress.DOWNLOADING)
    assert job.running_at is not None
    assert agent.claim().running_at == job.running_at


def test_a_second_agent_of_the_same_attempt_is_told_to_leave(engine: Engine) -> None:
    agent = engine.launching()
    second = Agent(engine, agent.spec)
    agent.claim()
    calls: list[Callable[[], object]] = [second.claim, second.beat, second.report]
    for call in calls:
        with pytest.raises(AgentSuperseded, match="leave"):
            call()
    assert engine.job().status is Status.RUNNING


def test_of_agents_that_claim_and_report_at_once_one_is_believed(new_engine: NewEngine) -> None:
    engine = new_engine()
    first = engine.launching()
    agents = [first, *(Agent(engine, first.spec) for _ in range(3))]
    start = threading.Barrier(len(agents))
    believed: list[int] = []

    def work(number: int) -> None:
        start.wait()
        try:
            agents[number].claim()
            agents[number].report(exit_code=number)
        except (AgentSuperseded, TokenExpired):
            return
        believed.append(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(len(agents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (number,) = believed
    outcome = engine.job().outcome
    assert outcome is not None
    assert outcome.exit_code == number


def test_an_agent_that_has_not_claimed_has_no_say(engine: Engine) -> None:
    agent = engine.launching()
    with pytest.raises(AgentSuperseded):
        agent.report()
    assert engine.job().status is Status.LAUNCHING


def test_who_is_no_agent_may_not_speak_as_one(engine: Engine) -> None:
    engine.running()
    with pytest.raises(Forbidden):
        engine.monitor.claim(engine.owner, new_id())


def test_an_ended_jobs_token_is_worthless(engine: Engine) -> None:
    agent = engine.running()
    agent.report()
    with pytest.raises(TokenExpired):
        engine.access.authenticate(agent.token)


def test_an_agent_of_an_earlier_attempt_has_no_say_any_more(engine: Engine) -> None:
    """It may have been authenticated just before its token ended."""
    old = engine.launching()
    engine.launcher.seen[old.handle] = GONE
    engine.tick()
    engine.tick()
    new = engine.agent()

    def refused() -> None:
        for call in (old.claim, old.beat, old.report, lambda: old.log(b"late", 0)):
            with pytest.raises(AgentSuperseded):
                call()

    refused()
    new.claim()
    refused()
    assert (engine.job().status, engine.job().attempt) == (Status.RUNNING, 2)
    assert new.report().status is Status.FINISHED


def test_a_job_is_launched_again_only_as_long_as_nobody_claimed_it(new_engine: NewEngine) -> None:
    engine = new_engine(attempts=3)
    engine.launching()
    for attempt in (1, 2, 3):
        assert engine.job().attempt == attempt
        engine.launcher.seen[engine.launcher.handles[-1]] = Observation(Sign.GONE, detail="No room on this machine.")
        engine.tick()
        engine.tick()
    job = engine.job()
    assert (job.status, len(engine.launcher.specs)) == (Status.FAILED, 3)
    assert engine.monitor.tried_again == 2  # which tells who starts jobs, as no event does
    assert job.outcome == Outcome(Status.FAILED, Reason.LOST, "No room on this machine.")


def test_an_agent_that_dies_with_the_job_is_not_replaced(engine: Engine) -> None:
    agent = engine.running()
    engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    assert engine.job().outcome == Outcome(Status.FAILED, Reason.LOST, "its agent died without a report")
    engine.tick()
    assert len(engine.launcher.specs) == 1


def test_a_death_for_memory_is_called_by_its_name(engine: Engine) -> None:
    agent = engine.running()
    engine.launcher.seen[agent.handle] = Observation(Sign.GONE, detail="over 512 MB", out_of_memory=True)
    engine.tick()
    assert engine.job().outcome == Outcome(Status.FAILED, Reason.OUT_OF_MEMORY, "over 512 MB")


def test_an_agent_that_is_slow_to_speak_is_left_alone_as_long_as_it_lives(engine: Engine) -> None:
    """A silence alone says nothing: the machine may have slept."""
    engine.running()
    for _ in range(10):
        engine.tick(3600)
    assert engine.job().status is Status.RUNNING
    assert engine.launcher.killed == []


def test_what_is_wrong_with_one_job_is_no_harm_to_the_others(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever its launcher stumbles over: it is told with where it came from, and tried again."""
    engine.launcher.refusals = [ValueError("of the first launch")]
    engine.submit()
    engine.submit()
    engine.tick()
    (spec,) = engine.launcher.specs
    first = Agent(engine, spec)
    first.claim()
    second = engine.running()
    engine.launcher.kill_refusals = [TypeError("of the first kill")]
    for agent in (first, second):
        engine.registry.kill(engine.owner, str(agent.job.number))
    engine.tick()
    assert [handle for handle, _ in engine.launcher.killed] == [second.handle]
    engine.launcher.clean_refusals = [KeyError("of the first folder")]
    for agent in (first, second):
        engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    engine.tick()
    assert len(engine.launcher.cleaned) == 1
    engine.tick(61)
    assert sorted(engine.launcher.cleaned) == sorted(agent.handle for agent in (first, second))
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == [
        "of the first launch",
        "of the first kill",
        "'of the first folder'",
    ]
