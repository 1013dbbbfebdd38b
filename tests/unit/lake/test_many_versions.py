"""A set with very many versions: what is asked of it, or added to it, costs what it costs in a lake with few.

Cost is what SQLite has to do, counted in the instructions of its virtual machine, which are the same on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from sqlalchemy import event
from support.databases import SqliteDatabases

from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import apply, build
from acai_jupyter.lake.deletion import Deletions
from acai_jupyter.lake.filesets import add_version
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.lake.usage import UsageService
from tests.contracts.backends import BASE_URL
from tests.unit.lake.world import World

FEW: Final = 20
MANY: Final = 20_000 if os.environ.get("ACAI_TEST_FAULTS") == "full" else 2_000
FILES: Final = 200
_A_TRANSACTION: Final = 500
_INSTRUCTIONS: Final = 10

CALLS: Final[dict[str, Callable[[World, str], object]]] = {
    "a new version": lambda lake, name: lake.filesets.create(lake.ada, name, [f"@{name}", "/many/150:2"]),
    "the list of sets": lambda lake, name: lake.filesets.page(lake.ada, None, 10),
    "the latest": lambda lake, name: lake.filesets.get(lake.ada, name),
    "one that lies back": lambda lake, name: lake.filesets.get(lake.ada, f"{name}:9"),
    "its first versions": lambda lake, name: lake.filesets.versions(lake.ada, name, 0, 10),
    "its last versions": lambda lake, name: lake.filesets.versions(lake.ada, name, last(lake, name) - 10, 10),
    "a page of its files": lambda lake, name: lake.files.page(lake.ada, f"@{name}:9", None, 10),
    "a file of it": lambda lake, name: lake.files.download(lake.ada, f"/many/007@{name}:9", 10, BASE_URL),
    "one level of it": lambda lake, name: lake.files.one_level(lake.ada, f"/many/@{name}", None, 10),
    "the room it takes": lambda lake, name: UsageService(lake.store).of(lake.ada, f"@{name}"),
    "the difference of two": lambda lake, name: lake.filesets.diff(lake.ada, f"{name}:9", f"{name}:10", 10),
    "the difference of the last two": lambda lake, name: lake.filesets.diff(lake.ada, f"{name}:{last(lake, name) - 1}", name, 10),
    "its last version deleted": lambda lake, name: Deletions(lake.store).delete_fileset(lake.ada, f"{name}:{last(lake, name)}"),
}


def last(lake: World, name: str) -> int:
    return lake.filesets.get(lake.ada, name).version


def fill(lake: World, name: str, versions: int) -> None:
    """Versions of a set, each another by one file than the one before; many in a transaction, for only their number matters."""
    project = lake.ada.project_id
    content = build(Leaf(f"/many/{number:03}".encode(), 1, 1) for number in range(FILES))
    for start in range(0, versions, _A_TRANSACTION):
        with lake.store.begin() as unit:
            unit.lock_project(project)
            resolver = Resolver(unit, project)
            for number in range(start, min(start + _A_TRANSACTION, versions)):
                add_version(unit, lake.ada, name, content, [])
                key = f"/many/{number % FILES:03}".encode()
                changed = {key: Leaf(key, 2 - number // FILES % 2, 1)}
                content = apply(resolver.read_nodes, content.root, changed, resolver.kept)


def work(lake: World, call: Callable[[], object]) -> int:
    """How many instructions SQLite carries out for a call."""
    counted, used = 0, set()

    def tick() -> int:
        nonlocal counted
        counted += _INSTRUCTIONS
        return 0

    def note(connection: Any, cursor: Any, *more: Any) -> None:
        cursor.connection.set_progress_handler(tick, _INSTRUCTIONS)
        used.add(cursor.connection)

    event.listen(lake.store._engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(lake.store._engine, "before_cursor_execute", note)
        for connection in used:
            connection.set_progress_handler(None, 0)
    return counted


@pytest.fixture(scope="module")
def costs(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[int, int]]]:
    """What each call costs for a set of few versions in a small lake, and for one of many."""
    folder = tmp_path_factory.mktemp("many")
    lake = World(folder, sqlite_databases.new(folder))
    for content in (b"1", b"2"):
        lake.put({f"/many/{number:03}": content for number in range(FILES)})
    fill(lake, "Few", FEW)
    few = {name: work(lake, lambda call=call: call(lake, "Few")) for name, call in CALLS.items()}
    fill(lake, "Many", MANY)
    assert lake.filesets.page(lake.ada, "Few", 1)[0].version_count == MANY
    yield {name: (few[name], work(lake, lambda call=call: call(lake, "Many"))) for name, call in CALLS.items()}
    lake.close()


@pytest.mark.parametrize("name", list(CALLS))
def test_it_costs_what_it_costs_for_a_set_of_few_versions(costs: dict[str, tuple[int, int]], name: str) -> None:
    few, many = costs[name]
    assert 0 < many <= 2 * few + 500
