"""Queries, as DataFrames."""

from __future__ import annotations

import warnings
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.wire.values import value_from_json

if TYPE_CHECKING:
    import pandas as pd


MOST_ROWS: Final = 1000
"""So many rows are found where nobody says how many."""

LONGEST: Final = 100_000
"""What the platform gives at once."""


class Search:
    """`find`, `count`, `max` and `min`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def find(
        self,
        kind: str,
        query: str,
        *,
        order_by: str | list[str] | None,
        limit: int | None,
        columns: list[str] | None,
        latest: bool,
    ) -> pd.DataFrame:
        order = [order_by] if isinstance(order_by, str) else order_by or []
        most = MOST_ROWS if limit is None else limit
        asked = {"order_by": order, "limit": most + 1 if 0 <= most < LONGEST else most, "columns": columns, "latest": latest}
        found = to_frame(self._transport.post("/find", {**_query(kind, query), **asked}))
        if len(found) == most == LONGEST:
            found.attrs["truncated"] = self.count(kind, query, latest=latest) > most
            return found
        return _cut(found, most, warn=limit is None)

    def count(self, kind: str, query: str, *, latest: bool) -> int:
        return int(self._transport.post("/count", {**_query(kind, query), "latest": latest})["count"])

    def extreme(self, kind: str, key: str, query: str, *, greatest: bool) -> Any:
        answer = self._transport.post("/extreme", {**_query(kind, query), "key": key, "greatest": greatest})
        return value_from_json(answer["value"])


def _cut(found: pd.DataFrame, most: int, warn: bool) -> pd.DataFrame:
    """At most so many rows; `attrs["truncated"]` says whether there were more."""
    truncated = len(found) > most >= 0
    if truncated:
        found = found.iloc[:most].copy()
        if warn:
            advice = f"client.find(…, limit=…) gives more, up to {LONGEST:,}, and client.count tells how many there are"
            warnings.warn(f"More than {most:,} match, and these are the first: {advice}.", stacklevel=4)
    found.attrs["truncated"] = truncated
    return found


def to_frame(answer: Json) -> pd.DataFrame:
    """A DataFrame of an answer's columns."""
    from acai_jupyter.client.frames import table

    return table({one["name"]: (one["type"], _values(one["type"], one["values"])) for one in answer["columns"]})


def _values(kind: str | None, values: list[Any]) -> list[Any]:
    return values if kind in ("integer", "time") else [value_from_json(value) for value in values]


def _query(kind: str, query: str) -> dict[str, Any]:
    """The query, with the beginning of the asker's day for `today()`."""
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return {"kind": kind, "query": query, "midnight": midnight.isoformat()}
