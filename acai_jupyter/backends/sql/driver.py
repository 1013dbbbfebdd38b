"""Many rows at once, past SQLAlchemy: what it does for every parameter and every value costs more than the database itself.

Values are the driver's own: a digest as its 33 bytes, an id as `native_id` gives it. Statements are written with '?'.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, SafeUUID

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from acai_jupyter.backends.sql.packed_columns import literal, pack
from acai_jupyter.backends.sql.session import Session, chunks

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]

Rows = Sequence[tuple[Any, ...]]


def native_id(session: Session, value: UUID) -> Any:
    """An id as the driver takes it."""
    return value if session.dialect == "postgresql" else value.bytes


def as_uuid(value: Any) -> UUID:
    """The inverse."""
    if isinstance(value, UUID):
        return value
    made = UUID.__new__(UUID)  # as UUID(bytes=value) does, which takes longer than to read the row
    object.__setattr__(made, "int", int.from_bytes(value, "big"))
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made


def insert_rows(
    session: Session, table: Table, shared: Mapping[str, Any], columns: Sequence[str], rows: Rows, conflict: Sequence[str]
) -> None:
    """Insert `rows`, each with the values of `columns`, all with those of `shared`; a row whose `conflict` columns are taken is
    left out."""
    insert_columns(session, table, shared, dict(zip(columns, _turned(rows), strict=True)) if rows else {}, conflict)


def insert_columns(
    session: Session, table: Table, shared: Mapping[str, Any], columns: Mapping[str, Sequence[Any]], conflict: Sequence[str]
) -> None:
    """The same of rows that are given as columns."""
    if not any(columns.values()):
        return
    names = _named([*shared, *columns])
    ending = f"ON CONFLICT ({_named(conflict)}) DO NOTHING"
    if session.dialect == "postgresql":
        fixed = "".join(f"CAST(? AS {_type(table, name)}), " for name in shared)
        sql = f"INSERT INTO {table.name} ({names}) SELECT {fixed}u.* FROM {_unnest(table, list(columns))} AS u {ending}"  # noqa: S608
        execute(session, sql, (*shared.values(), *map(list, columns.values())))
        return
    literals = [*map(literal, shared.values())]
    packed = pack(columns)
    if packed is not None:
        values = ", ".join([*literals, *packed.expressions])
        # "WHERE true", or SQLite takes ON for a part of the FROM.
        sql = f"INSERT INTO {table.name} ({names}) SELECT {values} FROM json_each(?) WHERE true {ending}"  # noqa: S608 - as below
        execute(session, sql, packed.parameters)
        return
    values = ", ".join([*literals, *"?" * len(columns)])
    sql = f"INSERT INTO {table.name} ({names}) VALUES ({values}) {ending}"  # noqa: S608 - ids, numbers and names of columns
    session.connection.exec_driver_sql(sql, list(zip(*columns.values(), strict=True)))


def rows_with(
    session: Session, table: Table, columns: Sequence[str], shared: Mapping[str, Any], key: str, values: Sequence[Any]
) -> Iterator[Any]:
    """The `columns` of those rows of `shared` whose `key` is one of `values`."""
    own = "".join(f"{_named([name])} = ? AND " for name in shared)
    start = f"SELECT {_named(columns)} FROM {table.name} WHERE {own}{_named([key])}"  # noqa: S608 - names of columns
    for some in chunks(values):
        given = tuple(shared.values())
        if session.dialect == "postgresql":
            yield from fetched(session, f"{start} = ANY(CAST(? AS {_array(table, key)}))", (*given, list(some)))
        else:
            full = padded(some)
            yield from fetched(session, f"{start} IN ({', '.join('?' * len(full))})", (*given, *full))


def pairs(session: Session, names: tuple[str, str], types: tuple[str, str], rows: Rows) -> tuple[str, tuple[Any, ...]]:
    """A table `wanted` of two columns for a FROM, and its parameters."""
    if session.dialect == "postgresql":
        return f"unnest(CAST(? AS {types[0]}[]), CAST(? AS {types[1]}[])) AS wanted ({', '.join(names)})", tuple(_turned(rows))
    # One parameter whatever the number of rows: SQLite takes a long VALUES for a table so large that it reads the whole of what
    # it is joined with, to make a Bloom filter of it.
    columns = ", ".join(f"value ->> {number} AS {name}" for number, name in enumerate(names))
    return f"(SELECT {columns} FROM json_each(?)) AS wanted", (json.dumps(rows, ensure_ascii=False),)  # noqa: S608


def execute(session: Session, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
    """One statement, written with '?'."""
    if session.dialect == "postgresql":
        sql = sql.replace("?", "%s")
    return session.connection.exec_driver_sql(sql, parameters)


def fetched(session: Session, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The rows of one statement, written with '?', in the driver's values: a Row of SQLAlchemy's each would take longer than to
    read them."""
    cursor = execute(session, sql, parameters).cursor
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    cursor.close()
    return rows


def padded(values: Sequence[Any]) -> list[Any]:
    """As many values as the next power of two, by repeating the last one: few lengths make few statements to prepare."""
    return [*values, *[values[-1]] * ((1 << (len(values) - 1).bit_length()) - len(values))]


def _named(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _turned(rows: Rows) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _unnest(table: Table, columns: Sequence[str]) -> str:
    return f"unnest({', '.join(f'CAST(? AS {_array(table, name)})' for name in columns)})"


@lru_cache
def _type(table: Table, column: str) -> str:
    return str(table.c[column].type.compile(dialect=_DIALECT)).partition(" COLLATE")[0]


def _array(table: Table, column: str) -> str:
    return f"{_type(table, column)}[]"
