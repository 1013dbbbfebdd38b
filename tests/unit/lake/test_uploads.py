"""Upload sessions: begin, send, seal, commit or abort; every call can be repeated, and nothing is half done."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from acai_jupyter.domain.errors import (
    BlobNotFound,
    EmptyFileset,
    IdempotencyKeyReused,
    InvalidRequest,
    UploadIncomplete,
    UploadNotFound,
    UploadNotPending,
)
from acai_jupyter.domain.uploads import Purpose, UploadState
from tests.contracts.backends import BASE_URL
from tests.contracts.threads import together
from tests.unit.lake.world import World, declared, whole


def test_files_are_numbered_from_one_and_read_back(world: World) -> None:
    finished = world.put({"/data/a": b"one", "/data/b": b"", "/c": b"three"})
    assert (finished.session.state, finished.file_count) == (UploadState.COMMITTED, 3)
    assert world.list("/") == ["/c:1", "/data/a:1", "/data/b:1"]
    assert world.read("/") == {"/c": b"three", "/data/a": b"one", "/data/b": b""}


def test_other_bytes_make_the_next_version_and_the_same_bytes_none(world: World) -> None:
    world.put({"/a": b"one", "/b": b"same"})
    finished = world.put({"/a": b"two", "/b": b"same"})
    made = world.uploads.committed(world.ada, finished.session.id, -1, 10)
    assert [(at, file.path, file.version, file.unchanged) for at, file in made] == [(0, "/a", 2, False), (1, "/b", 1, True)]
    assert world.list("/") == ["/a:2", "/b:1"]


def test_bytes_of_an_older_version_make_a_new_one(world: World) -> None:
    for content in (b"one", b"two", b"one"):
        world.put({"/a": content})
    assert [file.version for file in world.files.versions(world.ada, "/a", 0, 10)] == [1, 2, 3]
    assert world.read("/a:1") == world.read("/a:3") == {"/a": b"one"}


def test_bytes_that_the_store_has_are_not_asked_for_again(world: World) -> None:
    world.put({"/a": b"same"})
    begun = world.uploads.begin(world.ada, Purpose.FILES, declared({"/x": b"new", "/y": b"same", "/z": b"new"}))
    assert begun.missing == (0,)
    world.send(world.ada, begun.session.id, [(whole(0, b"new"), b"new")])
    world.uploads.seal(world.ada, begun.session.id)
    world.uploads.commit(world.ada, begun.session.id)
    assert world.read("/") == {"/a": b"same", "/x": b"new", "/y": b"same", "/z": b"new"}


def test_every_call_can_be_repeated(world: World) -> None:
    files = declared({"/a": b"one", "/b": b"two"})
    first, again = (world.uploads.begin(world.ada, Purpose.FILES, files, "Set", key="k") for _ in range(2))
    assert first.missing == again.missing
    assert replace(again.session, expires_at=first.session.expires_at) == first.session
    upload = first.session.id
    more = [world.uploads.add_files(world.ada, upload, 2, declared({"/c": b"three"})).missing for _ in range(2)]
    assert more == [(2,), (2,)]
    contents = [b"one", b"two", b"three"]
    objects = [whole(at, content) for at, content in enumerate(contents)]
    world.uploads.urls(world.ada, upload, objects, BASE_URL)
    world.send(world.ada, upload, list(zip(objects, contents, strict=True)))
    assert world.uploads.seal(world.ada, upload) == world.uploads.seal(world.ada, upload)
    done, once_more = (world.uploads.commit(world.ada, upload) for _ in range(2))
    assert done == once_more
    assert world.uploads.get(world.ada, upload) == replace(done, latest=True)
    assert world.uploads.seal(world.ada, upload).state is UploadState.COMMITTED
    assert world.list("@Set") == ["/a:1", "/b:1", "/c:1"]
    assert world.uploads.begin(world.ada, Purpose.FILES, files, "Set", key="k").missing == ()


def test_a_session_is_resumed_by_its_key_from_where_it_broke_off(world: World) -> None:
    files = declared({"/a": b"one", "/b": b"two"})
    first = world.uploads.begin(world.ada, Purpose.FILES, files, key="k")
    world.send(world.ada, first.session.id, [(whole(0, b"one"), b"one")])
    resumed = world.uploads.begin(world.ada, Purpose.FILES, files, key="k")
    assert resumed.session.id == first.session.id
    world.send(world.ada, resumed.session.id, [(whole(1, b"two"), b"two")])
    world.uploads.seal(world.ada, resumed.session.id)
    world.uploads.commit(world.ada, resumed.session.id)
    assert world.read("/") == {"/a": b"one", "/b": b"two"}


def test_a_resumed_session_is_still_asked_for_bytes_that_others_brought_meanwhile(world: World) -> None:
    files = declared({"/a": b"one"})
    first = world.uploads.begin(world.ada, Purpose.FILES, files, key="k")
    world.put({"/other": b"one"})
    resumed = world.uploads.begin(world.ada, Purpose.FILES, files, key="k")
    assert resumed.missing == first.missing == (0,)
    world.send(world.ada, resumed.session.id, [(whole(0, b"one"), b"one")])
    world.uploads.seal(world.ada, resumed.session.id)
    assert world.uploads.commit(world.ada, resumed.session.id).file_count == 1


def test_a_key_that_was_used_for_another_upload_is_refused(world: World) -> None:
    world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}), key="k")
    for files, fileset in ((declared({"/a": b"two"}), None), (declared({"/a": b"one"}), "Set")):
        with pytest.raises(IdempotencyKeyReused):
            world.uploads.begin(world.ada, Purpose.FILES, files, fileset, key="k")


def test_nothing_is_seen_before_the_commit_and_nothing_stays_of_an_abort(world: World) -> None:
    upload = world.sealed({"/a": b"one"}, fileset="Set")
    assert world.list("/") == []
    assert len(world.stored()) == 1
    for _ in range(2):
        assert world.uploads.abort(world.ada, upload).state is UploadState.ABORTED
    assert world.list("/") == world.stored() == []
    with pytest.raises(UploadNotPending, match="begin a new one"):
        world.uploads.commit(world.ada, upload)


def test_a_commit_before_the_seal_is_told_what_is_missing(world: World) -> None:
    upload = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}), None).session.id
    with pytest.raises(UploadNotPending, match="pending, not sealed: seal it first"):
        world.uploads.commit(world.ada, upload)


def test_bytes_of_an_aborted_session_do_not_serve_for_others(world: World) -> None:
    world.uploads.abort(world.ada, world.sealed({"/a": b"one"}))
    assert world.uploads.begin(world.ada, Purpose.FILES, declared({"/b": b"one"})).missing == (0,)


def test_a_committed_session_can_not_be_aborted(world: World) -> None:
    finished = world.put({"/a": b"one"})
    with pytest.raises(UploadNotPending):
        world.uploads.abort(world.ada, finished.session.id)
    assert world.read("/a") == {"/a": b"one"}


def test_an_aborted_session_takes_nothing_more(world: World) -> None:
    begun = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}), key="k")
    upload = begun.session.id
    world.uploads.abort(world.ada, upload)
    for use in (
        lambda: world.uploads.urls(world.ada, upload, [whole(0, b"one")], BASE_URL),
        lambda: world.uploads.add_files(world.ada, upload, 1, declared({"/b": b"two"})),
        lambda: world.uploads.seal(world.ada, upload),
        lambda: world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}), key="k"),
    ):
        with pytest.raises(UploadNotPending):
            use()


def test_a_sealed_session_takes_nothing_more(world: World) -> None:
    upload = world.sealed({"/a": b"one"})
    for use in (
        lambda: world.uploads.urls(world.ada, upload, [whole(0, b"one")], BASE_URL),
        lambda: world.uploads.add_files(world.ada, upload, 1, declared({"/b": b"two"})),
    ):
        with pytest.raises(UploadNotPending):
            use()


def test_nothing_is_committed_that_was_not_sealed(world: World) -> None:
    begun = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}))
    with pytest.raises(UploadNotPending):
        world.uploads.commit(world.ada, begun.session.id)


def test_bytes_that_are_missing_are_named_at_the_seal(world: World) -> None:
    begun = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one", "/b": b"two"}))
    upload = begun.session.id
    world.send(world.ada, upload, [(whole(0, b"one"), b"one")])
    with pytest.raises(UploadIncomplete, match="'/b' were not sent"):
        world.uploads.seal(world.ada, upload)
    world.uploads.urls(world.ada, upload, [whole(1, b"two")], BASE_URL)
    with pytest.raises(UploadIncomplete, match="send what is missing"):
        world.uploads.seal(world.ada, upload)
    world.send(world.ada, upload, [(whole(1, b"two"), b"two")])
    world.uploads.seal(world.ada, upload)
    assert world.list("/") == []


def test_an_empty_upload_is_refused_at_its_commit(world: World) -> None:
    begun = world.uploads.begin(world.ada, Purpose.FILES, [])
    world.uploads.seal(world.ada, begun.session.id)
    with pytest.raises(EmptyFileset):
        world.uploads.commit(world.ada, begun.session.id)


def test_sessions_on_one_path_get_consecutive_versions_whatever_order_they_end_in(world: World) -> None:
    uploads = [world.sealed({"/a": f"{number}".encode()}) for number in range(8)]
    together([lambda upload=upload: world.uploads.commit(world.ada, upload) for upload in uploads])
    versions = world.files.versions(world.ada, "/a", 0, 100)
    assert [file.version for file in versions] == list(range(1, 9))
    assert {b"".join(world.read(f"/a:{file.version}").values()) for file in versions} == {b"%d" % n for n in range(8)}


def test_a_session_committed_by_many_threads_at_once_makes_one_version(world: World) -> None:
    upload = world.sealed({"/a": b"one"}, fileset="Set")
    done = together([lambda: world.uploads.commit(world.ada, upload)] * 6)
    assert len({finished.fileset.id for finished in done}) == 1
    assert world.list("/") == ["/a:1"]


def test_an_unknown_upload_is_not_found(world: World) -> None:
    with pytest.raises(UploadNotFound):
        world.uploads.seal(world.ada, uuid4())


def test_a_position_is_not_declared_as_two_files(world: World) -> None:
    begun = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"}))
    for other in ({"/b": b"one"}, {"/a": b"two"}):
        with pytest.raises(InvalidRequest, match="declared as another"):
            world.uploads.add_files(world.ada, begun.session.id, 0, declared(other))


def test_a_download_of_what_was_removed_behind_the_platforms_back_says_so(world: World) -> None:
    world.put({"/a": b"one"})
    (world.house.root / world.stored()[0]).unlink()
    with pytest.raises(BlobNotFound):
        world.read("/a")


def test_a_path_is_named_once_whether_in_one_call_or_in_two(world: World) -> None:
    twice = [*declared({"/a": b"one"}), *declared({"/a": b"two"})]
    with pytest.raises(InvalidRequest, match="name every path once"):
        world.uploads.begin(world.ada, Purpose.FILES, twice)
    upload = world.uploads.begin(world.ada, Purpose.FILES, declared({"/a": b"one"})).session.id
    with pytest.raises(InvalidRequest, match="name every path once"):
        world.uploads.add_files(world.ada, upload, 1, declared({"/a": b"two"}))
    assert world.uploads.get(world.ada, upload).file_count == 1
