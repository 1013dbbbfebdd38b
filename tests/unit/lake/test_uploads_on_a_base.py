"""Uploads that build on an earlier one: what they declare, what they leave out, and what stands in their way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import pytest

from acai_jupyter.domain.errors import EmptyFileset, InvalidRequest, LimitExceeded, UploadBaseChanged, UploadNotFound
from acai_jupyter.domain.uploads import MOST_FILES_A_CALL, Purpose
from acai_jupyter.lake.bases import Base
from acai_jupyter.lake.uploads import Finished
from tests.unit.lake.world import World, declared, whole

TREE = {"/t/a": b"a", "/t/b": b"b", "/t/c/d": b"d"}


def sealed(world: World, base: UUID, files: Mapping[str, bytes], removed: Sequence[str] = (), name: str | None = "Tree") -> UUID:
    contents = list(files.values())
    begun = world.uploads.begin(world.ada, Purpose.FILES, declared(files), name, base=Base(base, tuple(removed)))
    world.send(world.ada, begun.session.id, [(whole(at, contents[at]), contents[at]) for at in begun.missing])
    world.uploads.seal(world.ada, begun.session.id)
    return begun.session.id


def put(world: World, base: UUID, files: Mapping[str, bytes], removed: Sequence[str] = ()) -> Finished:
    return world.uploads.commit(world.ada, sealed(world, base, files, removed))


def content(world: World, reference: str) -> dict[str, int]:
    page, _ = world.files.page(world.ada, reference, None, 100)
    return {file.path: file.version for file in page}


def test_it_holds_its_base_but_for_what_it_declares(world: World) -> None:
    first = world.put(TREE, "Tree")
    second = put(world, first.session.id, {"/t/b": b"changed", "/t/new": b"new"}, removed=["/t/c/d"])
    assert second.fileset is not None
    assert second.fileset.label == "Tree:2"
    assert second.fileset.file_count == 3
    assert content(world, "@Tree:2") == {"/t/a": 1, "/t/b": 2, "/t/new": 1}
    assert content(world, "@Tree:1") == {"/t/a": 1, "/t/b": 1, "/t/c/d": 1}


def test_it_makes_the_same_manifest_as_an_upload_of_everything(world: World) -> None:
    first = world.put(TREE, "Tree")
    second = put(world, first.session.id, {"/t/b": b"changed"})
    everything = world.put({**TREE, "/t/b": b"changed"}, "Other")
    assert second.fileset is not None
    assert everything.fileset is not None
    assert second.fileset.root == everything.fileset.root


def test_a_base_may_have_a_base(world: World) -> None:
    first = world.put(TREE, "Tree")
    second = put(world, first.session.id, {"/t/b": b"2"})
    third = put(world, second.session.id, {"/t/a": b"2"})
    assert third.session.base_id == second.session.id
    assert content(world, "@Tree:3") == {"/t/a": 2, "/t/b": 2, "/t/c/d": 1}


def test_a_file_that_is_only_left_out_makes_a_version_without_it(world: World) -> None:
    first = world.put(TREE, "Tree")
    put(world, first.session.id, {}, removed=["/t/a"])
    assert content(world, "@Tree:2") == {"/t/b": 1, "/t/c/d": 1}


def test_where_nothing_is_left_there_is_no_file_set(world: World) -> None:
    first = world.put(TREE, "Tree")
    with pytest.raises(EmptyFileset):
        put(world, first.session.id, {}, removed=list(TREE))


def test_declared_bytes_that_are_the_latest_already_stay_unchanged(world: World) -> None:
    first = world.put(TREE, "Tree")
    second = put(world, first.session.id, {"/t/a": b"a"})
    assert second.fileset is not None
    assert second.fileset.label == "Tree:1"


def change_a_file(world: World, first: Finished) -> None:
    world.put({"/elsewhere": b"x"})


def create_a_file_set(world: World, first: Finished) -> None:
    world.filesets.create(world.ada, "Another", ["/t/a"])


@pytest.mark.parametrize("change", [change_a_file, create_a_file_set])
def test_it_is_refused_where_the_lake_changed_since(world: World, change: Callable[[World, Finished], None]) -> None:
    first = world.put(TREE, "Tree")
    change(world, first)
    with pytest.raises(UploadBaseChanged):
        sealed(world, first.session.id, {"/t/b": b"2"})


def test_its_commit_is_refused_where_the_lake_changed_meanwhile(world: World) -> None:
    first = world.put(TREE, "Tree")
    upload = sealed(world, first.session.id, {"/t/b": b"2"})
    world.put({"/t/a": b"somebody else's"})
    with pytest.raises(UploadBaseChanged):
        world.uploads.commit(world.ada, upload)
    assert content(world, "/t/") == {"/t/a": 2, "/t/b": 1, "/t/c/d": 1}


def test_its_commit_can_be_repeated_though_the_lake_has_changed_since(world: World) -> None:
    first = world.put(TREE, "Tree")
    upload = sealed(world, first.session.id, {"/t/b": b"2"})
    once = world.uploads.commit(world.ada, upload)
    world.put({"/elsewhere": b"x"})
    assert world.uploads.commit(world.ada, upload) == once


def test_a_base_without_a_file_set_makes_none(world: World) -> None:
    first = world.put(TREE)
    with pytest.raises(UploadBaseChanged):
        sealed(world, first.session.id, {"/t/b": b"2"})
    world.uploads.commit(world.ada, sealed(world, first.session.id, {"/t/b": b"2"}, name=None))
    assert content(world, "/t/") == {"/t/a": 1, "/t/b": 2, "/t/c/d": 1}


def test_a_base_that_was_not_committed_is_refused(world: World) -> None:
    upload = world.sealed(TREE, fileset="Tree")
    with pytest.raises(UploadBaseChanged):
        sealed(world, upload, {"/t/b": b"2"})


def test_somebody_elses_upload_is_no_base(world: World) -> None:
    first = world.put(TREE, "Tree", who=world.bob)
    with pytest.raises(UploadNotFound):
        sealed(world, first.session.id, {"/t/b": b"2"})


def test_only_an_upload_of_files_has_a_base(world: World) -> None:
    first = world.put(TREE, "Tree")
    with pytest.raises(InvalidRequest):
        world.uploads.begin(world.ada, Purpose.SNAPSHOT, [], base=Base(first.session.id))


def test_it_leaves_out_only_so_many_files(world: World) -> None:
    first = world.put(TREE, "Tree")
    with pytest.raises(LimitExceeded):
        sealed(world, first.session.id, {}, removed=[f"/t/{number}" for number in range(MOST_FILES_A_CALL + 1)])
