"""What the steps of a job show of its pace, and what follows for its end."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.arrivals import StepPoint, pace, revised


def steady(start_up: float, per_step: float, steps: int, noise: float = 0.0, seed: int = 0) -> list[StepPoint]:
    """The moments of steps that take `per_step` seconds each, more or less."""
    chance = random.Random(seed)
    points, seconds = [], start_up
    for step in range(1, steps + 1):
        seconds += max(per_step + chance.gauss(0, noise), 0.01)
        points.append(StepPoint(float(step), seconds))
    return points


@given(st.floats(0, 1000), st.floats(0.01, 1000), st.integers(4, 50), st.integers(0, 1000))
def test_start_up_and_time_per_step_are_told_apart(start_up: float, per_step: float, steps: int, more: int) -> None:
    found = pace(steady(start_up, per_step, steps))
    assert found is not None
    assert found.per_step == pytest.approx(per_step, rel=1e-6)
    assert found.start_up == pytest.approx(start_up, rel=1e-6, abs=1e-3)
    middle, low, high = found.seconds(steps + more)
    assert middle == pytest.approx(start_up + per_step * (steps + more), rel=1e-6)
    assert low <= middle <= high


def test_the_interval_holds_the_end_nine_times_in_ten() -> None:
    held = 0
    for seed in range(400):
        whole = steady(5.0, 1.0, 60, noise=0.3, seed=seed)
        found = pace(whole[:15])
        assert found is not None
        _, low, high = found.seconds(60)
        held += low <= whole[-1].seconds <= high
    assert 0.85 <= held / 400 <= 0.96


def test_an_end_that_is_near_is_known_better() -> None:
    whole = steady(5.0, 1.0, 60, noise=0.3)
    widths = []
    for seen in (5, 20, 50):
        found = pace(whole[:seen])
        assert found is not None
        _, low, high = found.seconds(60)
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(
    "points", [[], steady(1, 1, 3), [StepPoint(1, t) for t in (1, 2, 3, 4)], [StepPoint(s, 1) for s in range(5)]]
)
def test_too_little_shows_nothing(points: list[StepPoint]) -> None:
    assert pace(points) is None


def test_a_prediction_is_revised_by_what_the_job_shows() -> None:
    middle, low, high = revised((100.0, 50.0, 150.0), (140.0, 135.0, 145.0))
    assert 135 < middle < 140
    assert 130 < low < middle < high < 145
    for shown in ((1e9, 1e8, 1e10), (4.0, 3.0, 5.0)):
        assert revised((100.0, 50.0, 150.0), shown) == shown
