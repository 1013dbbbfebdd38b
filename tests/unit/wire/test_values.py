from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.metadata import Value, ValueType, check_value
from acai_jupyter.wire.values import column_values_to_json, value_from_json, value_to_json

TIMES = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC))
VALUES = st.text() | st.floats() | st.booleans() | TIMES


def same(a: object, b: object) -> bool:
    both_nan = isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b)
    return both_nan or (type(a) is type(b) and a == b)


@given(VALUES)
def test_a_value_comes_back_from_strict_json_as_itself(value: Value) -> None:
    assert same(value_from_json(json.loads(json.dumps(value_to_json(value), allow_nan=False))), value)


@given(st.integers(-(10**15), 10**15))
def test_a_whole_number_comes_back_as_a_number(number: int) -> None:
    back = value_from_json(number)
    assert type(back) is float and back == number


@pytest.mark.parametrize(
    "given_value",
    [
        {},
        {"time": 5},
        {"time": "yesterday"},
        {"time": "2026-11-20T09:30:00Z", "zone": "x"},
        {"number": "5"},
        {"number": "NaN"},
        {"number": ["nan"]},
        {"text": "x"},
        10**400,
    ],
)
def test_what_is_no_value_is_refused(given_value: object) -> None:
    with pytest.raises(InvalidRequest):
        value_from_json(given_value)


@pytest.mark.parametrize("given_value", [None, [], [1]])
def test_lists_and_nothing_are_left_to_the_rules_of_metadata(given_value: object) -> None:
    assert value_from_json(given_value) == given_value
    with pytest.raises(InvalidRequest, match="metadata is text"):
        check_value("key", value_from_json(given_value))


def test_a_column_is_written_by_its_type() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert column_values_to_json(ValueType.TIME, [noon, None]) == ["2026-11-20T12:00:00.000000Z", None]
    assert column_values_to_json(ValueType.INTEGER, [3.0, None]) == [3, None]
    assert isinstance(column_values_to_json(ValueType.INTEGER, [3.0])[0], int)
    assert column_values_to_json(ValueType.NUMBER, [0.5, math.nan, None]) == [0.5, {"number": "nan"}, None]
    assert column_values_to_json(None, ["x", True, noon]) == ["x", True, {"time": "2026-11-20T12:00:00.000000Z"}]
