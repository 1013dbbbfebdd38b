"""When a running job ends is predicted, revised by its steps, and a coming miss of its bound is told early."""

from __future__ import annotations

import pytest
from support.engine import Agent, Engine
from support.steps import have_told

from acai_jupyter.domain.arrivals import Bound
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.jobs import Reason
from acai_jupyter.domain.submissions import Chosen, Submission
from acai_jupyter.provision.arrivals import Arrivals

HOUR = 3600 * SECOND


def running(engine: Engine, max_time: int | None = HOUR, max_cost: int | None = None, enforce: bool = False) -> Agent:
    """A job that runs under a bound, with 20 minutes predicted."""
    bound = Bound(max_time, max_cost, enforce, HOUR // 3, HOUR // 4, HOUR // 2)
    timeout = None if max_time is None or not enforce else max_time / SECOND
    engine.registry.submit(engine.owner, Submission("train", timeout=timeout), None, Chosen("asked", "a note", bound))
    engine.tick()
    agent = engine.agent()
    agent.claim()
    return agent


def step(engine: Engine, agent: Agent, total: float) -> None:
    """The job has made eight steps of `total`, ten seconds each."""
    have_told(engine.store, agent.job, [10.0 * number for number in range(1, 9)], total)


def told(engine: Engine, kind: EventKind) -> int:
    with engine.store.read() as unit:
        return [event.kind for event in unit.events.after(engine.owner.project_id, 0, 1000)].count(kind)


def test_a_job_under_a_bound_is_expected_when_its_profile_said(engine: Engine) -> None:
    agent = running(engine)
    Arrivals(engine.store).advance()
    job = agent.job
    assert job.arrival is not None
    assert job.running_at is not None
    assert job.arrival.end - job.running_at == HOUR // 3
    assert job.arrival.high - job.running_at == HOUR // 2
    assert job.late_at is None


def test_steps_revise_when_a_job_ends(engine: Engine) -> None:
    agent = running(engine)
    step(engine, agent, total=9)
    Arrivals(engine.store).advance()
    job = agent.job
    assert job.arrival is not None
    assert job.running_at is not None
    assert job.arrival.end - job.running_at < HOUR // 6  # eight of nine steps took 80 seconds


@pytest.mark.parametrize("total", [1e12, 1e18, 1e300])
def test_nonsense_of_steps_is_no_arrival(engine: Engine, total: float) -> None:
    """It would lie beyond the calendar, where no door can write it."""
    agent = running(engine)
    step(engine, agent, total=total)
    Arrivals(engine.store).advance()
    assert agent.job.arrival is not None
    assert agent.job.running_at is not None
    assert agent.job.arrival.end - agent.job.running_at == HOUR // 3  # as it was predicted


def test_a_coming_miss_is_told_once_and_long_before_it_happens(engine: Engine) -> None:
    agent = running(engine, enforce=True)
    step(engine, agent, total=1000)
    arrivals = Arrivals(engine.store)
    arrivals.advance()
    arrivals.advance()
    job = agent.job
    assert job.late_at is not None
    assert job.arrival is not None
    assert job.arrival.low > job.late_at
    [note] = [note for note in engine.registry.get(engine.owner, "1").job.notes if "bound" in note]
    assert "expected to take" in note
    assert "more than its bound of 3600 s (max_time): it will be ended there" in note
    assert told(engine, EventKind.JOB_LATE) == 1


def test_a_bound_that_is_over_is_told_also_where_a_job_reports_no_steps(engine: Engine) -> None:
    agent = running(engine, max_time=None, max_cost=0)
    Arrivals(engine.store).advance()
    assert agent.job.late_at is not None
    assert told(engine, EventKind.JOB_LATE) == 1


def test_a_bar_of_many_does_not_say_when_the_whole_ends(engine: Engine) -> None:
    agent = running(engine)
    for number in (*range(1, 10), *range(1, 8)):
        agent.log(b"%d/9 [00:01<00:09]\r" % number)
    Arrivals(engine.store).advance()
    job = agent.job
    assert job.arrival is not None
    assert job.running_at is not None
    assert job.arrival.end - job.running_at == HOUR // 3


def test_steps_that_began_anew_do_not_say_when_the_whole_ends(engine: Engine) -> None:
    agent, alone = running(engine), engine.running()
    for one in (agent, alone):
        have_told(engine.store, one.job, [10.0 * number for number in range(1, 6)], total=10, restarts=1)  # the second fold
    Arrivals(engine.store).advance()
    job = agent.job
    assert job.arrival is not None
    assert job.running_at is not None
    assert job.arrival.end - job.running_at == HOUR // 3
    assert alone.job.arrival is None


def test_a_job_without_a_bound_is_expected_by_its_steps_alone(engine: Engine) -> None:
    agent = engine.running()
    Arrivals(engine.store).advance()
    assert agent.job.arrival is None
    step(engine, agent, total=9)
    Arrivals(engine.store).advance()
    assert agent.job.arrival is not None


@pytest.mark.parametrize(("enforce", "said"), [(True, "ended at its bound of 3600 s"), (False, None)])
def test_a_job_that_is_ended_at_its_bound_says_so(engine: Engine, enforce: bool, said: str | None) -> None:
    ended = running(engine, enforce=enforce).report("timeout", exit_code=None)
    assert ended.outcome is not None
    assert ended.outcome.reason is Reason.TIMEOUT
    assert (ended.outcome.detail is None) if said is None else said in str(ended.outcome.detail)
