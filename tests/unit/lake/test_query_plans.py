"""In a lake of thousands, what is asked for often finds its rows by an index: no statement goes through a whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.databases import SqliteDatabases

from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.positions import Position
from acai_jupyter.domain.provenance import Direction
from acai_jupyter.domain.uploads import Purpose
from tests.contracts.backends import BASE_URL
from tests.unit.lake.plans import scans
from tests.unit.lake.world import ASKER, World, declared

FILES, FILESETS, JOBS = ArtifactKind.FILES, ArtifactKind.FILESETS, ArtifactKind.JOBS
MANY = 3000


@pytest.fixture(scope="module")
def lake(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Thousands of files in many folders, two hundred file sets, and keys on some of them."""
    folder = tmp_path_factory.mktemp("lake")
    world = World(folder, sqlite_databases.new(folder))
    world.put({f"/d{number % 50:02}/f{number:04}": b"%d" % (number % 7) for number in range(MANY)}, "All")
    for number in range(100):
        world.filesets.create(world.ada, f"Set{number}", [f"/d{number % 50:02}/@All"])
        world.filesets.create(world.ada, f"Set{number}", [f"@Set{number}", "/d49/f0049"])
        world.run({f"/out/{number}": b""}, f"Out{number}")
    for number in range(0, 100, 5):
        world.metadata.change(world.ada, FILESETS, f"Set{number}", values={"accuracy": number / 100}, tag=["good"])
        world.metadata.change(world.ada, FILES, f"/d{number % 50:02}/f{number:04}", values={"source": f"s{number}"})
        world.metadata.change(world.ada, JOBS, str(number + 1), values={"loss": number / 10})
    yield world
    world.close()


def upload(lake: World) -> None:
    begun = lake.uploads.begin(lake.ada, Purpose.FILES, declared({"/d00/f0000": b"3", "/new": b"2"}), "All")
    lake.uploads.seal(lake.ada, begun.session.id)
    lake.uploads.commit(lake.ada, begun.session.id)


def look_at_events(lake: World) -> None:
    with lake.store.read() as unit:
        unit.events.after(lake.ada.project_id, 100, 20)


def find(kind: ArtifactKind, query: str, **more: object) -> Callable[[World], object]:
    return lambda lake: lake.metadata.find(lake.ada, kind, query, ASKER, limit=10, **more)


CALLS: dict[str, Callable[[World], object]] = {
    "a file": lambda lake: lake.list("/d07/f0007"),
    "a version of a file": lambda lake: lake.list("/d07/f0007:1"),
    "a file of a set": lambda lake: lake.list("/d07/f0007@All"),
    "a page of a folder": lambda lake: lake.files.page(lake.ada, "/d07/", None, 20),
    "a later page of a folder": lambda lake: lake.files.page(lake.ada, "/d07/", Position("/d07/f0707", moment=2**60), 20),
    "one level": lambda lake: lake.files.one_level(lake.ada, "/", None, 20),
    "one level of a set": lambda lake: lake.files.one_level(lake.ada, "/@All", None, 20),
    "a page of a set": lambda lake: lake.files.page(lake.ada, "@All:1", None, 20),
    "a long page of a set": lambda lake: lake.files.page(lake.ada, "@All:1", None, 1000),
    "downloads": lambda lake: lake.files.downloads(lake.ada, "/d07/@All", None, 20, BASE_URL),
    "versions of a file": lambda lake: lake.files.versions(lake.ada, "/d07/f0007", 0, 20),
    "versions of a set": lambda lake: lake.filesets.versions(lake.ada, "Set7", 0, 20),
    "a set": lambda lake: lake.filesets.get(lake.ada, "Set7"),
    "a page of sets": lambda lake: lake.filesets.page(lake.ada, "Set5", 20),
    "a merged set": lambda lake: lake.filesets.create(lake.ada, "Merged", ["@Set5", "@Set6", "/d07/f0007", "/out/5"]),
    "an upload": upload,
    "metadata": lambda lake: lake.metadata.get(lake.ada, FILESETS, "Set5"),
    "a key set": lambda lake: lake.metadata.change(lake.ada, FILES, "/d07/f0007", values={"a": 1}, tag=["x"], unset=["b"]),
    "sets by a user's key": find(FILESETS, "accuracy > 0.9"),
    "sets by a tag": find(FILESETS, 'tag("good")'),
    "sets by their job's key": find(FILESETS, "job.loss < 1"),
    "files by a user's key": find(FILES, 'source == "s5"'),
    "files by a user's keys": find(FILES, 'source == "s5" and source != "s6"'),
    "jobs by a user's key": find(JOBS, "loss in [0.5, 1]"),
    "one step back": lambda lake: lake.provenance.step(lake.ada, "Set7", Direction.BACKWARD),
    "a trace forward": lambda lake: lake.provenance.trace(lake.ada, "Out7", Direction.FORWARD),
    "events": look_at_events,
}


@pytest.mark.parametrize("name", list(CALLS))
def test_it_is_found_by_an_index(lake: World, name: str) -> None:
    assert scans(lake, lambda: CALLS[name](lake)) == []


def test_a_scan_would_be_seen(lake: World) -> None:
    assert scans(lake, lambda: find(FILES, "size > 1")(lake)) != []


def test_a_new_version_of_a_large_set_costs_what_changed(lake: World, tmp_path: Path) -> None:
    def nodes() -> int:
        with lake.store._engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM manifest_nodes").scalar_one())

    lake.put({"/d07/f0007": b"changed"})
    before = nodes()
    lake.filesets.create(lake.ada, "All", ["@All:1", "/d07/f0007"])
    assert nodes() - before <= 5
