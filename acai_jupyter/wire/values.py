"""Values of metadata in JSON: text, numbers and booleans as themselves, times and non-finite numbers named."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from acai_jupyter.domain.clock import from_datetime, read, to_datetime, write
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.metadata import Value, ValueType


def value_to_json(value: Value | None) -> Any:
    """`{"time": "…Z"}` for a time, `{"number": "nan"}` for what JSON can't write."""
    if isinstance(value, datetime):
        return {"time": write(from_datetime(value))}
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": repr(value)}
    return value


def value_from_json(given: Any) -> Any:
    """The inverse; what is no value comes back as it is, for the rules to refuse. Raises InvalidRequest."""
    if isinstance(given, dict):
        if given.keys() == {"time"} and isinstance(given["time"], str):
            return to_datetime(read(given["time"]))
        if given.keys() == {"number"} and given["number"] in ("nan", "inf", "-inf"):
            return float(given["number"])
        raise InvalidRequest('A value is text, a number, true, false, {"time": "2026-11-20T09:30:00Z"} or {"number": "nan"}.')
    if isinstance(given, int) and not isinstance(given, bool):
        return _double(given)
    return given


def _double(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        raise InvalidRequest("A number is too large for a double: at most about 1.8e308.") from None


def column_values_to_json(type_: ValueType | None, values: list[Value | None]) -> list[Any]:
    """A column: times as plain text where the whole column is time, integers without a decimal point."""
    if type_ is ValueType.TIME:
        return [None if value is None else write(from_datetime(value)) for value in values]  # type: ignore[arg-type]
    if type_ is ValueType.INTEGER:
        return [None if value is None else int(value) for value in values]  # type: ignore[arg-type]
    return [value_to_json(value) for value in values]
