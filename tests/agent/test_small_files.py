"""Hundreds of small files of this machine's disk: each written once, verified, never outside the folder, never kept half."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acai_agent.contract import FileEntry, SignedRequest, digest_of_bytes
from acai_agent.small_files import MARK
from acai_agent.transfer import Damaged, Downloaded, PathClash, PathRefused, Root, download

COUNT = 1200


def content(number: int) -> bytes:
    return b"%d " % number * (number % 7)


def pack(folder: Path, count: int = COUNT) -> list[FileEntry]:
    """So many files in one object, in two folders and at the top."""
    (folder / "pack").write_bytes(b"".join(map(content, range(count))))
    request = SignedRequest("GET", "http://127.0.0.1:1/pack", {})
    entries, at = list[FileEntry](), 0
    for number in range(count):
        path, data = ("", "a/", "b/c/")[number % 3] + str(number), content(number)
        digest = digest_of_bytes(data).digest
        entries.append(FileEntry(path, len(data), digest, False, at, request, str(folder / "pack")))
        at += len(data)
    return entries


def is_whole(root: Path, entries: list[FileEntry]) -> bool:
    found = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return found == {entry.path: content(number) for number, entry in enumerate(entries)}


def test_all_arrive_with_their_folders_and_the_rights_of_any_other_file(tmp_path: Path) -> None:
    entries, told = pack(tmp_path), list[tuple[int, int]]()
    size = sum(entry.size for entry in entries)
    assert download(entries, tmp_path / "root", on_progress=lambda *counts: told.append(counts)) == Downloaded(COUNT, 0, size)
    assert is_whole(tmp_path / "root", entries)
    assert told[-1] == (size, size)
    assert (tmp_path / "root/a/1").stat().st_mode == (tmp_path / "pack").stat().st_mode


def test_what_is_there_is_kept_or_replaced_and_no_link_is_followed(tmp_path: Path) -> None:
    entries, root = pack(tmp_path), tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "a/4").write_bytes(content(4))
    (root / "a/7").write_bytes(b"other")
    (root / "a/10").symlink_to(tmp_path / "outside")
    before = (root / "a/4").stat().st_mtime_ns
    assert download(entries, root)[:2] == (COUNT - 1, 1)
    assert is_whole(root, entries)
    assert (root / "a/4").stat().st_mtime_ns == before
    assert not (tmp_path / "outside").exists()


def test_nothing_is_written_into_a_folder_that_is_a_link(tmp_path: Path) -> None:
    entries, root = pack(tmp_path), tmp_path / "root"
    (tmp_path / "outside").mkdir()
    (root / "b").mkdir(parents=True)
    (root / "b/c").symlink_to(tmp_path / "outside")
    with pytest.raises(PathRefused, match="symbolic link"):
        download(entries, root)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path: Path) -> None:
    root = Root(tmp_path / "root")
    root.prepare(["a/b/x"])
    (tmp_path / "root/a/b").rmdir()
    (tmp_path / "root/a").rename(tmp_path / "outside")
    (tmp_path / "outside/b").mkdir()
    (tmp_path / "root/a").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="a"):
        root.open("a/b")


def test_a_damaged_file_is_named_and_what_was_written_before_is_whole(tmp_path: Path) -> None:
    entries, root = pack(tmp_path), tmp_path / "root"
    with (tmp_path / "pack").open("r+b") as file:
        file.seek(entries[800].offset)
        file.write(b"x")
    with pytest.raises(Damaged, match=f"{entries[800].path}: its bytes are not those"):
        download(entries, root)
    assert not (root / entries[800].path).exists()
    assert not (root / MARK).exists()
    for number, entry in enumerate(entries[:500]):
        assert (root / entry.path).read_bytes() == content(number)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_small_files import pack
from acai_agent.transfer import download
folder = Path(sys.argv[2])
download(pack(folder), folder / "root", on_progress=lambda done, total: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_a_download_that_is_killed_leaves_a_mark_and_the_next_one_makes_all_whole(tmp_path: Path) -> None:
    entries, root = pack(tmp_path), tmp_path / "root"
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert (root / MARK).exists()
    there = [entry for entry in entries if (root / entry.path).exists()]
    assert 0 < len(there) < COUNT
    (root / there[-1].path).write_bytes(b"")  # as it is between its name and its bytes
    kept = len(there) - (there[-1].size > 0)
    assert download(entries, root)[:2] == (COUNT - kept, kept)
    assert is_whole(root, entries)


def test_a_file_that_has_the_name_of_the_mark_arrives(tmp_path: Path) -> None:
    entries, root = pack(tmp_path), tmp_path / "root"
    entries[5] = entries[5]._replace(path=MARK)
    below = Root(root)
    download(entries[:600], below)
    download(entries[600:], below)
    assert is_whole(root, entries)


def test_a_file_that_another_page_needs_as_a_folder_is_told(tmp_path: Path) -> None:
    entries, root = pack(tmp_path), Root(tmp_path / "root")
    download(entries[:600], root)
    with pytest.raises(PathClash, match="'a/1' and 'a/1/x' can't both be written"):
        download([entries[600]._replace(path="a/1/x")], root)
