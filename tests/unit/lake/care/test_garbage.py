"""Collecting garbage: what nothing names goes, in the database and in the store, and nothing else ever does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.lake import DAY, Lake

from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.errors import Forbidden, InvalidRequest, StoreUnavailable
from acai_jupyter.domain.garbage import GarbageKind
from acai_jupyter.domain.uploads import CarriedFile, DeclaredFile, ObjectKind, Purpose, WantedObject
from acai_jupyter.lake import steps

X = "/data/x"
CODE, NODES, OBJECTS, PACKED, STRAYS = GarbageKind


def test_a_lake_in_use_has_no_garbage(lake: Lake) -> None:
    lake.put({X: b"1", "/data/y": b"2"})
    lake.put({X: b"3"})
    lake.make("Hot", "/data/")
    lake.rm(X)
    agent = lake.running(code=lake.code({"main.py": b"code"}), input="Hot")
    agent.log(b"said\n")
    agent.report()
    lake.logs.compact()
    before = lake.stored()
    assert lake.gc() == {}
    assert lake.stored() == before
    assert lake.content(f"{X}:1") == b"1"
    assert lake.logs.read(lake.owner, "1", 0).data == b"said\n"


def test_a_report_tells_what_would_go_and_removes_nothing(lake: Lake) -> None:
    lake.put({X: b"1" * 10})
    lake.rm(f"{X}:1")
    before = lake.stored()
    for _ in range(2):
        assert lake.gc(run=False) == {OBJECTS: (1, 10)}
        assert lake.stored() == before
    assert lake.gc() == {OBJECTS: (1, 10)}
    assert lake.stored() == []
    assert lake.gc() == {}


def test_bytes_stay_as_long_as_anything_names_them(lake: Lake) -> None:
    lake.put({X: b"1" * 10, "/copy": b"1" * 10})
    lake.make("Hot", "/copy")
    lake.rm(f"{X}:1")
    assert lake.gc() == {}
    assert lake.content("/copy") == lake.content("/copy@Hot") == b"1" * 10


def test_the_same_bytes_can_be_uploaded_again_once_they_are_gone(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(f"{X}:1")
    lake.gc()
    lake.put({X: b"1"})
    assert lake.content(X) == b"1"
    assert lake.ls() == [f"{X}:2"]


def test_bytes_that_nothing_names_serve_an_upload_until_they_are_collected(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(f"{X}:1")
    assert lake.uploads.begin(lake.owner, Purpose.FILES, [DeclaredFile(X, 1, of_bytes(b"1"))]).missing == ()
    assert lake.gc() == {}, "the upload was promised these bytes"


def test_what_an_upload_was_promised_stays_until_it_ends(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(f"{X}:1")
    promised = lake.uploads.begin(lake.owner, Purpose.FILES, [DeclaredFile("/new", 1, of_bytes(b"1"))]).session
    assert lake.gc() == {}
    lake.uploads.seal(lake.owner, promised.id)
    lake.uploads.commit(lake.owner, promised.id)
    assert lake.gc() == {}
    assert lake.content("/new") == b"1"
    lake.rm("/new:1")
    given_up = lake.uploads.begin(lake.owner, Purpose.FILES, [DeclaredFile("/new", 1, of_bytes(b"1"))]).session
    lake.uploads.abort(lake.owner, given_up.id)
    assert lake.gc() == {OBJECTS: (1, 1)}


def test_an_upload_in_any_state_keeps_its_own_bytes(lake: Lake) -> None:
    upload = lake.send(lake.owner, Purpose.FILES, {X: b"1", "/y": b"2"})
    lake.seconds_later = 30 * DAY
    assert lake.gc() == {}
    lake.uploads.commit(lake.owner, upload)
    assert lake.gc() == {}
    assert (lake.content(X), lake.content("/y")) == (b"1", b"2")


def test_of_two_uploads_that_carried_the_same_bytes_one_object_is_garbage(lake: Lake) -> None:
    uploads = [lake.send(lake.owner, Purpose.FILES, {path: b"same"}) for path in ("/a", "/b")]
    for upload in uploads:
        lake.uploads.commit(lake.owner, upload)
    assert lake.gc() == {OBJECTS: (1, 4)}
    assert (lake.content("/a"), lake.content("/b")) == (b"same", b"same")
    assert len(lake.stored()) == 1


def test_code_that_no_job_runs_goes_once_its_upload_is_forgotten(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    used, unused = lake.code({"a.py": b"a" * 10}), lake.code({"a.py": b"b" * 20})
    lake.submit(code=used)
    assert lake.gc() == {}, "whoever uploaded it may still submit a job"
    lake.forget_uploads(monkeypatch)
    assert lake.gc(run=False) == {CODE: (1, 0), OBJECTS: (1, 20)}
    assert lake.gc() == {CODE: (1, 0), OBJECTS: (1, 20)}
    assert lake.gc() == {}
    assert lake.submit(code=used).job.spec.code_snapshot_id is not None
    assert lake.code({"a.py": b"b" * 20}) != unused


def test_what_a_job_left_is_kept_with_it(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = lake.running()
    agent.report(exit_code=1, kept_upload=agent.kept({"checkpoint": b"c" * 10}))
    lake.forget_uploads(monkeypatch)
    assert lake.gc() == {}
    assert len(lake.stored()) == 1


def test_lists_of_deleted_file_sets_go_and_what_they_share_stays(lake: Lake) -> None:
    lake.put({f"/many/{number:04}": b"x" for number in range(200)})
    lake.make("Hot", "/many/")
    lake.put({"/many/0100": b"y"})
    lake.make("Hot", "/many/")
    lake.put({"/alone": b"z"})
    lake.make("Alone", "/alone")
    count = node_count(lake)
    lake.rm_set("Hot:1")
    lake.rm_set("Alone:1")
    (gone, _) = lake.gc(run=False)[NODES]
    assert 2 <= gone < count - 1
    assert lake.gc()[NODES][0] == gone
    assert node_count(lake) == count - gone
    assert len(lake.ls("@Hot")) == 200


def test_packs_go_whole_and_what_is_dead_in_a_living_one_is_told(lake: Lake) -> None:
    lake.put_pack({"/p/a": b"a" * 10, "/p/b": b"b" * 20})
    lake.rm("/p/a:1")
    assert lake.gc() == {PACKED: (1, 10)}
    assert lake.content("/p/b") == b"b" * 20
    lake.put_pack({"/p/c": b"c" * 5, "/p/d": b"d"})
    lake.rm("/p/b:1")
    assert lake.gc() == {OBJECTS: (1, 30)}
    assert lake.content("/p/c") == b"c" * 5


def test_what_no_row_knows_goes_only_when_no_url_to_it_can_be_valid(lake: Lake) -> None:
    lake.put({X: b"1"})
    folder = lake.folder / "objects" / lake.owner.project_id.hex
    stray = folder / "0abc" / "0def"
    stray.parent.mkdir()
    stray.write_bytes(b"stray")
    lake.seconds_later = DAY - 60
    assert lake.gc() == {}
    lake.seconds_later = DAY + 60
    assert lake.gc(run=False) == {STRAYS: (1, 5)}
    assert stray.exists()
    assert lake.gc() == {STRAYS: (1, 5)}
    assert not stray.parent.exists()
    assert lake.content(X) == b"1"


def test_what_a_crash_left_half_done_goes_beside_whole_objects_too(lake: Lake) -> None:
    lake.put({X: b"1"})
    whole = lake.folder / "objects" / lake.stored()[0]
    whole.with_name(f"{whole.name}.00ab.tmp").write_bytes(b"half")
    parts = whole.with_name(f"{whole.name}.00cd.parts")
    parts.mkdir()
    (parts / "data").write_bytes(b"part")
    lake.seconds_later = DAY + 60
    assert lake.gc() == {STRAYS: (2, 8)}
    assert [path.name for path in whole.parent.iterdir()] == [whole.name]


def test_half_done_parts_of_an_upload_that_goes_on_stay(lake: Lake) -> None:
    session = lake.uploads.begin(lake.owner, Purpose.FILES, [DeclaredFile(X, 3, of_bytes(b"abc"))]).session
    wanted = WantedObject(0, ObjectKind.SINGLE, 3, of_bytes(b"abc"), (CarriedFile(0, 0),))
    lake.uploads.urls(lake.owner, session.id, [wanted], "http://127.0.0.1:1/")
    with lake.store.read() as unit:
        (item,) = unit.uploads.objects(session)
    half = lake.folder / "objects" / f"{item.key}.00ab.tmp"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"ab")
    lake.seconds_later = 30 * DAY
    assert lake.gc() == {}
    lake.uploads.abort(lake.owner, session.id)
    assert lake.stored() == []


def test_files_that_are_not_the_stores_are_left_alone(lake: Lake) -> None:
    lake.put({X: b"1"})
    folder = lake.folder / "objects" / lake.owner.project_id.hex
    foreign = [folder / "README.txt", folder / "00ab" / "notes"]
    foreign[1].parent.mkdir()
    for path in foreign:
        path.write_bytes(b"mine")
    (folder / "00cd").symlink_to(lake.folder)
    lake.seconds_later = 30 * DAY
    assert lake.gc() == {}
    assert all(path.exists() for path in foreign)


def test_bytes_whose_removal_failed_are_found_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.put({X: b"1" * 10})
    lake.rm(f"{X}:1")

    def fail(name: str) -> None:
        raise StoreUnavailable("The object store can't be used.")

    with monkeypatch.context() as broken, pytest.raises(StoreUnavailable):
        broken.setattr(lake.inventory, "discard", fail)
        lake.gc()
    assert len(lake.stored()) == 1
    lake.seconds_later = DAY + 60
    assert lake.gc() == {STRAYS: (1, 10)}
    assert lake.stored() == []


def test_a_collection_goes_on_from_a_cursor_and_a_step_can_be_repeated(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "STEP_SECONDS", 0.0)
    lake.put({f"/{number}": bytes([number]) for number in range(7)})
    for number in range(7):
        lake.rm(f"/{number}:1")
    taken, cursor = [], None
    while True:
        first = lake.garbage.step(lake.owner, cursor, run=False)
        assert lake.garbage.step(lake.owner, cursor, run=False) == first
        taken.append(lake.garbage.step(lake.owner, cursor, run=True))
        cursor = taken[-1].cursor
        if cursor is None:
            break
    assert len(taken) > 5
    assert sum(item.count for step in taken for item in step.found) == 7
    assert lake.stored() == []


@pytest.mark.parametrize("cursor", ["", "x", "nothing:", "objects:zz", "objects:ab", "nodes:abc", "packed:", "strays:../.."])
def test_a_cursor_that_is_none_is_refused(lake: Lake, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        lake.garbage.step(lake.owner, cursor, run=True)


def test_only_admins_collect_and_only_in_their_own_project(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(f"{X}:1")
    _, token = lake.access.create_project(lake.owner, "elsewhere", "eve")
    assert lake.gc(who=lake.access.authenticate(token)) == {}
    for who in (lake.user("bob"), lake.running().principal):
        with pytest.raises(Forbidden, match="look after the store"):
            lake.gc(who=who)
    assert lake.gc() == {OBJECTS: (1, 1)}


def node_count(lake: Lake) -> int:
    with lake.store.read() as unit:
        return len(unit.garbage.nodes(lake.owner.project_id, b"", 100_000))


def test_the_folder_of_a_large_store_is_listed_in_order_from_anywhere(lake: Lake, tmp_path: Path) -> None:
    prefix = lake.owner.project_id.hex
    names = [f"{prefix}/{one:02x}/{two:02x}" for one in range(4) for two in range(3)]
    for name in names:
        path = tmp_path / "objects" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (1, 1))
    assert lake.stored() == names
    for position, name in enumerate(names):
        assert [item.name for item in lake.inventory.list(prefix, name)] == names[position + 1 :]
