"""What every model does, whatever it is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.job_curves import CPU, EPOCHS, MEMORY, measured, points

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.provision.models.blend import Blend
from acai_jupyter.provision.models.log_linear import LogLinear
from acai_jupyter.provision.models.runs import Model, Runs
from acai_jupyter.provision.models.scale_out import ScaleOut
from acai_jupyter.provision.models.trended import Trend, TrendedProcess

MODELS: tuple[Model, ...] = (
    LogLinear(),
    ScaleOut(),
    ScaleOut(powers=True),
    *(TrendedProcess(trend) for trend in Trend),
    Blend(),
)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
COLUMNS = (EPOCHS, CPU, MEMORY)

runs_of_any_kind = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 2.0, 5.0, 1e6]),
        st.sampled_from([0.5, 1.0, 2.0]),
        st.sampled_from([512.0, 1024.0]),
        st.floats(1e-3, 1e6),
    ),
    min_size=1,
    max_size=14,
)


@every_model
@settings(max_examples=25, deadline=None)
@given(rows=runs_of_any_kind)
def test_any_runs_give_finite_times_within_their_intervals(model: Model, rows: list[tuple[float, ...]]) -> None:
    table = np.array(rows)
    asked = points((0, 0.5, 512), (1, 1, 1024), (100, 8, 8192))
    found = model.fit(Runs(COLUMNS, table[:, :3], table[:, 3])).predict(asked)
    assert np.isfinite(np.array([found.seconds, found.low, found.high])).all()
    assert (found.low > 0).all()
    assert (found.low <= found.seconds).all()
    assert (found.seconds <= found.high).all()


@every_model
def test_constant_times_are_predicted_as_they_are(model: Model) -> None:
    fitted = model.fit(measured(COLUMNS, [(1, 2, 5), (0.5, 1, 2), (512, 1024)], lambda *_: 30.0))
    assert fitted.predict(points((2, 1, 512), (5, 2, 1024))).seconds == pytest.approx([30, 30], rel=0.02)
    assert fitted.law()


@every_model
def test_columns_that_say_the_same_twice_do_no_harm(model: Model) -> None:
    twin = measured([EPOCHS, CPU], [(1, 2, 5), (0.5, 1, 2)], lambda epochs, cpu: 8 * epochs / cpu)
    doubled = Runs((*twin.columns, MEMORY), np.column_stack([twin.points, 1024 * twin.points[:, 1]]), twin.seconds)
    found = model.fit(doubled).predict(points((2, 1, 1024)))
    assert found.seconds == pytest.approx([16], rel=0.1)


@every_model
def test_one_run_is_repeated_and_its_law_unknown(model: Model) -> None:
    found = model.fit(measured(COLUMNS, [(1,), (1,), (512,)], lambda *_: 12.0)).predict(points((1, 1, 512), (10, 1, 512)))
    assert found.seconds[0] == pytest.approx(12, rel=0.02)
    assert found.extrapolated.tolist() == [False, True]


@every_model
def test_only_values_outside_what_was_measured_are_called_extrapolation(model: Model) -> None:
    fitted = model.fit(measured([EPOCHS, CPU], [(1, 2, 5), (0.5, 1, 2)], lambda epochs, cpu: epochs / cpu))
    asked = points((1, 0.5), (3, 1.5), (5, 2), (6, 2), (5, 2.5), (0.5, 1))
    assert fitted.predict(asked).extrapolated.tolist() == [False, False, False, True, True, True]


@every_model
def test_more_confidence_takes_a_wider_interval(model: Model) -> None:
    fitted = model.fit(measured([EPOCHS, CPU], [(1, 2, 5), (0.5, 1, 2)], lambda epochs, cpu: epochs / cpu, 0.1))
    narrow, wide = (fitted.predict(points((2, 1)), confidence) for confidence in (0.5, 0.95))
    assert wide.low[0] < narrow.low[0] < narrow.seconds[0] < narrow.high[0] < wide.high[0]


def test_log_linear_finds_the_paper_s_law_and_says_it() -> None:
    fitted = LogLinear().fit(measured([EPOCHS, CPU], [(1, 2, 5), (0.5, 1, 2)], lambda epochs, cpu: 7 * epochs / cpu))
    assert fitted.predict(points((100, 8))).seconds == pytest.approx([87.5])
    assert fitted.law() == "7 s × epochs^1.00 × cpu^-1.00"


def test_no_run_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidRequest, match="No trial has finished"):
        Runs(COLUMNS, np.zeros((0, 3)), np.zeros(0))


@pytest.mark.parametrize("seconds", [0.0, -1.0, np.nan, np.inf])
def test_a_time_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidRequest, match="above 0"):
        Runs((CPU,), points((1,)), np.array([seconds]))


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_an_argument_that_is_no_plain_number_is_refused(value: float) -> None:
    with pytest.raises(InvalidRequest, match="at least 0"):
        Runs((CPU,), points((value,)), np.array([1.0]))


def test_points_that_do_not_fit_the_columns_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="do not fit"):
        Runs((CPU,), points((1, 2)), np.array([1.0]))


def test_of_very_many_runs_some_are_learnt_from_and_no_extreme_is_lost() -> None:
    runs = measured([EPOCHS, CPU], [range(1, 101), (0.5, 1, 2, 4, 8)], lambda epochs, cpu: 3 + epochs / cpu, 0.02)
    fitted = Blend().fit(runs)
    assert 300 <= len(fitted.runs) <= 304
    found = fitted.predict(points((1, 8), (100, 0.5), (101, 1)))
    assert found.seconds == pytest.approx([3.125, 203, 104], rel=0.05)
    assert found.extrapolated.tolist() == [False, False, True]
