"""DataFrames whose columns keep their types, also where values are absent and where there are no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

_DTYPES: Final = {"text": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}


def series(kind: str | None, values: Sequence[Any]) -> pd.Series[Any]:
    """A column of `text`, `integer`, `number`, `boolean` or `time` (in UTC); None for a mixture."""
    import pandas as pd

    if kind == "time":
        return pd.Series(pd.to_datetime(list(values), utc=True, format="ISO8601").as_unit("us"))
    return pd.Series(list(values), dtype=_DTYPES.get(kind or "", "object"))


def frame(kinds: Mapping[str, str | None], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A row each, a column for every name of `kinds`."""
    import pandas as pd

    return pd.DataFrame({name: series(kind, [row.get(name) for row in rows]) for name, kind in kinds.items()})
