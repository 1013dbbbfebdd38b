"""What comes between the look and the removal: whoever takes up what was garbage keeps it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.lake import Lake

from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.errors import SnapshotNotFound
from acai_jupyter.domain.garbage import GarbageKind
from acai_jupyter.domain.uploads import DeclaredFile, Purpose

X = "/data/x"
CODE, NODES, OBJECTS, PACKED, STRAYS = GarbageKind

Between = Callable[[Callable[[], object]], None]


@pytest.fixture
def between(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Between:
    """Has something happen once, after the collector has looked and before it removes."""

    def arrange(happens: Callable[[], object]) -> None:
        removing, waiting = lake.garbage._removing, [happens]

        def happen_first(project_id: object) -> object:
            if waiting:
                waiting.pop()()
            return removing(project_id)  # type: ignore[arg-type]

        monkeypatch.setattr(lake.garbage, "_removing", happen_first)

    return arrange


def test_an_upload_keeps_the_bytes_that_it_is_promised(lake: Lake, between: Between) -> None:
    lake.put({X: b"1", "/y": b"2"})
    for path in (X, "/y"):
        lake.rm(f"{path}:1")
    sessions = []
    declared = [DeclaredFile("/new", 1, of_bytes(b"1"))]
    between(lambda: sessions.append(lake.uploads.begin(lake.owner, Purpose.FILES, declared).session))
    assert lake.gc() == {OBJECTS: (1, 1)}
    lake.uploads.seal(lake.owner, sessions[0].id)
    lake.uploads.commit(lake.owner, sessions[0].id)
    assert lake.content("/new") == b"1"


def test_bytes_that_are_committed_again_stay(lake: Lake, between: Between) -> None:
    lake.put({X: b"1"})
    lake.rm(f"{X}:1")
    between(lambda: lake.put({X: b"1"}))
    assert lake.gc() == {}
    assert lake.content(X) == b"1"


def test_a_file_set_that_takes_up_a_list_keeps_it(lake: Lake, between: Between) -> None:
    lake.put({f"/many/{number:04}": b"x" for number in range(200)})
    lake.make("Hot", "/many/")
    lake.rm_set("Hot:1")
    between(lambda: lake.make("Again", "/many/"))
    assert lake.gc() == {}
    assert len(lake.ls("@Again")) == 200


def test_a_job_keeps_the_code_that_it_pins(lake: Lake, between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned, other = lake.code({"a.py": b"a"}), lake.code({"b.py": b"b"})
    lake.forget_uploads(monkeypatch)
    between(lambda: lake.submit(code=pinned))
    assert lake.gc() == {CODE: (1, 0), OBJECTS: (1, 1)}
    with lake.store.read() as unit:
        snapshot_id = lake.job(1).spec.code_snapshot_id
        assert snapshot_id is not None
        assert [file.path for file in unit.snapshots.files(lake.owner.project_id, snapshot_id)] == ["a.py"]
    with pytest.raises(SnapshotNotFound):
        lake.submit(code=other)
    assert len(lake.stored()) == 1


def test_an_object_that_another_collector_removed_is_not_counted_twice(lake: Lake, between: Between) -> None:
    lake.put({X: b"1"})
    lake.rm(f"{X}:1")
    found = []
    between(lambda: found.append(lake.gc()))
    assert lake.gc() == {}
    assert found == [{OBJECTS: (1, 1)}]
    assert lake.stored() == []
