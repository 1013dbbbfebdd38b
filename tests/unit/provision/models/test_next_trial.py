"""The adaptive choice of trials: what teaches most per dollar."""

from __future__ import annotations

import numpy as np
import pytest
from support.job_curves import CPU, EPOCHS, MEMORY, measured, points

from acai_jupyter.domain.pricing import PriceTable, hourly_price
from acai_jupyter.domain.resources import Resources
from acai_jupyter.provision.models.blend import Blend
from acai_jupyter.provision.models.confirming import gains
from acai_jupyter.provision.models.next_trial import next_trial
from acai_jupyter.provision.models.runs import Runs

COLUMNS = (EPOCHS, CPU, MEMORY)
GRID = measured(COLUMNS, [(1, 2, 5), (0.5, 1, 2), (512, 1024, 2048)], lambda epochs, cpu, memory: 3 + 30 * epochs / cpu, 0.02)
TARGETS = points(*((50, cpu, 1024) for cpu in (0.5, 1, 2, 4, 8)))
PRICES, TARGET_PRICES = (
    np.array([hourly_price(Resources(cpu, int(memory)), PriceTable()) for _, cpu, memory in some])
    for some in (GRID.points, TARGETS)
)


def chosen_one_by_one(count: int) -> list[int]:
    left, done = list(range(len(GRID))), list[int]()
    while len(done) < count:
        runs = GRID.only(np.array(done)) if done else None
        found = next_trial(COLUMNS, GRID.points[left], PRICES[left], TARGETS, TARGET_PRICES, runs)
        assert found is not None
        done.append(left.pop(found.number))
    return done


def test_nothing_is_chosen_where_nothing_is_left() -> None:
    assert next_trial(COLUMNS, points()[:0].reshape(0, 3), np.zeros(0), TARGETS, TARGET_PRICES, GRID) is None


def test_a_few_trials_chosen_so_cost_a_third_of_the_grid_and_predict_as_well() -> None:
    done = chosen_one_by_one(7)
    dollars = PRICES * GRID.seconds
    assert dollars[done].sum() <= dollars.sum() / 3
    exact = 3 + 30 * 50 / TARGETS[:3, 1]
    few, all_of_it = (
        np.abs(Blend().fit(runs).predict(TARGETS[:3]).seconds / exact - 1).mean() for runs in (GRID.only(np.array(done)), GRID)
    )
    assert few < all_of_it + 0.1


def test_trials_chosen_so_vary_what_the_answer_depends_on() -> None:
    done = chosen_one_by_one(6)
    assert len(np.unique(GRID.points[done, 0])) >= 2
    assert len(np.unique(GRID.points[done, 1])) >= 2


def test_of_trials_that_teach_the_same_the_cheaper_is_chosen() -> None:
    twins = points((5, 1, 1024), (5, 1, 1024))
    found = next_trial(COLUMNS, twins, np.array([2.0, 1.0]), TARGETS, TARGET_PRICES, GRID.only(np.array([0, 5])))
    assert found is not None
    assert found.number == 1


def test_a_trial_that_was_run_already_teaches_little() -> None:
    seen = Runs(COLUMNS, np.repeat(GRID.points[[13]], 4, axis=0), np.repeat(GRID.seconds[[13]], 4))
    again, new = (next_trial(COLUMNS, GRID.points[[row]], PRICES[[row]], TARGETS, TARGET_PRICES, seen) for row in (13, 24))
    assert again is not None
    assert new is not None
    assert again.teaches < new.teaches / 3


def test_what_is_taught_is_a_share_that_shrinks() -> None:
    first = next_trial(COLUMNS, GRID.points, PRICES, TARGETS, TARGET_PRICES)
    last = next_trial(COLUMNS, GRID.points, PRICES, TARGETS, TARGET_PRICES, GRID)
    assert first is not None
    assert last is not None
    assert 0 < last.teaches < first.teaches < 1


def test_targets_that_another_beats_in_time_and_cost_hardly_count() -> None:
    seen = measured(COLUMNS, [(1, 5), (1, 8), (1024,)], lambda epochs, cpu, memory: epochs * cpu)
    trials, targets = points((20, 8, 1024), (20, 1, 1024)), points((50, 8, 1024), (50, 1, 1024))
    cheaper_for_the_worse = np.array([0.5, 8.0])
    found = next_trial(COLUMNS, trials, cheaper_for_the_worse, targets, np.array([8.0, 1.0]), seen)
    assert found is not None
    assert found.number == 1


def test_what_a_trial_will_cost_is_foretold_once_one_has_run() -> None:
    rows = [3, 16, 25]
    first = next_trial(COLUMNS, GRID.points[[13]], PRICES[[13]], TARGETS, TARGET_PRICES)
    later = next_trial(COLUMNS, GRID.points[[13]], PRICES[[13]], TARGETS, TARGET_PRICES, GRID.only(np.array(rows)))
    assert first is not None
    assert first.dollars is None
    assert later is not None
    assert later.dollars == pytest.approx(PRICES[13] * GRID.seconds[13] / 3600, rel=0.3)


def sizes(*rows: int) -> Runs:
    """A job that gets faster up to 8 CPUs, and slower after that; without arguments."""
    runs = measured(
        [CPU, MEMORY], [(1, 2, 4, 8, 12, 16), (1024, 4096)], lambda cpu, memory: 20 + 100 / cpu + 2 * max(cpu - 8, 0) ** 2, 0.0
    )
    return runs.only(np.array(rows)) if rows else runs


SIZES = sizes()
SIZE_PRICES = SIZES.points[:, 0] + SIZES.points[:, 1] / 8192


@pytest.mark.parametrize("done", [(0, 1, 2, 3, 5, 7, 10), (0, 2, 4, 5, 7, 9, 11), (1, 3, 4, 5, 6, 8, 9)])
def test_once_enough_is_known_what_might_be_chosen_is_run(done: tuple[int, ...]) -> None:
    left = [row for row in range(12) if row not in done]
    found = next_trial(SIZES.columns, SIZES.points[left], SIZE_PRICES[left], SIZES.points, SIZE_PRICES, sizes(*done))
    assert found is not None
    dollars, row = SIZE_PRICES * SIZES.seconds, left[found.number]
    assert not ((dollars < dollars[row]) & (SIZES.seconds < SIZES.seconds[row])).any()


def test_nothing_is_gained_by_running_again_what_was_run() -> None:
    runs = sizes(0, 1, 2, 5, 9, 10, 11)
    found = gains(Blend().fit(runs), runs, SIZES.points, SIZE_PRICES)
    assert (found >= 0).all()
    assert found[[0, 1, 2, 5, 9, 10, 11]].tolist() == [0.0] * 7
    assert found.max() > 0


@pytest.mark.parametrize("done", [(0, 5, 9), (0, 1, 2, 5, 9, 10, 11)])
def test_no_trial_is_chosen_that_is_expected_to_cost_more_than_is_left(done: tuple[int, ...]) -> None:
    left = [row for row in range(12) if row not in done]
    cost = SIZE_PRICES[left] * SIZES.seconds[left] / 3600
    asked = SIZES.columns, SIZES.points[left], SIZE_PRICES[left], SIZES.points, SIZE_PRICES, sizes(*done)
    found = next_trial(*asked, dollars_left=1.2 * cost.min())
    assert found is not None
    assert found.dollars is not None
    assert found.dollars <= 1.2 * cost.min()
    assert next_trial(*asked, dollars_left=cost.min() / 3) is None
