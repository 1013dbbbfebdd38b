"""How SQLite goes about the statements that a call makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import event

from tests.unit.lake.world import World

BIG: Final = frozenset(
    {"paths", "file_versions", "filesets", "fileset_versions", "manifest_nodes", "metadata_values", "tags", "actions",
     "action_inputs", "action_outputs", "blobs", "objects", "upload_files", "jobs", "events"}
)  # fmt: skip
"""Tables that grow with the lake."""


@contextmanager
def recorded(world: World) -> Iterator[list[tuple[str, Any]]]:
    """The statements made within, with their parameters."""
    made: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.split(None, 1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            made.append((statement, parameters[0] if many else parameters))

    engine = world.store._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scans(world: World, call: Callable[[], object]) -> list[str]:
    """Where a call's statements go through the whole of a big table, or of all of a project's rows in it."""
    with recorded(world) as statements:
        call()
    assert statements, "the call makes no statement"
    found = []
    with world.store._engine.connect() as connection:
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            found += [f"{row[3]} IN {statement}" for row in plan if _is_scan(row[3], statement)]
    return found


def _is_scan(step: str, statement: str) -> bool:
    blooms = step.startswith("BLOOM FILTER ON ")  # made by reading all that the search would go through
    words = step.removeprefix("BLOOM FILTER ON ").split()
    if len(words) < 2 or not (blooms or words[0] in ("SCAN", "SEARCH")):
        return False
    table = words[0] if blooms else words[1]
    for name in BIG:
        if f"{name} AS {table}" in statement:
            table = name
    if table not in BIG:
        return False
    if not blooms and step.endswith("COVERING INDEX ix_file_versions_created (project_id=?)") and "DESC\n LIMIT" in statement:
        return False  # one end of an index
    return blooms or words[0] == "SCAN" or step.endswith("(project_id=?)")
