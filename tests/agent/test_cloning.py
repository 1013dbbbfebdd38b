"""Copies of ranges: the same bytes on every file system, shared blocks where it can share them, and never one file for two."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from acai_agent import cloning
from acai_agent.cloning import TooShort, clone_range, copy_range

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def sharing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on a file system that shares blocks: one that ACAI_TEST_REFLINK names, or one of this test's own."""
    named = os.environ.get("ACAI_TEST_REFLINK")
    if named:
        yield Path(named)
        return
    if os.geteuid() != 0 or shutil.which("mkfs.xfs") is None:
        pytest.skip("there is no file system here that shares blocks (ACAI_TEST_REFLINK can name a folder on one)")
    folder = tmp_path_factory.mktemp("xfs")
    image, mounted = folder / "image", folder / "mounted"
    with image.open("wb") as file:
        file.truncate(320 * MEGABYTE)
    mounted.mkdir()
    subprocess.run(["mkfs.xfs", "-q", "-m", "reflink=1", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, mounted], check=False, capture_output=True).returncode:
        pytest.skip("this system mounts nothing for us")
    yield mounted
    subprocess.run(["umount", mounted], check=True)


Files = Callable[[Path, bytes], tuple[int, int]]


@pytest.fixture
def files() -> Iterator[Files]:
    """Makes a file with a content and an empty one, both open for reading and writing as long as the test lasts."""
    with ExitStack() as opened:

        def make(folder: Path, content: bytes) -> tuple[int, int]:
            (folder / "source").write_bytes(content)
            (folder / "target").write_bytes(b"")
            source, target = (opened.enter_context((folder / name).open("r+b")) for name in ("source", "target"))
            return source.fileno(), target.fileno()

        yield make


RANGES = [(0, 0, 10), (3, 7, 5_000), (4096, 8192, 4096), (100_000, 0, 200_000), (0, 0, 300_001), (299_999, 1, 2), (5, 5, 0)]


@pytest.mark.parametrize(("at", "to", "size"), RANGES)
@pytest.mark.parametrize("way", ["any", "no clone", "no kernel"])
def test_every_way_copies_the_same_bytes(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, to: int, size: int, way: str
) -> None:
    content = random.Random(at).randbytes(300_001)
    if way != "any":
        monkeypatch.setattr(cloning, "clone_range", lambda *_: False)
    if way == "no kernel":
        monkeypatch.delattr("os.copy_file_range", raising=False)
    source, target = files(tmp_path, content)
    copy_range(source, at, target, to, size)
    assert (tmp_path / "target").read_bytes() == (bytes(to) + content[at : at + size] if size else b"")
    assert (tmp_path / "source").read_bytes() == content


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS])
def test_what_a_kernel_may_answer_to_a_clone_leads_to_a_copy(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.ioctl", refuse)
    monkeypatch.setattr("os.copy_file_range", refuse)
    source, target = files(tmp_path, b"content")
    copy_range(source, 0, target, 0, 7)
    assert (tmp_path / "target").read_bytes() == b"content"


def test_a_full_disk_is_told_and_no_reason_for_another_way(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("fcntl.ioctl", full)
    source, target = files(tmp_path, b"content")
    with pytest.raises(OSError, match="full"):
        copy_range(source, 0, target, 0, 7)


def test_a_source_that_is_too_short_is_told(files: Files, tmp_path: Path) -> None:
    source, target = files(tmp_path, b"short")
    with pytest.raises(TooShort):
        copy_range(source, 2, target, 0, 10)


def test_this_file_system_is_asked_and_its_answer_taken(files: Files, tmp_path: Path) -> None:
    """Whatever it says: afterwards the bytes are there, or nothing is."""
    content = b"x" * 8192
    source, target = files(tmp_path, content)
    assert (tmp_path / "target").read_bytes() == (content if clone_range(source, 0, target, 0, 8192) else b"")


def test_blocks_are_shared_and_a_write_changes_its_own_side_only(files: Files, sharing: Path) -> None:
    content = os.urandom(MEGABYTE) * 64
    source, target = files(sharing, content)
    os.fsync(source)
    before = os.statvfs(sharing).f_bfree
    assert clone_range(source, 0, target, 0, len(content))
    os.fsync(target)
    taken = (before - os.statvfs(sharing).f_bfree) * os.statvfs(sharing).f_frsize
    assert taken < MEGABYTE, "64 MiB were copied"
    os.pwrite(target, b"changed", 100)
    assert (sharing / "source").read_bytes() == content
    assert (sharing / "target").read_bytes() == content[:100] + b"changed" + content[107:]
    assert os.fstat(source).st_nlink == os.fstat(target).st_nlink == 1
    assert os.fstat(source).st_ino != os.fstat(target).st_ino


def test_a_range_that_ends_within_a_block_is_copied_there_too(files: Files, sharing: Path) -> None:
    content = os.urandom(100_000)
    source, target = files(sharing, content)
    assert not clone_range(source, 5, target, 0, 1000)
    copy_range(source, 5, target, 0, 1000)
    assert (sharing / "target").read_bytes() == content[5:1005]


def test_another_file_system_gets_a_copy(files: Files, sharing: Path, tmp_path: Path) -> None:
    source, _ = files(sharing, b"content")
    _, target = files(tmp_path, b"")
    assert not clone_range(source, 0, target, 0, 7)
    copy_range(source, 0, target, 0, 7)
    assert (tmp_path / "target").read_bytes() == b"content"
