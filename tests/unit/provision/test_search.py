"""The choice of resources under a bound."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from support.job_curves import CPU, EPOCHS, MEMORY, measured

from acai_jupyter.domain.errors import InvalidRequest, ResourcesOutOfBounds
from acai_jupyter.domain.pricing import PriceTable, job_cost
from acai_jupyter.domain.resources import Bounds, Resources
from acai_jupyter.provision.models.blend import Blend
from acai_jupyter.provision.models.log_linear import LogLinear
from acai_jupyter.provision.models.memory import Need
from acai_jupyter.provision.models.runs import Fitted
from acai_jupyter.provision.search import Choice, Limited, Limits, Option, best, choose, front, predict_options, resource_grid

COLUMNS = (EPOCHS, CPU, MEMORY)
GRID, _ = resource_grid(Bounds(), 8, 8192)


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    """A job that is perfectly parallel and does not care for memory: 60 s an epoch on one CPU."""
    runs = measured(COLUMNS, [(1, 2, 3), (0.5, 1, 2), (512, 1024, 2048)], lambda epochs, cpu, memory: 60 * epochs / cpu, 0.02)
    return LogLinear().fit(runs)


def chosen(fitted: Fitted, limits: Limits, need: Need | None = None) -> Choice:
    return choose(predict_options(fitted, COLUMNS, [20], GRID, PriceTable(), limits.confidence), limits, need)


def test_the_grid_is_the_paper_s() -> None:
    assert len(GRID) == 16 * 31
    assert (GRID[0], GRID[-1]) == (Resources(0.5, 512), Resources(8, 8192))


def test_the_grid_is_cut_to_what_is_here_and_that_is_said() -> None:
    grid, cut = resource_grid(Bounds(), 2, 4000)
    assert max(one.cpu for one in grid) == 2
    assert max(one.memory_mb for one in grid) == 3840
    assert cut == ("more than 2 CPUs: there are no more here", "more than 4000 MB: there is no more here")


def test_an_option_s_cost_is_the_paper_s_price_for_its_seconds(fitted: Fitted) -> None:
    option = predict_options(fitted, COLUMNS, [20], [Resources(2, 1024)], PriceTable())[0]
    assert option.seconds == pytest.approx(600, rel=0.03)
    assert option.cost == pytest.approx(job_cost(2, 1024, option.seconds))
    assert option.cost_range[0] < option.cost < option.cost_range[1]
    assert option.extrapolated


def test_a_bound_on_cost_buys_the_fastest_within_it(fitted: Fitted) -> None:
    every = predict_options(fitted, COLUMNS, [20], GRID, PriceTable())
    bound = 1.3 * min(option.sure_cost for option in every)
    choice = chosen(fitted, Limits(max_cost=bound))
    assert choice.met
    assert choice.chosen.seconds == min(option.seconds for option in every if option.sure_cost <= bound)
    assert choice.why == f"the fastest that stays within ${bound:g} with 90% confidence"


def test_a_bound_on_time_takes_the_cheapest_within_it(fitted: Fitted) -> None:
    choice = chosen(fitted, Limits(max_time=700))
    assert choice.met
    assert choice.chosen.resources == Resources(2, 512)
    assert choice.chosen.sure <= 700


def test_under_both_bounds_the_cheapest_within_both_is_taken(fitted: Fitted) -> None:
    both = chosen(fitted, Limits(max_time=700, max_cost=0.05))
    assert both.met
    assert both.chosen == chosen(fitted, Limits(max_time=700)).chosen


def test_without_a_bound_the_cheapest_is_taken_and_that_is_said(fitted: Fitted) -> None:
    choice = chosen(fitted, Limits())
    assert choice.chosen.cost == min(option.cost for option in predict_options(fitted, COLUMNS, [20], GRID, PriceTable()))
    assert choice.chosen.resources.memory_mb == 512
    assert choice.why == "the cheapest, as no bound was given"


def test_a_bound_that_nothing_meets_gives_the_nearest_with_its_figures(fitted: Fitted) -> None:
    choice = chosen(fitted, Limits(max_time=10))
    assert not choice.met
    assert choice.chosen.resources.cpu == 8
    assert "nothing stays within 10 s" in choice.why
    assert f"{choice.chosen.sure:.3g} s" in choice.why


def test_more_confidence_leaves_more_room_under_the_bound(fitted: Fitted) -> None:
    careful, bold = (chosen(fitted, Limits(max_time=610, confidence=confidence)) for confidence in (0.95, 0.3))
    assert careful.chosen.resources.cpu > bold.chosen.resources.cpu


def test_alternatives_are_three_that_nothing_beats(fitted: Fitted) -> None:
    choice = chosen(fitted, Limits(max_time=700))
    assert len(choice.alternatives) == 3
    times = [option.seconds for option in choice.alternatives]
    costs = [option.cost for option in choice.alternatives]
    assert times == sorted(times)
    assert costs == sorted(costs, reverse=True)
    assert choice.chosen not in choice.alternatives


def test_memory_below_the_need_is_never_chosen_and_the_reason_is_said(fitted: Fitted) -> None:
    choice = chosen(fitted, Limits(), Need(1300, "a trial was killed for memory at 1024 MB"))
    assert choice.chosen.resources.memory_mb == 1536
    assert all(option.resources.memory_mb >= 1300 for option in choice.alternatives)
    assert choice.excluded == ("less than 1300 MB: a trial was killed for memory at 1024 MB",)


def test_a_need_that_nothing_here_satisfies_is_refused_with_the_reason(fitted: Fitted) -> None:
    with pytest.raises(ResourcesOutOfBounds, match="at most 8192 MB: less than 9000 MB: its peak"):
        chosen(fitted, Limits(), Need(9000, "its peak is about 8200 MB"))


@pytest.mark.parametrize(
    "bad", [{"max_time": 0}, {"max_cost": -1}, {"max_time": float("nan")}, {"confidence": 1}, {"confidence": 0}]
)
def test_limits_that_make_no_sense_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        Limits(**bad)


def test_values_that_do_not_fit_the_profile_are_refused(fitted: Fitted) -> None:
    with pytest.raises(InvalidRequest, match="2 values do not fit"):
        predict_options(fitted, COLUMNS, [20, 30], GRID, PriceTable())


@pytest.mark.parametrize("value", [1e12, 1e100, 1e300, 1.7e308])
def test_values_for_which_no_job_would_ever_end_are_refused(value: float) -> None:
    runs = measured(COLUMNS, [(1, 2, 3), (0.5, 1, 2), (512, 1024)], lambda epochs, cpu, memory: 5 + 60 * epochs / cpu, 0.02)
    for model in (Blend(), LogLinear()):
        with pytest.raises(InvalidRequest, match="so far from what was profiled"):
            predict_options(model.fit(runs), COLUMNS, [value], GRID, PriceTable())


@pytest.mark.parametrize("value", [0, 1e-300, 1e6, 1e7, 1e300])
def test_whatever_one_run_promises_can_be_told_and_kept(value: float) -> None:
    """One run teaches nothing of how it scales, so the range is as wide as can be; figures still fit their columns."""
    runs = measured(COLUMNS, [(1,), (1,), (512,)], lambda epochs, cpu, memory: 0.1, 0)
    for one in predict_options(LogLinear().fit(runs), COLUMNS, [value], GRID, PriceTable()):
        assert 0 <= one.low <= one.seconds <= one.high <= 1e10
        assert one.sure <= 1e10


def test_values_beyond_the_trials_have_a_range_around_the_truth() -> None:
    runs = measured(COLUMNS, [(1, 2, 3), (0.5, 1, 2), (512, 1024)], lambda epochs, cpu, memory: 5 + 60 * epochs / cpu, 0.02)
    option = predict_options(Blend().fit(runs), COLUMNS, [10], [Resources(2, 512)], PriceTable())[0]
    assert option.low < 305 < option.high
    assert option.seconds < option.sure < option.high


def option(number: int, seconds: float, hourly: float) -> Option:
    return Option(Resources(1 + number, 512), seconds, seconds / 2, seconds * 2, seconds * 1.5, hourly, False)


options = st.lists(st.tuples(st.floats(1, 1e4), st.floats(0.01, 10)), min_size=1, max_size=12).map(
    lambda rows: [option(number, *row) for number, row in enumerate(rows)]
)


@settings(deadline=None, max_examples=100)
@given(options, st.floats(1, 2e4))
def test_a_choice_within_the_bound_is_found_whenever_there_is_one(held: list[Option], limit: float) -> None:
    choice = choose(held, Limits(max_time=limit))
    within = [option for option in held if option.sure <= limit]
    assert choice.met == bool(within)
    if within:
        assert choice.chosen.cost == min(option.cost for option in within)
    else:
        assert (
            choice.chosen.cost <= min(held, key=lambda option: option.seconds).cost
        )  # equally unsure: the fastest comes nearest
        assert f"{min(option.sure for option in held):.3g} s and $" in choice.why


@settings(deadline=None, max_examples=100)
@given(options)
def test_the_front_holds_exactly_what_nothing_beats(held: list[Option]) -> None:
    kept = front(held)
    for option in held:
        beaten = any(one.seconds <= option.seconds and one.cost <= option.cost for one in kept)
        assert beaten, "every option is on the front or beaten by one that is"
    assert all(fast.cost > slow.cost for fast, slow in pairwise(kept))


def times(limit: float, *likely: float, unsure: float = 1.1) -> list[Limited]:
    """Seconds that are known within a factor of `unsure` at most."""
    return [Limited(likely, [unsure * each for each in likely], [unsure**0.8 * each for each in likely], limit)]


def test_of_what_comes_equally_near_to_a_bound_the_best_is_taken() -> None:
    assert best([3.0, 1.0], times(5, 10, 10)) == (1, False)
    assert best([9.0, 1.0, 0.5], times(9.8, 10, 10.3, 20)) == (1, False)
    assert best([9.0, 1.0, 0.5], times(5, 10, 10.5, 20)) == (0, False)
    assert best([1.0, 1.0], times(5, 10.1, 10)) == (1, False)


def test_what_is_unsure_may_come_nearer_than_what_surely_misses_the_bound() -> None:
    unsure, sure = times(10, 8, unsure=3)[0], times(10, 16, unsure=1.01)[0]
    both = [Limited([*unsure.likely, *sure.likely], [*unsure.high, *sure.high], [*unsure.sure, *sure.sure], 10)]
    assert unsure.sure[0] > sure.sure[0]
    assert best([2.0, 1.0], both) == (0, False)


def test_who_wants_to_be_surer_is_told_what_comes_nearest_rather_than_what_costs_less() -> None:
    nearly = times(10, 9.3, 9.7, unsure=1.5)
    assert best([9.0, 1.0], nearly, 0.9) == (1, False)
    assert best([9.0, 1.0], nearly, 0.99) == (0, False)


@pytest.mark.parametrize("unsure", [1.0, 1.2, 2.0])
def test_the_expected_overshoot_is_the_mean_over_what_may_happen(unsure: float) -> None:
    spread = np.log(unsure) / norm.ppf(0.95)
    may_happen = 8 * np.exp(spread * norm.ppf((np.arange(20000) + 0.5) / 20000))
    for limit in (5, 8, 20):
        expected = np.maximum(may_happen / limit - 1, 0).mean()
        assert times(limit, 8, unsure=unsure)[0].overshoot(0) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("likely", "high"), [(0.0, 0.0), (1e-300, 1e10), (1e10, 1e10), (0.0, 1e10)])
def test_whatever_is_predicted_has_an_overshoot(likely: float, high: float) -> None:
    assert math.isfinite(Limited([likely], [high], [high], 1e-6).overshoot(0))


@pytest.mark.parametrize(("confidence", "said"), [(0.9, "90%"), (0.07, "7%"), (0.999, "99.9%"), (1 - 1e-9, "99.9999999%")])
def test_a_confidence_is_said_as_it_was_given(fitted: Fitted, confidence: float, said: str) -> None:
    options = predict_options(fitted, COLUMNS, [20], GRID, PriceTable(), confidence)
    assert f"with {said} confidence" in choose(options, Limits(max_time=1e6, confidence=confidence)).why
