"""Uploads, as the agent and the Python client do them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acai_agent import contract
from acai_agent.http import Api, ConnectionFailed, Http, HttpError
from acai_agent.transfer import Cancelled, FileChanged, FileUnreadable, LocalFile, upload
from tests.agent.stand_in import TOKEN, StandIn
from tests.agent.stand_in_lake import digest

SMALL = 1000
LARGE = contract.PART_SIZE + 5


@pytest.fixture
def api(platform: StandIn) -> Iterator[Api]:
    with Http() as http:
        yield Api(platform.url, TOKEN, http=http, patience_s=10)


def local(folder: Path, files: dict[str, bytes]) -> list[LocalFile]:
    found = []
    for path, data in files.items():
        place = folder / path.lstrip("/").replace("/", "_")
        place.write_bytes(data)
        found.append(LocalFile(path, place))
    return found


def only_upload(platform: StandIn) -> dict[str, Any]:
    (session,) = platform.lake.uploads.values()
    return session


def kinds(platform: StandIn) -> list[str]:
    return [item["kind"] for item in only_upload(platform)["objects"].values()]


def test_files_of_every_size_arrive(platform: StandIn, api: Api, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LARGE)
    contents = {"/a": b"a" * SMALL, "/b": b"b" * contract.LEAST_SINGLE_BYTES, "/empty": b"", "/c/d": b"d" * SMALL}
    files = [*local(tmp_path, contents), LocalFile("/large", tmp_path / "large"), LocalFile("/memory", b"not on disk")]

    answer = upload(api, files, "files", fileset="Digits")

    assert (answer["state"], answer["file_count"], answer["fileset"]) == ("committed", 6, "Digits")
    assert platform.lake.contents(answer["id"]) == contents | {"/large": bytes(LARGE), "/memory": b"not on disk"}
    assert sorted(kinds(platform)) == ["multipart", "pack", "single"]
    assert platform.tokens_sent_to_objects == 0


def test_a_lone_small_file_travels_alone(platform: StandIn, api: Api) -> None:
    upload(api, [LocalFile("/a", b"hello")], "files")
    assert kinds(platform) == ["single"]


def test_packs_have_a_bound(platform: StandIn, api: Api) -> None:
    each = contract.LEAST_SINGLE_BYTES - 1
    upload(api, [LocalFile(f"/{number}", bytes([number]) * each) for number in range(70)], "files")
    packs = only_upload(platform)["objects"].values()
    assert [item["kind"] for item in packs] == ["pack", "pack"]
    assert all(item["size"] <= contract.MOST_PACK_BYTES for item in packs)


def test_what_the_store_has_is_not_sent(platform: StandIn, api: Api) -> None:
    platform.lake.known[digest(b"old")] = b"old"
    answer = upload(api, [LocalFile("/old", b"old"), LocalFile("/new", b"new")], "files")
    assert platform.lake.contents(answer["id"]) == {"/old": b"old", "/new": b"new"}
    assert len(platform.lake.puts) == 1


def test_many_files_are_declared_in_pages_also_where_an_answer_gets_lost(platform: StandIn, api: Api) -> None:
    platform.fail("/files", "lose")
    files = [LocalFile(f"/{number}", str(number).encode()) for number in range(contract.MOST_FILES_A_CALL + 3)]
    answer = upload(api, files, "files")
    assert platform.lake.contents(answer["id"]) == {file.path: file.source for file in files}


def test_a_session_is_begun_with_a_key_so_that_a_lost_answer_begins_no_second_one(platform: StandIn, api: Api) -> None:
    platform.fail("/uploads", "lose")
    upload(api, [LocalFile("/a", b"a")], "files")
    first, second = platform.keys[:2]
    assert first == second
    assert len(first) == 32


def test_no_files_are_declared_too(platform: StandIn, api: Api) -> None:
    assert upload(api, [], "files")["file_count"] == 0


def test_an_executable_is_declared_as_one(platform: StandIn, api: Api) -> None:
    upload(api, [LocalFile("run.sh", b"x", executable=True), LocalFile("data", b"y")], "snapshot")
    assert [file.get("executable") for file in only_upload(platform)["files"]] == [True, None]


def test_an_agent_only_seals(platform: StandIn, api: Api) -> None:
    assert upload(api, [LocalFile("/a", b"a")], "output", commit=False)["state"] == "sealed"


@pytest.mark.parametrize("path", ["/uploads", "/urls", "/objects/", "/seal", "/commit"])
@pytest.mark.parametrize("how", ["503", "drop"])
def test_a_passing_failure_changes_nothing(platform: StandIn, api: Api, path: str, how: str) -> None:
    platform.fail(path, how)
    answer = upload(api, [LocalFile("/a", b"a"), LocalFile("/b", b"b" * contract.LEAST_SINGLE_BYTES)], "files")
    assert answer["state"] == "committed"


@pytest.mark.parametrize("path", ["/urls", "/objects/", "/seal", "/commit"])
def test_a_lost_answer_changes_nothing(platform: StandIn, api: Api, path: str) -> None:
    platform.fail(path, "lose")
    answer = upload(api, [LocalFile("/a", b"a")], "files")
    assert platform.lake.contents(answer["id"]) == {"/a": b"a"}


@pytest.mark.parametrize("afterwards", ["drop", "404"])
def test_what_arrived_without_an_answer_is_not_sent_where_nobody_takes_it_any_more(
    platform: StandIn, api: Api, afterwards: str
) -> None:
    """The platform was killed before it answered, and has moved: the address leads nowhere, or to somebody else."""
    platform.fail("/objects/", "lose", times=2)
    platform.fail("/objects/", afterwards, times=1000)
    files = {"/small": b"a", "/large": b"b" * contract.LEAST_SINGLE_BYTES}
    told: list[int] = []
    local = [LocalFile(*file) for file in files.items()]
    answer = upload(api, local, "files", on_progress=lambda done, total: told.append(done))
    assert platform.lake.contents(answer["id"]) == files
    assert len(platform.lake.puts) == 2
    assert told[-1] == sum(map(len, files.values()))


def test_expired_addresses_are_asked_for_again_once(platform: StandIn, api: Api) -> None:
    platform.lake.expired = 1
    assert upload(api, [LocalFile("/a", b"a")], "files")["state"] == "committed"
    platform.lake.expired = 1000
    with pytest.raises(HttpError) as caught:
        upload(api, [LocalFile("/b", b"b")], "files")
    assert caught.value.status == 403
    assert [session["state"] for session in platform.lake.uploads.values()] == ["committed", "aborted"]


def test_an_object_store_that_stays_away_is_given_up_and_the_upload_aborted(platform: StandIn, api: Api) -> None:
    platform.fail("/objects/", "drop", times=1000)
    with pytest.raises(ConnectionFailed):
        upload(api, [LocalFile("/a", b"a")], "files", patience_s=0.3)
    assert only_upload(platform)["state"] == "aborted"


def test_a_refusal_is_passed_on_and_the_upload_aborted(platform: StandIn, api: Api) -> None:
    platform.fail("/seal", "400 invalid_path")
    with pytest.raises(HttpError) as caught:
        upload(api, [LocalFile("/a", b"a")], "files")
    assert caught.value.code == "invalid_path"
    assert only_upload(platform)["state"] == "aborted"


def test_a_file_that_changes_before_it_is_sent_is_an_error(platform: StandIn, api: Api, tmp_path: Path) -> None:
    files = local(tmp_path, {"/a": b"before" * contract.LEAST_SINGLE_BYTES})
    platform.fail("/urls", "503")

    def touch(done: int, total: int) -> None:
        (tmp_path / "a").write_bytes(b"after!!" * contract.LEAST_SINGLE_BYTES)

    with pytest.raises(FileChanged, match="changed while it was being uploaded"):
        upload(api, files, "files", on_progress=touch)
    assert only_upload(platform)["state"] == "aborted"


def test_a_change_that_leaves_size_and_time_as_they_were_is_found(platform: StandIn, api: Api, tmp_path: Path) -> None:
    files = local(tmp_path, {"/a": b"a" * contract.LEAST_SINGLE_BYTES})
    before = (tmp_path / "a").stat()

    def forge(done: int, total: int) -> None:
        (tmp_path / "a").write_bytes(b"b" * contract.LEAST_SINGLE_BYTES)
        os.utime(tmp_path / "a", ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(FileChanged, match="/a changed"):
        upload(api, files, "files", on_progress=forge)


def test_small_files_go_up_as_they_were_when_they_were_read(platform: StandIn, api: Api, tmp_path: Path) -> None:
    files = local(tmp_path, {"/a": b"a" * SMALL, "/b": b"b" * SMALL})

    def write(done: int, total: int) -> None:
        (tmp_path / "b").write_bytes(b"another, which the next upload takes")

    answer = upload(api, files, "files", on_progress=write)
    assert (tmp_path / "b").read_bytes() != b"b" * SMALL
    assert platform.lake.contents(answer["id"]) == {"/a": b"a" * SMALL, "/b": b"b" * SMALL}


def test_what_cannot_be_read_is_told_by_name(platform: StandIn, api: Api, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"missing can't be read: No such file"):
        upload(api, [LocalFile("/a", tmp_path / "missing")], "files")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileUnreadable, match="is not a regular file"):
        upload(api, [LocalFile("/a", tmp_path / "pipe")], "files")
    assert not platform.lake.uploads


def test_progress_counts_every_byte_once(platform: StandIn, api: Api) -> None:
    platform.lake.known[digest(b"old")] = b"old"
    platform.fail("/objects/", "lose", times=2)
    told: list[tuple[int, int]] = []
    files = [LocalFile("/old", b"old"), LocalFile("/a", b"a" * SMALL), LocalFile("/b", b"b" * contract.LEAST_SINGLE_BYTES)]
    upload(api, files, "files", on_progress=lambda done, total: told.append((done, total)))
    total = 3 + SMALL + contract.LEAST_SINGLE_BYTES
    assert told[-1] == (total, total)
    assert all(done <= total for done, _ in told)


def test_an_upload_can_be_cancelled(platform: StandIn, api: Api) -> None:
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        upload(api, [LocalFile("/a", b"a" * SMALL)], "files", on_progress=lambda *_: cancel.set(), cancel=cancel)
    assert only_upload(platform)["state"] == "aborted"


def test_an_error_of_the_progress_bar_ends_the_upload(platform: StandIn, api: Api) -> None:
    def broken(done: int, total: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        upload(api, [LocalFile("/a", b"a"), LocalFile("/b", b"b" * contract.LEAST_SINGLE_BYTES)], "files", on_progress=broken)
    assert only_upload(platform)["state"] == "aborted"
