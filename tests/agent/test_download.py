"""Downloads: whole, verified, and never outside their folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acai_agent import contract
from acai_agent.contract import FileEntry, parse_files_page
from acai_agent.http import Http, HttpError
from acai_agent.transfer import Cancelled, CannotWrite, Damaged, Downloaded, PathRefused, download
from tests.agent.stand_in import StandIn

LARGE = contract.PART_SIZE + 5


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(timeout_s=5) as client:
        yield client


def entries(platform: StandIn) -> tuple[FileEntry, ...]:
    return parse_files_page(platform.lake.page("input", None, 10_000)).files


def written(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_files_arrive_with_their_folders_and_nothing_else(platform: StandIn, root: Path, http: Http) -> None:
    files = {"a.txt": b"hello", "b/c/d.bin": bytes(range(256)) * 5000, "b/empty": b"", "größe/ñ": b"x"}
    for path, data in files.items():
        platform.lake.add("input", path, data)
    assert download(entries(platform), root, http=http) == Downloaded(4, 0, 5 + 1_280_000 + 1)
    assert written(root) == files
    assert platform.tokens_sent_to_objects == 0


def test_a_file_of_several_parts_arrives(platform: StandIn, root: Path, http: Http) -> None:
    data = os.urandom(1024) * (LARGE // 1024) + b"tail!"
    platform.lake.add("input", "large", data)
    download(entries(platform), root, http=http)
    assert (root / "large").read_bytes() == data
    assert len(platform.lake.gets) == 2


def test_neighbours_in_one_object_come_together(platform: StandIn, root: Path, http: Http) -> None:
    pack = {f"f{number:03}": bytes([number % 256]) * number for number in range(300)}
    platform.lake.add_pack("input", pack)
    download(entries(platform), root, http=http)
    assert written(root) == pack
    assert platform.lake.gets == [("object0", f"bytes=0-{sum(map(len, pack.values())) - 1}")]


def test_a_file_within_an_object_is_cut_out_of_it(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add_pack("input", {"a": b"aaaa", "b": b"bbb", "c": b"cc"})
    only = [entry for entry in entries(platform) if entry.path == "b"]
    download(only, root, http=http)
    assert written(root) == {"b": b"bbb"}
    assert platform.lake.gets == [("object0", "bytes=4-6")]


def test_empty_files_need_no_request(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add_pack("input", {"a": b"", "b/c": b""})
    download(entries(platform), root, http=http)
    assert written(root) == {"a": b"", "b/c": b""}
    assert platform.lake.gets == []


def test_executables_can_be_run(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add("input", "run.sh", b"#!/bin/sh\n", executable=True)
    platform.lake.add("input", "data", b"x")
    download(entries(platform), root, http=http)
    assert os.access(root / "run.sh", os.X_OK)
    assert not (root / "data").stat().st_mode & 0o111


def test_what_is_there_already_is_kept(platform: StandIn, root: Path, http: Http) -> None:
    for name in ("same", "other", "shorter"):
        platform.lake.add("input", name, name.encode())
    root.mkdir()
    (root / "same").write_bytes(b"same")
    (root / "other").write_bytes(b"OTHER")
    (root / "shorter").write_bytes(b"short")
    assert download(entries(platform), root, http=http) == Downloaded(2, 1, 12)
    assert written(root) == {"same": b"same", "other": b"other", "shorter": b"shorter"}


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x", "a\\b", "a\0b", "", ".", "a/./b", "a//b", "..", "a/"])
def test_a_path_that_could_lead_out_is_refused(platform: StandIn, root: Path, http: Http, path: str) -> None:
    platform.lake.add("input", path, b"x")
    platform.lake.add("input", "fine", b"x")
    with pytest.raises(PathRefused, match="can't be written"):
        download(entries(platform), root, http=http)
    assert platform.lake.gets == []


def test_nothing_is_written_through_a_link(platform: StandIn, root: Path, http: Http, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    platform.lake.add("input", "link/x", b"x")
    with pytest.raises(PathRefused, match="symbolic link"):
        download(entries(platform), root, http=http)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(
    platform: StandIn, root: Path, http: Http, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_bytes(b"x")
    root.mkdir()
    (root / "x").symlink_to(tmp_path / "outside")
    platform.lake.add("input", "x", b"x")
    download(entries(platform), root, http=http)
    assert not (root / "x").is_symlink()
    assert (tmp_path / "outside").read_bytes() == b"x"


def test_a_file_in_the_place_of_a_folder_is_told(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add("input", "a/b", b"x")
    root.mkdir()
    (root / "a").write_bytes(b"x")
    with pytest.raises(PathRefused, match="needs a folder there"):
        download(entries(platform), root, http=http)


def test_a_folder_in_the_place_of_a_file_is_told(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add("input", "a", b"x")
    (root / "a").mkdir(parents=True)
    with pytest.raises(CannotWrite, match="can't be written: Is a directory"):
        download(entries(platform), root, http=http)
    assert list(root.iterdir()) == [root / "a"]


@pytest.mark.parametrize("size", [5, LARGE])
def test_wrong_bytes_never_get_the_files_name(platform: StandIn, root: Path, http: Http, size: int) -> None:
    kind = "sha256-64m" if size > contract.PART_SIZE else "sha256"
    platform.lake.add("input", "bad", bytes(size), said=f"{kind}:{'0' * 64}")
    with pytest.raises(Damaged, match="bad: its bytes are not those"):
        download(entries(platform), root, http=http)
    assert written(root) == {}


def test_an_object_that_is_too_short_is_told(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add("input", "bad", b"hello")
    platform.lake.objects["object0"] = b"hel"
    with pytest.raises(Damaged, match="too short"):
        download(entries(platform), root, http=http)
    assert written(root) == {}


def test_data_registered_in_place_is_taken_as_it_is(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add("input", "far", b"hello")
    download([entry._replace(digest=None) for entry in entries(platform)], root, http=http)
    assert written(root) == {"far": b"hello"}


def test_a_broken_download_goes_on_where_it_broke(platform: StandIn, root: Path, http: Http) -> None:
    data = os.urandom(3 * 1024 * 1024)
    platform.lake.add("input", "x", data)
    platform.fail("/objects/", "cut")
    told: list[tuple[int, int]] = []
    download(entries(platform), root, http=http, on_progress=lambda *counts: told.append(counts))
    assert (root / "x").read_bytes() == data
    assert [wanted for _, wanted in platform.lake.gets] == ["bytes=0-3145727", "bytes=1572864-3145727"]
    assert told[-1] == (len(data), len(data))


def test_patience_begins_anew_with_every_byte(platform: StandIn, root: Path, http: Http) -> None:
    data = os.urandom(1024 * 1024)
    platform.lake.add("input", "x", data)
    platform.fail("/objects/", "cut", times=6)
    download(entries(platform), root, http=http, patience_s=0.15)
    assert (root / "x").read_bytes() == data


@pytest.mark.parametrize("how", ["503", "500", "drop", "lose"])
def test_a_passing_failure_changes_nothing(platform: StandIn, root: Path, http: Http, how: str) -> None:
    platform.lake.add("input", "x", b"hello")
    platform.fail("/objects/", how, times=2)
    download(entries(platform), root, http=http)
    assert written(root) == {"x": b"hello"}


def test_expired_addresses_are_asked_for_again_once_for_all(platform: StandIn, root: Path, http: Http) -> None:
    for number in range(20):
        platform.lake.add("input", f"{number}", b"hello")
    given = entries(platform)
    platform.lake.signature = "secret-2"
    asked = []

    def renew() -> tuple[FileEntry, ...]:
        asked.append(1)
        return entries(platform)

    download(given, root, http=http, renew=renew)
    assert len(written(root)) == 20
    assert len(asked) == 1


def test_what_can_not_be_renewed_is_an_error(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add("input", "x", b"hello")
    platform.lake.expired = 1
    with pytest.raises(HttpError, match="403"):
        download(entries(platform), root, http=http)


def test_a_download_can_be_cancelled_and_leaves_no_half_files(platform: StandIn, root: Path, http: Http) -> None:
    platform.lake.add("input", "x", os.urandom(3 * 1024 * 1024))
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        download(entries(platform), root, http=http, cancel=cancel, on_progress=lambda *_: cancel.set())
    assert list(root.iterdir()) == []
