"""Budgets and profiles: what is too dear is refused as a whole; an adaptive profile ends with what could be afforded."""

from __future__ import annotations

import pytest
from unit.provision.conftest import Lab

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import BudgetExceeded, InvalidRequest, LimitExceeded, TimeoutRequired
from acai_jupyter.domain.jobs import Reason
from acai_jupyter.domain.pricing import MICRODOLLARS, job_cost
from acai_jupyter.domain.profiles import ProfileDetails, ProfileStatus
from acai_jupyter.domain.quotes import Limits

ONE = {"cpus": (1.0,), "memories_mb": (512,)}
HOUR = job_cost(1.0, 512, 3600)


def budget(lab: Lab, dollars: float) -> None:
    lab.engine.budgets.set(lab.engine.owner, dollars)


def jobs(lab: Lab) -> int:
    return len(lab.engine.registry.page(lab.engine.owner, [], None, 1000))


def spent(made: ProfileDetails) -> int:
    return sum(trial.job.cost or 0 for trial in made.trials)


def test_a_profile_that_costs_more_than_is_left_is_refused_before_anything_starts(lab: Lab) -> None:
    budget(lab, 2.5 * HOUR)
    with pytest.raises(BudgetExceeded, match="These 3 jobs may cost"):
        lab.start(timeout="1h", **ONE)
    with pytest.raises(TimeoutRequired):
        lab.start(**ONE)
    assert jobs(lab) == 0
    budget(lab, 3.5 * HOUR)
    assert len(lab.start(timeout="1h", **ONE).trials) == 3


def test_an_adaptive_profile_ends_with_the_trials_that_the_project_could_afford(lab: Lab) -> None:
    budget(lab, 1.001 * HOUR)
    lab.start(timeout="1h", max_trials=3, **ONE)
    while lab.work():
        lab.profiler.advance()
    done = lab.profile()
    assert done.profile.status is ProfileStatus.FITTED
    assert len(done.trials) < 3
    assert "is left of the project's budget" in str(done.profile.detail)
    assert lab.quotes.quote(lab.engine.owner, "fit", [5], Limits()).runs == len(done.trials)


def test_a_budget_that_a_project_gets_meanwhile_ends_an_adaptive_profile_without_timeouts(lab: Lab) -> None:
    lab.start(max_trials=3, **ONE)
    lab.work()
    budget(lab, 100 * HOUR)
    lab.profiler.advance()
    done = lab.profile().profile
    assert done.status is ProfileStatus.FITTED
    assert "a job needs a timeout" in str(done.detail)


def test_too_many_combinations_are_refused_with_their_number_and_their_price(lab: Lab) -> None:
    values = ",".join(str(number) for number in range(100))
    with pytest.raises(LimitExceeded, match=r"90,000 trials \(100 a × 100 b .*which cost \$47\.40 for each minute"):
        lab.start(f"train --a {{{values}}} --b {{{values}}}")
    assert jobs(lab) == 0


@pytest.mark.parametrize("template", ["train --epoch {1000,2000}", "train --epoch {1,100,10000}", "train --epoch {1,2,5}"])
@pytest.mark.parametrize("dollars", [0.0001, 0.01])
def test_no_trial_costs_more_than_is_left_of_its_profiles_budget(lab: Lab, template: str, dollars: float) -> None:
    made = lab.run(template=template, max_cost=dollars)
    assert made.profile.status is not ProfileStatus.PROFILING
    assert 0 < spent(made) <= dollars * MICRODOLLARS
    assert all(trial.job.spec.timeout is not None for trial in made.trials)


def test_a_budget_that_no_trial_ends_in_is_named_as_the_reason(lab: Lab) -> None:
    failed = lab.run(template="train --epoch {1000,2000}", max_cost=0.0001)
    assert failed.profile.status is ProfileStatus.FAILED
    assert {trial.job.outcome and trial.job.outcome.reason for trial in failed.trials} == {Reason.TIMEOUT}
    assert str(failed.profile.detail).endswith(
        " trials finished: each was ended where the budget of $0.0001 paid no more; give more, or smaller values"
    )


def test_a_trials_end_at_its_timeout_is_paid_too(lab: Lab) -> None:
    """A command may take `kill_grace` to end; of a budget that pays for hardly more, a tenth is kept for that."""
    for dollars, most in ((HOUR, 3600 - lab.engine.settings.kill_grace), (HOUR / 60, 0.9 * 60)):
        [trial] = lab.start("train --epoch {1000,2000}", max_cost=dollars, again=True, **ONE).trials
        assert trial.job.spec.timeout is not None
        assert most - 1 < trial.job.spec.timeout / SECOND <= most


def test_a_trials_own_timeout_is_kept_where_it_is_shorter(lab: Lab) -> None:
    [trial] = lab.start("train --epoch {1000,2000}", max_cost=HOUR, timeout="5m", **ONE).trials
    assert trial.job.spec.timeout == 300 * SECOND


def test_a_budget_that_pays_no_second_is_refused_with_figures_before_anything_starts(lab: Lab) -> None:
    second = job_cost(0.5, 512, 1)
    with pytest.raises(InvalidRequest, match=r"pays no trial: one second of the cheapest \(.*0.5 .*512.*\) costs \$0.00000"):
        lab.start(max_cost=0.9 * second)
    for never in (float("nan"), float("inf"), 1e300, -1.0):
        with pytest.raises(InvalidRequest, match="budget="):
            lab.start(max_cost=never)
    assert jobs(lab) == 0
    assert len(lab.start(max_cost=10 * second).trials) == 1


def test_a_project_with_a_budget_takes_a_profile_with_a_budget_and_no_timeout(lab: Lab) -> None:
    budget(lab, HOUR)
    assert lab.run(max_cost=HOUR / 2, **ONE).profile.status is ProfileStatus.FITTED
