"""DataFrames whose columns keep their types, also where values are absent and where there are no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

_NAN: Final = "nan"  # in a DataFrame's attrs
_DTYPES: Final = {"text": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}


def series(kind: str | None, values: Sequence[Any]) -> pd.Series[Any]:
    """A column of `text`, `integer`, `number`, `boolean` or `time` (in UTC); None for a mixture."""
    import pandas as pd

    if kind == "time":
        return pd.Series(pd.to_datetime(list(values), utc=True, format="ISO8601").as_unit("us"))
    return pd.Series(list(values), dtype=_DTYPES.get(kind or "", "object"))


def nan_rows(frame: pd.DataFrame) -> Mapping[str, frozenset[Any]]:
    """The rows whose number is NaN and not absent, by column, where there are any: a column of doubles can't tell them apart."""
    return {name: frozenset(rows) for name, rows in frame.attrs.get(_NAN, {}).items()}


def table(columns: Mapping[str, tuple[str | None, Sequence[Any]]]) -> pd.DataFrame:
    """A DataFrame of (kind, values) by name."""
    import pandas as pd

    made = pd.DataFrame({name: series(kind, values) for name, (kind, values) in columns.items()})
    nan = {name: _places_of_nan(values) for name, (kind, values) in columns.items() if kind == "number"}
    if any(nan.values()):
        made.attrs[_NAN] = {name: rows for name, rows in nan.items() if rows}
    return made


def _places_of_nan(values: Sequence[Any]) -> list[int]:
    return [row for row, value in enumerate(values) if value is not None and value != value]


def frame(kinds: Mapping[str, str | None], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A row each, a column for every name of `kinds`."""
    return table({name: (kind, [row.get(name) for row in rows]) for name, kind in kinds.items()})
