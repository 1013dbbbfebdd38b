"""What all repositories of one unit of work share: the connection, the clock, the events that were written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, CursorResult, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable

from acai_jupyter.ports.store.unit import Changes

_Item = TypeVar("_Item")

MOST_PARAMETERS = 500
"""Values in one IN list or one chunk of work."""

# Whether an INSERT met a conflict is read from its row count, which is lost otherwise with some drivers.
_COUNTED: Final = {"preserve_rowcount": True}


class Session:
    """One transaction's connection. `changed` collects the events that it writes."""

    def __init__(self, connection: Connection, now: int) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.now = now
        self.changed = Changes()

    def run(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement; with `rows`, once for each of them, or once with those values. One that is asked often is made
        once, with values: making it costs more than asking it."""
        return self.connection.execute(statement, rows, execution_options=_COUNTED)

    def insert(self, table: Table) -> Any:
        """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return _insert(self.dialect, table)

    def insert_new(self, table: Table, *key: str) -> Any:
        """An INSERT that leaves what is there already, by the columns of its `key`."""
        return _insert_new(self.dialect, table, key)


@cache
def _insert(dialect: str, table: Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _insert_new(dialect: str, table: Table, key: tuple[str, ...]) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=key)


def chunks(items: Sequence[_Item], size: int = MOST_PARAMETERS) -> Iterator[Sequence[_Item]]:
    """`items` in pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
