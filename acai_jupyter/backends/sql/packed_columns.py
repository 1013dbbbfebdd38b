"""Rows for SQLite in one statement: their columns as a JSON list of texts and strings of bytes to cut."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Packed(NamedTuple):
    """Columns as expressions over the `key` and `value` of one JSON list, which is the last of the parameters."""

    expressions: list[str]
    parameters: tuple[Any, ...]


def pack(columns: Mapping[str, Sequence[Any]]) -> Packed | None:
    """The columns of rows with one text each, for one statement: to go through Python between rows takes longer than to insert
    them, and lets no other thread run for long. None where there is not one text, or values are of several lengths."""
    texts = [name for name, values in columns.items() if isinstance(values[0], str)]
    if len(texts) != 1:
        return None
    expressions: list[str] = []
    parameters: list[Any] = []
    for name, values in columns.items():
        if name == texts[0]:
            expressions.append("value")
        elif isinstance(values, range) and values.step == 1:
            expressions.append(f"{values.start} + key")
        elif not _is_packable(values):
            return None
        elif isinstance(values[0], bytes):
            width = len(values[0])
            expressions.append(f"substr(?, 1 + key * {width}, {width})")
            parameters.append(b"".join(values))
        elif min(values) == max(values):
            expressions.append(literal(values[0]))
        else:
            width = max(len(f"{min(values):d}"), len(f"{max(values):d}"))
            expressions.append(f"CAST(CAST(substr(?, 1 + key * {width}, {width}) AS TEXT) AS INTEGER)")
            parameters.append("".join([f"{value:>{width}d}" for value in values]).encode())
    return Packed(expressions, (*parameters, json.dumps(list(columns[texts[0]]), ensure_ascii=False)))


def _is_packable(values: Sequence[Any]) -> bool:
    kinds = set(map(type, values))
    return kinds <= {int, bool} or (kinds == {bytes} and len(set(map(len, values))) == 1)


def literal(value: bytes | int) -> str:
    """An id or a number within a statement of SQLite: what all rows share isn't given with each of them."""
    return f"X'{value.hex()}'" if isinstance(value, bytes) else str(int(value))
