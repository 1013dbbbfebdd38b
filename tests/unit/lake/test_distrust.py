"""Nothing is believed of the client: what it says is checked, and what is refused changes nothing. (What is refused before it
comes to the database is tried on one of them, as `sqlite_world`.)"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from acai_jupyter.domain.access import Principal, TokenKind
from acai_jupyter.domain.digests import PART_SIZE, Digest, composite, of_bytes
from acai_jupyter.domain.errors import (
    DigestMismatch,
    Forbidden,
    InvalidInput,
    InvalidName,
    InvalidPath,
    InvalidRequest,
    LimitExceeded,
    UploadIncomplete,
    UploadNotFound,
)
from acai_jupyter.domain.uploads import CarriedFile, DeclaredFile, ObjectKind, Packing, Purpose, WantedObject
from acai_jupyter.lake.uploads import Uploads
from tests.contracts.backends import BASE_URL
from tests.unit.lake.world import LIFETIME_S, World, declared, whole

A, B = b"aaaa", b"bbbb"


def begin(world: World, files: dict[str, bytes]) -> UUID:
    return world.uploads.begin(world.ada, Purpose.FILES, declared(files)).session.id


def pack(offsets: list[int], content: bytes = A + B, **changes: Any) -> WantedObject:
    carried = tuple(CarriedFile(position, offset) for position, offset in enumerate(offsets))
    return replace(WantedObject(0, ObjectKind.PACK, len(content), of_bytes(content), carried), **changes)


def run(first: int, offset: int, count: int) -> WantedObject:
    """A pack of neighbours."""
    return replace(pack([]), files=(CarriedFile(first, offset, count),))


@pytest.mark.parametrize(
    "path",
    ["a", "", "/", "/a/", "//a", "/a//b", "/../a", "/a/..", "/./a", "/a\\b", "/a\0", "/a\nb", "/" + "x" * 256, "/\ud800",
     "/" + "/".join(["x" * 200] * 11), "/%2e%2e/a/../b"],
)  # fmt: skip
def test_what_is_no_path_of_the_lake_is_refused(sqlite_world: World, path: str) -> None:
    with pytest.raises(InvalidPath):
        sqlite_world.uploads.begin(sqlite_world.ada, Purpose.FILES, [DeclaredFile(path, 1, of_bytes(b"x"))])


@pytest.mark.parametrize("path", ["/src/train.py", "../train.py", "src/../../x", "", "a\\b", "./a"])
def test_what_leaves_the_folder_of_a_snapshot_is_refused(sqlite_world: World, path: str) -> None:
    with pytest.raises(InvalidPath):
        sqlite_world.uploads.begin(sqlite_world.ada, Purpose.SNAPSHOT, [DeclaredFile(path, 1, of_bytes(b"x"))])


BIG = PART_SIZE + 1
COMPOSITE = Digest("sha256-64m", bytes(32))


@pytest.mark.parametrize(
    ("size", "digest"),
    [
        (-1, of_bytes(b"")),
        (BIG, of_bytes(b"")),
        (1, COMPOSITE),
        (2**63, COMPOSITE),
        (2**200, COMPOSITE),
        (6 * 1024**4, COMPOSITE),
    ],
)
def test_sizes_that_can_not_be_are_refused(sqlite_world: World, size: int, digest: Digest) -> None:
    with pytest.raises(InvalidRequest):
        sqlite_world.uploads.begin(sqlite_world.ada, Purpose.FILES, [DeclaredFile("/a", size, digest)])


@pytest.mark.parametrize("first", [-1, 2, 10**30])
def test_files_are_declared_one_after_the_other(world: World, first: int) -> None:
    upload = begin(world, {"/a": A})
    with pytest.raises(InvalidRequest, match="'first' must continue"):
        world.uploads.add_files(world.ada, upload, first, declared({"/b": B}))


def test_too_many_files_in_a_call_are_refused(sqlite_world: World) -> None:
    many = [DeclaredFile(f"/{number}", 0, of_bytes(b"")) for number in range(20_001)]
    with pytest.raises(LimitExceeded, match="further calls"):
        sqlite_world.uploads.begin(sqlite_world.ada, Purpose.FILES, many)


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "a:1", "@a", "é", "a" * 129, "a\n"])
def test_a_file_set_gets_a_name_or_none(sqlite_world: World, name: str) -> None:
    with pytest.raises(InvalidName):
        sqlite_world.uploads.begin(sqlite_world.ada, Purpose.FILES, declared({"/a": A}), name)
    with pytest.raises(InvalidRequest):
        sqlite_world.uploads.begin(sqlite_world.ada, Purpose.SNAPSHOT, declared({"a": A}), "Set")


@pytest.mark.parametrize(
    "wanted",
    [
        whole(5, A), whole(-1, A), whole(10**30, A), whole(0, B), whole(0, A, ordinal=-1), whole(0, A, ordinal=10**30),
        replace(whole(0, A), files=()), replace(whole(0, A), files=(CarriedFile(0, 1),)),
        replace(whole(0, A), files=(CarriedFile(0, 0), CarriedFile(0, 0))),
        replace(whole(0, A), files=(CarriedFile(0, 0), CarriedFile(1, 0))), replace(whole(0, A), size=5),
        replace(whole(0, A), digest=COMPOSITE), replace(whole(0, A), kind=ObjectKind.MULTIPART),
        pack([0, 5]), pack([-1, 4]), pack([0, 10**30]), pack([0, 4], size=-8), pack([0, 4], size=PART_SIZE + 1),
        pack([0, 4], digest=COMPOSITE), pack([0, 4, 0]), run(0, 0, 3), run(1, 0, 2), run(0, 1, 2), run(0, 0, 0), run(0, 0, -1),
        run(0, -1, 2), run(0, 0, 10**30), replace(run(0, 0, 2), files=(CarriedFile(0, 0, 2), CarriedFile(1, 4))),
        replace(run(0, 0, 2), kind=ObjectKind.SINGLE), pack([0, 0], A), pack([0, 2], A + A[:2]),
    ],
)  # fmt: skip
def test_an_object_that_can_not_carry_its_files_is_refused(world: World, wanted: WantedObject) -> None:
    upload = begin(world, {"/a": A, "/b": B})
    with pytest.raises(InvalidRequest):
        world.uploads.urls(world.ada, upload, [wanted], BASE_URL)
    with pytest.raises(UploadIncomplete):
        world.uploads.seal(world.ada, upload)


@pytest.mark.parametrize("parts", [(), (bytes(32),), (bytes(32), bytes(32)), (bytes(32),) * 3])
def test_parts_that_are_not_those_of_a_large_file_are_refused(world: World, parts: tuple[bytes, ...]) -> None:
    digest = composite([hashlib.sha256(b"1").digest(), hashlib.sha256(b"2").digest()])
    begun = world.uploads.begin(world.ada, Purpose.FILES, [DeclaredFile("/a", BIG, digest)])
    wanted = WantedObject(0, ObjectKind.MULTIPART, BIG, digest, (CarriedFile(0, 0),), parts)
    with pytest.raises(InvalidRequest, match="parts"):
        world.uploads.urls(world.ada, begun.session.id, [wanted], BASE_URL)


@pytest.mark.parametrize("content", [b"aaaX", b"aaa", b"aaaaa", b""])
def test_bytes_other_than_those_announced_are_refused_when_they_are_sent(world: World, content: bytes) -> None:
    upload = begin(world, {"/a": A})
    with pytest.raises(DigestMismatch):
        world.send(world.ada, upload, [(whole(0, A), content)])
    with pytest.raises(UploadIncomplete):
        world.uploads.seal(world.ada, upload)
    assert world.stored() == []


def test_a_pack_that_was_planned_before_the_settings_changed_is_taken(world: World) -> None:
    upload = begin(world, {"/a": A, "/b": B})
    uploads = Uploads(world.store, world.blobs, LIFETIME_S, 600, Packing(4, 7))
    ((ordinal, signed),) = uploads.urls(world.ada, upload, [pack([0, 4])], BASE_URL)
    assert (ordinal, len(signed.requests)) == (0, 1)


@pytest.mark.parametrize("offsets", [[0, 3], [4, 0], [0, 0]])
def test_a_pack_whose_files_lie_elsewhere_is_not_sealed(world: World, offsets: list[int]) -> None:
    upload = begin(world, {"/a": A, "/b": B})
    world.send(world.ada, upload, [(pack(offsets), A + B)])
    with pytest.raises(DigestMismatch):
        world.uploads.seal(world.ada, upload)
    assert world.list("/") == []


def test_a_pack_with_its_files_in_any_place_is_taken(world: World) -> None:
    upload = begin(world, {"/b": B, "/a": A, "/empty": b""})
    world.send(world.ada, upload, [(pack([6, 0, 12], A + b"--" + B + b"--"), A + b"--" + B + b"--")])
    world.uploads.seal(world.ada, upload)
    world.uploads.commit(world.ada, upload)
    assert world.read("/") == {"/a": A, "/b": B, "/empty": b""}


def test_a_pack_of_neighbours_is_told_as_a_run_of_them(world: World) -> None:
    world.put({"/x": b"there"})
    upload = begin(world, {"/b": B, "/a": A, "/there": b"there", "/empty": b"", "/c": b"c"})
    carried = (CarriedFile(3, 8, 2), CarriedFile(0, 0, 2))
    world.send(world.ada, upload, [(replace(pack([], B + A + b"c"), files=carried), B + A + b"c")])
    world.uploads.seal(world.ada, upload)
    world.uploads.commit(world.ada, upload)
    assert world.read("/") == {"/a": A, "/b": B, "/c": b"c", "/empty": b"", "/there": b"there", "/x": b"there"}


def test_a_run_across_a_file_that_the_store_has_is_refused(world: World) -> None:
    world.put({"/x": b"there"})
    upload = begin(world, {"/a": A, "/there": b"there", "/b": B})
    with pytest.raises(InvalidRequest, match="has the bytes"):
        world.uploads.urls(world.ada, upload, [run(0, 0, 3)], BASE_URL)


def test_a_run_is_not_announced_again_as_other_runs(world: World) -> None:
    upload = begin(world, {"/a": A, "/b": B})
    first = world.uploads.urls(world.ada, upload, [run(0, 0, 2)], BASE_URL)
    assert [ordinal for ordinal, _ in world.uploads.urls(world.ada, upload, [run(0, 0, 2)], BASE_URL)] == [first[0][0]]
    for other in (pack([0, 4]), replace(run(0, 0, 2), ordinal=1), replace(run(1, 4, 1), ordinal=1)):
        with pytest.raises(InvalidRequest, match="announced in another object"):
            world.uploads.urls(world.ada, upload, [other], BASE_URL)


def test_a_false_digest_never_gets_into_the_store(world: World) -> None:
    """The object of one file is announced again as a pack, which would carry another file unread."""
    upload = begin(world, {"/a": A, "/false": B})
    world.uploads.urls(world.ada, upload, [whole(0, A)], BASE_URL)
    again = WantedObject(0, ObjectKind.PACK, len(A), of_bytes(A), (CarriedFile(1, 0),))
    with pytest.raises(InvalidRequest, match="other bytes"):
        world.uploads.urls(world.ada, upload, [again], BASE_URL)
    assert world.uploads.begin(world.ada, Purpose.FILES, declared({"/b": B})).missing == (0,)


def test_a_file_is_not_moved_to_another_object_or_place_once_it_was_announced(world: World) -> None:
    upload = begin(world, {"/a": A, "/b": B})
    world.uploads.urls(world.ada, upload, [pack([0, 4])], BASE_URL)
    for other in (pack([4, 0]), pack([0, 4], ordinal=1), whole(1, B, ordinal=1)):
        with pytest.raises(InvalidRequest, match="announced in another object"):
            world.uploads.urls(world.ada, upload, [other], BASE_URL)
    world.send(world.ada, upload, [(pack([0, 4]), A + B)])
    world.uploads.seal(world.ada, upload)


def test_a_file_whose_bytes_are_there_is_not_sent_again(world: World) -> None:
    world.put({"/x": A})
    upload = begin(world, {"/a": A})
    with pytest.raises(InvalidRequest, match="has the bytes"):
        world.uploads.urls(world.ada, upload, [whole(0, A)], BASE_URL)


def test_another_projects_bytes_are_never_taken_for_ones_own(world: World) -> None:
    world.put({"/secret": A})
    eve = world.stranger()
    begun = world.uploads.begin(eve, Purpose.FILES, declared({"/guess": A}))
    assert begun.missing == (0,)
    with pytest.raises(UploadIncomplete):
        world.uploads.seal(eve, begun.session.id)


def uses(world: World, who: Principal, upload: UUID) -> list[Any]:
    return [
        lambda: world.uploads.add_files(who, upload, 1, declared({"/b": B})),
        lambda: world.uploads.urls(who, upload, [whole(0, A)], BASE_URL),
        lambda: world.uploads.seal(who, upload),
        lambda: world.uploads.commit(who, upload),
        lambda: world.uploads.abort(who, upload),
        lambda: world.uploads.get(who, upload),
        lambda: world.uploads.committed(who, upload, -1, 10),
    ]


def test_a_session_is_its_owners_alone(world: World) -> None:
    upload = begin(world, {"/a": A})
    for who in (world.bob, world.stranger(), world.agent(world.job())):
        for use in uses(world, who, upload):
            with pytest.raises(UploadNotFound):
                use()


def test_a_jobs_reading_token_touches_no_upload_of_its_submitter(world: World) -> None:
    upload = begin(world, {"/a": A})
    reading = replace(world.agent(world.job()), kind=TokenKind.LAKE)
    for use in uses(world, reading, upload):
        with pytest.raises(Forbidden):
            use()
    with pytest.raises(Forbidden):
        world.uploads.begin(reading, Purpose.FILES, declared({"/a": A}))


def test_a_jobs_upload_is_its_agents_alone(world: World) -> None:
    job = world.job()
    upload = world.uploads.begin(world.agent(job), Purpose.OUTPUT, declared({"/a": A})).session.id
    others = [world.ada, world.agent(job, attempt=1), world.agent(job, rank=1), world.agent(world.job())]
    for who in others:
        for use in uses(world, who, upload):
            with pytest.raises(UploadNotFound):
                use()
    world.uploads.get(world.agent(job), upload)


def test_a_jobs_output_is_committed_by_the_jobs_end_only(world: World) -> None:
    agent = world.agent(world.job())
    upload = world.sealed({"/a": A}, agent, Purpose.OUTPUT)
    with pytest.raises(Forbidden, match="when the job ends"):
        world.uploads.commit(agent, upload)
    assert world.list("/") == []


def test_people_upload_no_outputs_and_agents_no_files(world: World) -> None:
    for who, purpose in ((world.ada, Purpose.OUTPUT), (world.agent(world.job()), Purpose.FILES)):
        with pytest.raises(Forbidden):
            world.uploads.begin(who, purpose, declared({"/a": A}))


def test_a_refused_call_leaves_the_session_as_it_was(world: World) -> None:
    upload = begin(world, {"/a": A})
    for wrong in ([*declared({"/b": B}), *declared({"/b": A})], [DeclaredFile("/../x", 1, of_bytes(b"x"))]):
        with pytest.raises(InvalidInput):
            world.uploads.add_files(world.ada, upload, 1, wrong)
    world.send(world.ada, upload, [(whole(0, A), A)])
    world.uploads.seal(world.ada, upload)
    world.uploads.commit(world.ada, upload)
    assert world.list("/") == ["/a:1"]
