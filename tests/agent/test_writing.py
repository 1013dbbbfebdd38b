"""Small files get their names when they are whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acai_agent.contract import FileEntry, SignedRequest, digest_of_bytes
from acai_agent.transfer import download
from acai_agent.writing import write_new

UNNAMED = pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="needs files without a name, which Linux has")


@UNNAMED
@pytest.mark.parametrize("data", [b"", b"content", os.urandom(70_000)])
def test_a_new_file_has_all_its_bytes_and_the_rights_of_any_other(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other").touch()
    assert write_new(str(tmp_path / "new"), memoryview(data))
    assert (tmp_path / "new").read_bytes() == data
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "other").stat().st_mode
    assert names(tmp_path) == ["new", "other"]


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_what_stands_there_is_left_alone(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "there"
    {"file": lambda: place.write_bytes(b"mine"), "link": lambda: place.symlink_to("nowhere"), "folder": place.mkdir}[kind]()
    before = place.lstat()
    assert not write_new(str(place), b"other")
    assert place.lstat() == before
    assert names(tmp_path) == ["there"]


@pytest.mark.parametrize("folder", ["/proc/self/fd", "/nowhere/at/all"])
def test_where_a_file_can_not_be_without_a_name_nothing_is_written(folder: str) -> None:
    assert not write_new(f"{folder}/new", b"content")
    assert not write_new(f"{folder}/new", b"content")


def test_a_download_replaces_a_file_that_is_another_and_a_link(tmp_path: Path) -> None:
    (tmp_path / "pack").write_bytes(b"onetwo")
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d" / "a").write_bytes(b"old")
    (root / "d" / "b").symlink_to(tmp_path / "elsewhere")
    entries = [entry("d/a", b"one", 0, tmp_path), entry("d/b", b"two", 3, tmp_path)]
    assert download(entries, root).brought == 2
    assert [(root / "d" / name).read_bytes() for name in "ab"] == [b"one", b"two"]
    assert not (root / "d" / "b").is_symlink()
    assert not (tmp_path / "elsewhere").exists()
    assert names(root / "d") == ["a", "b"]


def entry(path: str, data: bytes, offset: int, folder: Path) -> FileEntry:
    request = SignedRequest("GET", "http://127.0.0.1:1/pack", {})
    return FileEntry(path, len(data), digest_of_bytes(data).digest, False, offset, request, str(folder / "pack"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
