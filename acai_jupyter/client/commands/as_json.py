"""What commands return, as JSON: numbers exactly, whole ones as such, times as RFC 3339 with `Z`, null for what is absent, and
what JSON has no number for as over REST (`{"number": "nan"}`)."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.files import Upload
from acai_jupyter.client.frames import nan_rows
from acai_jupyter.client.grid_quotes import GridQuote
from acai_jupyter.client.grids import Grid, GridList
from acai_jupyter.client.job import Job
from acai_jupyter.client.job_list import JobList
from acai_jupyter.client.metadata import Metadata
from acai_jupyter.client.profiles import Profile
from acai_jupyter.client.provenance import Graph
from acai_jupyter.client.quotes import Quote
from acai_jupyter.client.records import Records
from acai_jupyter.domain.clock import from_datetime, write
from acai_jupyter.domain.metadata import BUILT_IN, ValueType
from acai_jupyter.wire.values import value_to_json

if TYPE_CHECKING:
    import pandas as pd

_COMMANDING: Final = re.compile("[\x7f-\x9f]")
"""What JSON may hold as it is, and terminals take for commands."""

_AS_THEY_ARE: Final = (str, int, bool)
_WHOLE: Final = {key for keys in BUILT_IN.values() for key, type_ in keys.items() if type_ is ValueType.INTEGER}


def as_json(value: Any, ascii_only: bool = False) -> str:
    """For programs."""
    text = json.dumps(_plain(value), ensure_ascii=ascii_only, indent=2, default=str, allow_nan=False)
    return _COMMANDING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _frame_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A row each."""
    nan = nan_rows(frame)
    columns = {str(name): _column(frame[name], nan.get(str(name), frozenset())) for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def time_text(moment: datetime) -> str:
    """A time, as it is written wherever programs read it."""
    return write(from_datetime(moment))


def _column(series: pd.Series[Any], nan: frozenset[Any]) -> list[Any]:
    values = series.astype(object).tolist()
    if series.dtype.kind == "O" and series.dtype == object:  # a mixture keeps None and NaN apart by itself
        return [_plain(value) for value in values]
    absent = series.isna().tolist()
    return [
        (_plain(float("nan")) if row in nan else None) if is_absent else _plain(value)
        for row, value, is_absent in zip(series.index, values, absent, strict=True)
    ]


def _plain(value: Any) -> Any:
    if value is None or type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, GridList):  # a list does not ask for the rows of every grid
        return [_plain(grid.details) for grid in value]
    if isinstance(value, JobList | Records | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, float):
        return value_to_json(float(value))
    if type(value).__name__ == "DataFrame":
        return _frame_records(value)
    fields = _fields(value)
    return value if fields is None else _plain(fields)


def _fields(value: Any) -> dict[str, Any] | None:
    """What is told of a thing; None for what has no fields."""
    if isinstance(value, Job | Profile | Quote | GridQuote):
        return value.details
    if isinstance(value, Grid):
        return {**value.details, "rows": value.to_frame()}
    if isinstance(value, Upload):
        return {"files": value.files, "fileset": value.fileset, "skipped": value.skipped}
    if isinstance(value, Graph):
        return {name: getattr(value, name) for name in ("nodes", "actions", "edges", "truncated")}
    if isinstance(value, Metadata):
        return {"values": value.values, "built_in": _whole(value.built_in), "tags": value.tags}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return None


def _whole(built_in: dict[str, Any]) -> dict[str, Any]:
    """Counts that the platform keeps without a decimal point."""
    return {key: int(value) if key in _WHOLE and isinstance(value, float) else value for key, value in built_in.items()}
