"""Objects on this machine's disk: copied instead of fetched, verified all the same, and never the same file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from acai_agent import contract
from acai_agent.contract import DISK_HEADER, FileEntry, SignedRequest
from acai_agent.transfer import Damaged, disk_headers, download
from tests.agent.stand_in import StandIn


def nowhere(local: Path) -> SignedRequest:
    """Where nobody answers."""
    return SignedRequest("GET", f"http://127.0.0.1:1/{local.name}", {})


def entry(path: str, data: bytes, local: Path, offset: int = 0) -> FileEntry:
    return FileEntry(path, len(data), contract.digest_of_bytes(data).digest, False, offset, nowhere(local), str(local))


def test_files_come_from_the_disk_without_a_request(tmp_path: Path) -> None:
    pack = {"a": b"aaaa", "b/c": b"", "d": b"dd"}
    (tmp_path / "pack").write_bytes(b"aaaadd")
    (tmp_path / "alone").write_bytes(os.urandom(3_000_000))
    wanted = [entry(name, data, tmp_path / "pack", 4 if name == "d" else 0) for name, data in pack.items()]
    wanted.append(entry("alone", (tmp_path / "alone").read_bytes(), tmp_path / "alone"))
    seen: list[int] = []
    download(wanted, tmp_path / "root", on_progress=lambda done, total: seen.append(done))
    for name, data in {**pack, "alone": (tmp_path / "alone").read_bytes()}.items():
        assert (tmp_path / "root" / name).read_bytes() == data
    assert seen[-1] == 3_000_006


def test_a_large_file_is_put_together_from_its_parts(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(contract.PART_SIZE + 5)
        file.seek(contract.PART_SIZE - 2)
        file.write(b"border")
    parts = [hashlib.sha256(bytes(contract.PART_SIZE - 2) + b"bo").digest(), hashlib.sha256(b"rder\0").digest()]
    place, digest = tmp_path / "large", contract.composite_digest(parts)
    wanted = FileEntry("large", contract.PART_SIZE + 5, digest, False, 0, nowhere(place), str(place))
    download([wanted], tmp_path / "root")
    assert contract.digest_of_file(tmp_path / "root" / "large").digest == wanted.digest


def test_what_is_written_to_later_changes_no_object(tmp_path: Path) -> None:
    (tmp_path / "object").write_bytes(b"the lake's")
    download([entry("a", b"the lake's", tmp_path / "object")], tmp_path / "root")
    with (tmp_path / "root" / "a").open("r+b") as file:
        file.write(b"my")
    assert (tmp_path / "object").read_bytes() == b"the lake's"
    assert (tmp_path / "object").stat().st_nlink == 1


def test_other_bytes_than_the_digest_promises_are_refused(tmp_path: Path) -> None:
    (tmp_path / "object").write_bytes(b"damaged")
    with pytest.raises(Damaged):
        download([entry("a", b"correct", tmp_path / "object")], tmp_path / "root")
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize("kind", ["missing", "short", "folder", "link", "pipe"])
def test_what_can_not_be_had_from_the_disk_is_fetched(platform: StandIn, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "object"
    if kind == "short":
        place.write_bytes(b"sho")
    elif kind == "folder":
        place.mkdir()
    elif kind == "link":
        (tmp_path / "other").write_bytes(b"content")
        place.symlink_to(tmp_path / "other")
    elif kind == "pipe":
        os.mkfifo(place)
    platform.lake.add("input", "a", b"content")
    (told,) = contract.parse_files_page(platform.lake.page("input", None, 10)).files
    download([told._replace(local=str(place))], tmp_path / "root")
    assert (tmp_path / "root" / "a").read_bytes() == b"content"
    assert len(platform.lake.gets) == 1


def test_only_who_reads_the_platforms_folder_can_show_it(tmp_path: Path) -> None:
    assert disk_headers(None) == disk_headers(tmp_path) == {}
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "disk").write_bytes(b"\x01\xff")
    assert disk_headers(tmp_path) == {DISK_HEADER: "01ff"}
