"""Budgets and profiles: what is too dear is refused as a whole; an adaptive profile ends with what could be afforded."""

from __future__ import annotations

import pytest
from unit.provision.conftest import Lab

from acai_jupyter.domain.errors import BudgetExceeded, LimitExceeded, TimeoutRequired
from acai_jupyter.domain.pricing import job_cost
from acai_jupyter.domain.profiles import ProfileStatus
from acai_jupyter.domain.quotes import Limits

ONE = {"cpus": (1.0,), "memories_mb": (512,)}
HOUR = job_cost(1.0, 512, 3600)


def budget(lab: Lab, dollars: float) -> None:
    lab.engine.budgets.set(lab.engine.owner, dollars)


def jobs(lab: Lab) -> int:
    return len(lab.engine.registry.page(lab.engine.owner, [], None, 1000))


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


def test_too_many_combinations_are_refused_with_their_number_and_their_price(lab: Lab) -> None:
    values = ",".join(str(number) for number in range(100))
    with pytest.raises(LimitExceeded, match=r"90,000 trials \(100 a × 100 b .*which cost \$47\.40 for each minute"):
        lab.start(f"train --a {{{values}}} --b {{{values}}}")
    assert jobs(lab) == 0
