"""What SQLite is told of the sizes of tables: a lake of millions, always.

Without statistics it takes the project's id, which begins every key, for a good start: one project holds every row, and what
an index would find at once is looked for in all of them. With statistics of its own it would plan for the lake as it is
today, and go wrong as it grows. So it is given these, and what is asked for is found the same way in every lake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

_ROWS: Final = 1_000_000
_FEW_ROWS: Final = {
    "projects": 10,
    "leases": 10,
    "users": 100,
    "tokens": 1000,
    "uploads": 1000,
    "filesets": 10_000,
    "jobs": 100_000,
}
_DISTINCT: Final = {
    "project_id": 1,
    "kind": 3,
    "type": 3,
    "staged": 2,
    "status": 5,
    "state": 4,
    "attempt": 2,
    "rank": 1,
    "priority": 2,
    "version": 10,
    "artifact_version": 2,
    "key": 50,
    "tag": 50,
    "text": 100,
    "number": 1000,
    "moment": 1000,
    "user_id": 10,
    "upload_id": 1000,
    "snapshot_id": 1000,
    "fileset_id": 10_000,
    "object_id": 10_000,
    "job_id": 100_000,
}
"""How many values a column has; one that is not named here has a value a row."""

_INDEXES: Final = """
SELECT tables.name, indexes.name, indexes.origin = 'pk' AND tables.wr, indexes."unique", group_concat(columns.name)
FROM pragma_table_list AS tables, pragma_index_list(tables.name) AS indexes, pragma_index_info(indexes.name) AS columns
WHERE tables.schema = 'main' AND tables.name NOT LIKE 'sqlite%'
GROUP BY tables.name, indexes.name ORDER BY 1, 2
"""


def write_statistics(connection: Connection) -> None:
    """Tell SQLite, within the caller's transaction. What is told already is left alone."""
    wanted = sorted(_statistics(connection))
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # makes the table where there is none
    told = sorted(tuple(row) for row in connection.exec_driver_sql("SELECT tbl, idx, stat FROM sqlite_stat1"))
    if told != wanted:
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", wanted)
        connection.exec_driver_sql("ANALYZE sqlite_schema")  # reads it


def _statistics(connection: Connection) -> Iterator[tuple[str, str, str]]:
    for table, index, clustered, unique, columns in connection.exec_driver_sql(_INDEXES):
        rows = _FEW_ROWS.get(table, _ROWS)
        same = rows
        counts = [rows]
        for column in columns.split(","):
            same = max(1, same // min(_DISTINCT.get(column, rows), rows))
            counts.append(same)
        if unique:
            counts[-1] = 1
        yield table, table if clustered else index, " ".join(map(str, counts))
