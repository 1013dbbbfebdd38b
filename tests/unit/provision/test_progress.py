"""Trials that report their steps: start-up and time per step are told apart, and a trial stops when its pace is known."""

from __future__ import annotations

import re

import pytest
from support.engine import Agent
from support.steps import have_told
from unit.provision.conftest import Lab

from acai_jupyter.domain.jobs import Job, Status
from acai_jupyter.domain.profiles import STOPPED_EARLY, ProfileStatus
from acai_jupyter.domain.quotes import Limits
from acai_jupyter.domain.resources import Resources
from acai_jupyter.provision.paces import StepRule, step_rule
from acai_jupyter.wire.provision import profile_trial

START_UP = 20.0
TEMPLATE = "train --epoch {4,8}"
MB = 2**20


def epochs(job: Job) -> int:
    found = re.search(r"--epoch (\d+)", str(job.spec.command))
    assert found
    return int(found[1])


def moments(job: Job, upto: int) -> list[float]:
    """An epoch takes 10 CPU-seconds, after the start-up."""
    return [START_UP + 10.0 * step / job.spec.resources.cpu for step in range(1, upto + 1)]


def begin(lab: Lab, template: str = TEMPLATE) -> list[Agent]:
    """All trials run."""
    lab.start(template, cpus=(1.0, 2.0), memories_mb=(512,))
    while lab.engine.scheduler.claim():
        lab.engine.dispatch.launch_waiting()
    agents = [Agent(lab.engine, spec) for spec in lab.engine.launcher.specs]
    for agent in agents:
        agent.claim()
    return agents


def stopped(agents: list[Agent]) -> list[bool]:
    return [agent.job.kill_requested_by == STOPPED_EARLY for agent in agents]


def test_trials_stop_when_their_pace_is_known_and_teach_as_if_they_had_run_to_their_end(lab: Lab) -> None:
    agents = begin(lab)
    for agent in agents:
        have_told(lab.engine.store, agent.job, moments(agent.job, 4), float(epochs(agent.job)))
    lab.profiler.advance()
    assert not any(stopped(agents))  # none has shown that its steps go to its end
    long = [agent for agent in agents if epochs(agent.job) == 8]
    for agent in agents:
        if agent not in long:
            agent.report(command_time=moments(agent.job, 4)[-1])
    lab.profiler.advance()
    assert stopped(long) == [True, True]
    for agent in long:
        agent.report(ended="killed", exit_code=None, command_time=moments(agent.job, 4)[-1])
    lab.profiler.advance()
    done = lab.profile()
    assert done.profile.status is ProfileStatus.FITTED
    assert {trial.job.status for trial in done.trials} == {Status.FINISHED, Status.KILLED}
    assert sorted({str(profile_trial(trial)["reason"]) for trial in done.trials}) == ["None", "stopped early"]
    for cpu in (1.0, 2.0):
        far = lab.quotes.predict(lab.engine.owner, "fit", [90], Resources(cpu, 512))
        assert far.seconds == pytest.approx(START_UP + 900 / cpu, rel=0.05)
    assert "20.0 s start-up" in str(done.profile.law)
    quote = lab.quotes.quote(lab.engine.owner, "fit", [90], Limits())
    assert (quote.steps, quote.runs) == (90, 4)


def test_a_trial_whose_number_of_steps_nobody_knows_runs_on_until_another_has_shown_it(lab: Lab) -> None:
    agents = begin(lab)
    long = [agent for agent in agents if epochs(agent.job) == 8]
    for agent in agents:
        have_told(lab.engine.store, agent.job, moments(agent.job, 4))
    lab.profiler.advance()
    assert not any(stopped(agents))
    for agent in agents:
        if agent not in long:
            agent.report(command_time=moments(agent.job, 4)[-1])
    lab.profiler.advance()
    assert stopped(long) == [True, True]


def test_no_trial_is_stopped_while_two_arguments_explain_the_steps_of_the_others(lab: Lab) -> None:
    agents = begin(lab, "train --layers {4,8} --epoch {4,8}")
    sizes = {
        tuple(re.findall(r"\d+", str(agent.job.spec.command))): agent for agent in agents if agent.job.spec.resources.cpu == 1
    }
    for agent in agents:
        have_told(lab.engine.store, agent.job, moments(agent.job, 4))
    sizes["4", "4"].report(command_time=moments(sizes["4", "4"].job, 4)[-1])
    lab.profiler.advance()
    assert not any(stopped(agents))
    sizes["8", "4"].report(command_time=moments(sizes["8", "4"].job, 4)[-1])
    lab.profiler.advance()
    assert stopped([sizes["4", "8"], sizes["8", "8"]]) == [True, True]


@pytest.mark.parametrize("tagged", [True, False], ids=["tags", "bars"])
def test_totals_are_believed_once_a_trial_has_shown_that_they_are_reached(lab: Lab, tagged: bool) -> None:
    agents = begin(lab)
    long = [agent for agent in agents if epochs(agent.job) == 8]
    for agent in agents:
        have_told(lab.engine.store, agent.job, moments(agent.job, 4), float(epochs(agent.job)), tagged)
    lab.profiler.advance()
    assert not any(stopped(agents))
    agents[0].report(command_time=moments(agents[0].job, 4)[-1])
    lab.profiler.advance()
    assert stopped(long) == [True, True]


def test_totals_that_a_trial_did_not_reach_are_not_believed(lab: Lab) -> None:
    agents = begin(lab)
    for agent in agents:
        have_told(lab.engine.store, agent.job, moments(agent.job, 5), 100.0)
    agents[0].report(command_time=moments(agents[0].job, 5)[-1])  # it had learnt enough, and ended
    lab.profiler.advance()
    assert not any(stopped(agents))


@pytest.mark.parametrize("tagged", [True, False], ids=["tags", "bars"])
def test_steps_of_a_jobs_beginning_alone_tell_nothing_of_its_whole(lab: Lab, tagged: bool) -> None:
    agents = begin(lab)
    for agent in agents:
        have_told(lab.engine.store, agent.job, moments(agent.job, 4), float(epochs(agent.job)), tagged, ago=60)
    short = next(agent for agent in agents if epochs(agent.job) == 4)
    short.report(command_time=moments(short.job, 4)[-1] + 60)
    lab.profiler.advance()
    assert not any(stopped(agents))


def test_steps_that_began_anew_in_a_trial_tell_nothing_of_the_others(lab: Lab) -> None:
    agents = begin(lab)
    short = next(agent for agent in agents if epochs(agent.job) == 4)
    for agent in agents:
        restarts = 1 if agent is short else 0
        have_told(lab.engine.store, agent.job, moments(agent.job, 4), float(epochs(agent.job)), restarts=restarts)
    other = next(agent for agent in agents if epochs(agent.job) == 4 and agent is not short)
    for agent in (short, other):
        agent.report(command_time=moments(agent.job, 4)[-1])
    lab.profiler.advance()
    assert not any(stopped(agents))


def test_a_trial_that_was_stopped_needed_the_memory_that_it_had_used(lab: Lab) -> None:
    agents = begin(lab)
    for agent in agents:
        have_told(lab.engine.store, agent.job, moments(agent.job, 4), float(epochs(agent.job)))
    short = [agent for agent in agents if epochs(agent.job) == 4]
    for agent in short:
        agent.report(command_time=moments(agent.job, 4)[-1], peak_memory=100 * MB)
    lab.profiler.advance()
    for agent in agents:
        if agent not in short:
            agent.report(ended="killed", exit_code=None, command_time=30.0, peak_memory=500 * MB)
    lab.profiler.advance()
    found = lab.quotes.quote(lab.engine.owner, "fit", [8], Limits()).choice
    assert found.chosen.resources.memory_mb == 768  # 550 MB, on the grid
    assert found.excluded[-1] == "less than 550 MB: a trial that was stopped before its end had used 500 MB"


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ([], None),
        ([((4.0, 32.0), 4.0)], StepRule(1.0, 0)),
        ([((4.0, 32.0), 3.0)], StepRule(1.0, 0, -1.0)),
        ([((4.0, 32.0), 7.0)], None),
        ([((20.0, 20.0), 20.0)], None),  # an argument is as good as the other
        ([((4.0, 5.0), 4.0)], None),  # as many as the one, or counted from 0 the other
        ([((20.0, 20.0), 20.0), ((20.0, 40.0), 40.0)], StepRule(1.0, 1)),
        ([((4.0, 2.0), 8.0), ((8.0, 4.0), 16.0)], None),
        ([((4.0, 32.0), 12.0), ((8.0, 64.0), 24.0), ((8.0, 32.0), 24.0)], StepRule(3.0, 0)),
        ([((4.0, 32.0), 3.0), ((8.0, 32.0), 7.0)], StepRule(1.0, 0, -1.0)),
        ([((4.0, 32.0), 50.0), ((8.0, 64.0), 50.0)], StepRule(50.0)),
        ([((4.0, 32.0), 50.0), ((8.0, 64.0), 51.0), ((8.0, 32.0), 90.0)], None),
        ([((0.0, 0.0), 0.0)], None),
    ],
)
def test_how_steps_follow_from_arguments(last: list[tuple[tuple[float, ...], float]], expected: StepRule | None) -> None:
    assert step_rule(last) == expected
