"""What the shipped model is trusted for: laws carried on beyond the runs, and intervals that hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad
from support.job_curves import CPU, EPOCHS, MEMORY, measured, points

from acai_jupyter.provision.models import gaussian
from acai_jupyter.provision.models.blend import Blend, FittedBlend
from acai_jupyter.provision.models.folds import Checks
from acai_jupyter.provision.models.gaussian import Process, Scales, learn_scales
from acai_jupyter.provision.models.log_linear import LogLinear
from acai_jupyter.provision.models.non_negative import non_negative
from acai_jupyter.provision.models.runs import Column, Role, Runs
from acai_jupyter.provision.models.scale_out import ScaleOut

SIZE = Column("size", Role.ARGUMENT)
GRID = [(1, 2, 5), (0.5, 1, 2), (512, 1024, 2048)]


def test_start_up_does_not_hide_the_slope_of_longer_runs() -> None:
    runs = measured([EPOCHS, CPU, MEMORY], GRID, lambda epochs, cpu, memory: 10 + 2 * epochs / cpu, 0.02)
    exact = 10 + 2 * 50 / 2
    found = Blend().fit(runs).predict(points((50, 2, 1024)))
    assert found.seconds[0] == pytest.approx(exact, rel=0.2)
    assert abs(LogLinear().fit(runs).predict(points((50, 2, 1024))).seconds[0] / exact - 1) > 0.35
    assert found.low[0] < exact < found.high[0]


def test_work_that_does_not_get_faster_is_not_predicted_away() -> None:
    runs = measured([EPOCHS, CPU], [(1, 2, 5), (0.5, 1, 2)], lambda epochs, cpu: epochs * (6 + 4 / cpu), 0.01)
    for model in (Blend(), ScaleOut()):
        assert model.fit(runs).predict(points((5, 8))).seconds[0] == pytest.approx(5 * 6.5, rel=0.1)


def test_a_power_of_an_argument_is_learnt_where_it_is_seen() -> None:
    runs = measured([EPOCHS, CPU], [(1, 2, 4, 8, 16, 32), (0.5, 1, 2)], lambda epochs, cpu: 10 * epochs**0.5 / cpu, 0.02)
    assert Blend().fit(runs).predict(points((128, 2))).seconds[0] == pytest.approx(10 * 128**0.5 / 2, rel=0.2)


def test_a_memory_cliff_within_the_runs_is_followed() -> None:
    cliff = measured(
        [CPU, MEMORY], [(0.5, 1, 2), (512, 1024, 2048, 4096)], lambda cpu, memory: 100 / cpu * (8 if memory < 1000 else 1), 0.02
    )
    found = Blend().fit(cliff).predict(points((1, 512), (1, 2048)))
    assert found.seconds == pytest.approx([800, 100], rel=0.15)


def uneven(kinds: int = 30) -> Runs:
    """Jobs of many kinds that starve on one CPU as it happens, and scale from there on."""
    starved = np.random.default_rng(3).integers(0, 2, kinds // 2).repeat(2)
    runs = measured([SIZE, CPU], [range(1, kinds + 1), (1, 2, 4, 8)], lambda size, cpu: 10 + 8 * size / cpu, 0.01)
    falls = (runs.points[:, 1] == 1) & (starved[runs.points[:, 0].astype(int) - 1] == 1)
    return Runs(runs.columns, runs.points, runs.seconds * np.where(falls, 4.0, 1.0))


def test_jumps_among_many_runs_do_not_spoil_what_is_said_of_the_others() -> None:
    runs = uneven()
    order = np.random.default_rng(0).permutation(len(runs))
    rest, asked = order[12:], order[:12]
    smooth = asked[runs.points[asked, 1] > 1]
    fitted = Blend().fit(runs.only(rest))
    said = [one.predict(runs.points[smooth]).seconds for one in (fitted, treeless(fitted))]
    with_trees, without = (np.abs(seconds / runs.seconds[smooth] - 1).mean() for seconds in said)
    assert with_trees < 0.75 * without


def test_trees_have_no_say_beyond_the_runs() -> None:
    fitted = Blend().fit(uneven())
    within, beyond = points((11.5, 3), (5, 1)), points((60, 2), (10, 16), (60, 16))
    assert fitted.predict(beyond).seconds == pytest.approx(treeless(fitted).predict(beyond).seconds)
    assert fitted.predict(within).seconds != pytest.approx(treeless(fitted).predict(within).seconds)


def treeless(fitted: FittedBlend) -> FittedBlend:
    assert fitted.inside is not None
    inside = Checks(fitted.inside.middles[:-1], fitted.inside.spreads[:-1], fitted.inside.measured, fitted.inside.reach)
    return replace(fitted, boosted=None, inside=inside)


def test_a_few_runs_grow_no_trees() -> None:
    assert Blend().fit(uneven(10)).boosted is None


def test_intervals_hold_about_as_often_as_they_claim() -> None:
    inside = []
    for seed in range(12):
        runs = measured(
            [EPOCHS, CPU], [(1, 2, 5, 10, 20), (0.5, 1, 2, 4)], lambda epochs, cpu: 5 + 3 * epochs / cpu**0.8, 0.1, seed
        )
        rows = np.random.default_rng(seed).permutation(len(runs))
        found = Blend().fit(runs.only(rows[:10])).predict(runs.points[rows[10:]], 0.9)
        inside += ((found.low <= runs.seconds[rows[10:]]) & (runs.seconds[rows[10:]] <= found.high)).tolist()
    assert 0.8 <= np.mean(inside) <= 1.0


def test_what_was_run_is_known_as_well_as_runs_repeat() -> None:
    sizes = [(1, 2, 4, 8, 16), (512, 1024, 2048)]
    runs = measured([CPU, MEMORY], sizes, lambda cpu, memory: 100 / cpu * (8 if memory < 1000 else 1))
    found = Blend().fit(runs).predict(np.vstack([runs.points, points((3, 600), (6, 600), (12, 800))]))
    widths = found.high / found.low
    assert widths[:15].max() < 2 < widths[15:].min()
    assert ((found.low[:15] < runs.seconds) & (runs.seconds < found.high[:15])).all()


def test_a_run_of_a_steady_job_is_known_better_than_one_of_an_unsteady_job() -> None:
    steady, unsteady = (
        measured([CPU, MEMORY], [(1, 2, 3, 4, 6, 8), (512, 1024, 2048, 4096)], lambda cpu, memory: 5 + 100 / cpu, noise)
        for noise in (0.0, 0.15)
    )
    widths = [
        np.median(np.sqrt(found.high / found.low))
        for found in (Blend().fit(runs).predict(runs.points) for runs in (steady, unsteady))
    ]
    assert widths[0] < 1.06 < 1.2 < widths[1]


def test_an_interval_is_wider_the_farther_a_point_lies_from_the_runs() -> None:
    fitted = Blend().fit(measured([EPOCHS, CPU], [(1, 2, 5), (0.5, 1, 2)], lambda epochs, cpu: epochs / cpu, 0.05))
    found = fitted.predict(points((2, 1), (10, 2), (1000, 2)))
    widths = found.high / found.low
    assert widths[0] < widths[1] < widths[2]


def test_a_value_that_never_varied_makes_any_other_value_of_it_very_uncertain() -> None:
    runs = measured([EPOCHS, CPU], [(1, 2, 5, 10), (1,)], lambda epochs, cpu: 4 * epochs, 0.02)
    found = Blend().fit(runs).predict(points((5, 1), (5, 8)))
    assert (found.high / found.low)[0] < 1.6
    assert (found.high / found.low)[1] > 10


def test_what_the_process_says_of_a_value_left_out_is_what_it_says_without_it() -> None:
    features = np.random.default_rng(0).normal(size=(9, 2))
    values = np.sin(features[:, 0])
    scales = Scales(0.5, 0.1, np.array([1.0, 2.0]))
    slopes = np.zeros(2)
    off, spread = Process.on(features, values, slopes, scales).left_out()
    rest = np.arange(1, 9)
    said, deviation = Process.on(features[rest], values[rest], slopes, scales).at(features[:1])
    assert values[0] - off[0] == pytest.approx(said[0])
    assert spread[0] == pytest.approx(deviation[0])


def test_the_likelihood_s_gradient_is_its_slope() -> None:
    features = np.random.default_rng(1).normal(size=(8, 3))
    values = features[:, 0] + 0.1 * features[:, 1]
    prior = np.zeros(5)
    likelihood = gaussian._Likelihood(features, values, np.ones((8, 8)) * 1e-4, prior, np.ones(5))
    at = np.array([0.1, -1.0, 0.3, 0.2, -0.1])
    assert check_grad(lambda scales: likelihood(scales)[0], lambda scales: likelihood(scales)[1], at) < 1e-4


def test_features_that_do_not_matter_get_long_scales() -> None:
    features = np.random.default_rng(2).normal(size=(30, 2))
    scales = learn_scales(features, np.sin(2 * features[:, 0]), np.zeros(2), 1.5, 0.5)
    assert scales.lengths[1] > 2 * scales.lengths[0]


def test_amounts_are_never_negative() -> None:
    amounts = non_negative(np.array([[1.0, 2.0], [1.0, 1.0]]), np.array([1.0, 2.0]))
    assert (amounts >= 0).all()
