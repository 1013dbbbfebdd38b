"""The stat cache: an unchanged file is known without reading it, and no change of bytes goes unnoticed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from acai_agent.contract import PART_SIZE, digest_of_bytes
from acai_agent.transfer import LocalFile, Measured, stamp_of
from acai_jupyter.client.stat_cache import StatCache, upload_mark

SECOND = 1_000_000_000


@pytest.fixture
def cache(tmp_path: Path) -> StatCache:
    return StatCache(tmp_path / "cache/files.db")


def local(path: Path) -> LocalFile:
    return LocalFile("/" + path.name, path, False, stamp_of(path.stat()))


def settled(path: Path, data: bytes) -> LocalFile:
    """A file that was written a while ago, as far as its time of writing tells."""
    path.write_bytes(data)
    return local(path)


def remember(cache: StatCache, file: LocalFile, later_s: float = 10) -> None:
    """As an upload does that reads the file `later_s` seconds after it was written."""
    data = Path(file.source).read_bytes()  # type: ignore[arg-type]
    assert file.stamp
    cache.remember([Measured(file, digest_of_bytes(data), file.stamp)], file.stamp.changed_ns + int(later_s * SECOND))


def test_a_file_that_is_as_it_was_is_known(cache: StatCache, tmp_path: Path) -> None:
    file = settled(tmp_path / "a", b"hello")
    assert cache.recall([file]) == {}
    remember(cache, file)
    assert cache.recall([local(tmp_path / "a")]) == {"/a": digest_of_bytes(b"hello")}
    assert StatCache(tmp_path / "cache/files.db").recall([file])  # by another process too


def test_each_of_many_files_is_known_by_its_own_digest(cache: StatCache, tmp_path: Path) -> None:
    contents = {"a": b"hello", "caf\u00e9 'x\"": b"there", "large": bytes(PART_SIZE + 1), "z": b""}
    files = [settled(tmp_path / name, data) for name, data in contents.items()]
    digests = {f"/{name}": digest_of_bytes(data) for name, data in contents.items()}
    measured = [Measured(file, digests[file.path], file.stamp) for file in files]
    cache.remember(measured, time.time_ns() + 10 * SECOND)
    assert cache.recall(files) == digests
    assert len(cache.recall(files)["/large"].parts) == 2


def test_a_file_that_was_written_just_before_it_was_read_is_not_remembered(cache: StatCache, tmp_path: Path) -> None:
    file = settled(tmp_path / "a", b"hello")
    for late in (-5, 0, 1.9):
        remember(cache, file, late)
        assert cache.recall([file]) == {}
    remember(cache, file, 2.1)
    assert cache.recall([file])


def test_bytes_that_change_behind_the_same_size_and_time_are_noticed(cache: StatCache, tmp_path: Path) -> None:
    path = tmp_path / "a"
    remember(cache, settled(path, b"hello"))
    before = path.stat()
    path.write_bytes(b"HELLO")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert cache.recall([local(path)]) == {}


def test_another_file_in_its_place_is_noticed(cache: StatCache, tmp_path: Path) -> None:
    path = tmp_path / "a"
    remember(cache, settled(path, b"hello"))
    shutil.copy2(path, tmp_path / "b")
    (tmp_path / "b").replace(path)
    assert cache.recall([local(path)]) == {}


def test_bytes_and_files_of_an_unknown_state_are_never_known(cache: StatCache, tmp_path: Path) -> None:
    remember(cache, settled(tmp_path / "a", b"hello"))
    assert cache.recall([LocalFile("/a", tmp_path / "a"), LocalFile("/a", b"hello")]) == {}
    cache.forget([LocalFile("/a", b"hello")])
    assert cache.recall([local(tmp_path / "a")])


def test_what_was_wrong_is_forgotten(cache: StatCache, tmp_path: Path) -> None:
    file = settled(tmp_path / "a", b"hello")
    remember(cache, file)
    cache.forget([file])
    assert cache.recall([file]) == {}


def test_names_that_are_not_utf8_are_known_too(cache: StatCache, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff'\"%"))
    remember(cache, settled(path, b"hello"))
    assert cache.recall([local(path)])


def test_a_damaged_cache_is_begun_anew(cache: StatCache, tmp_path: Path) -> None:
    file = settled(tmp_path / "a", b"hello")
    remember(cache, file)
    (tmp_path / "cache/files.db").write_bytes(b"this is no database" * 1000)
    assert cache.recall([file]) == {}
    remember(cache, file)
    assert cache.recall([file])


def test_a_cache_that_can_not_be_used_only_saves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = StatCache(tmp_path / "file/files.db")
    file = settled(tmp_path / "a", b"hello")
    remember(cache, file)
    assert cache.recall([file]) == {}
    assert cache.key_of(b"upload") != cache.key_of(b"upload")


def test_only_the_user_can_read_it(cache: StatCache, tmp_path: Path) -> None:
    remember(cache, settled(tmp_path / "a", b"hello"))
    assert (tmp_path / "cache/files.db").stat().st_mode & 0o077 == 0


def test_an_upload_keeps_its_key_until_it_ends_or_a_day_has_passed(tmp_path: Path) -> None:
    now = [time.time_ns()]
    cache = StatCache(tmp_path / "files.db", clock=lambda: now[0])
    first, other = cache.key_of(b"one"), cache.key_of(b"two")
    assert first != other
    assert cache.key_of(b"one") == first
    cache.end(b"one")
    second = cache.key_of(b"one")
    assert second != first
    now[0] += 86_401 * SECOND
    assert cache.key_of(b"one") != second


def test_an_upload_is_told_from_others_by_its_files_and_their_states(tmp_path: Path) -> None:
    file = settled(tmp_path / "a", b"hello")
    changed = file._replace(stamp=file.stamp._replace(written_ns=1))  # type: ignore[union-attr]
    marks = [
        upload_mark("url", None, files=[file]),
        upload_mark("url", "Digits", files=[file]),
        upload_mark("other", None, files=[file]),
        upload_mark("url", None, files=[file._replace(path="/b")]),
        upload_mark("url", None, files=[changed]),
        upload_mark("url", None, files=[LocalFile("/a", b"hello")]),
        upload_mark("url", None, files=[LocalFile("/a", b"HELLO")]),
    ]
    assert len(set(marks)) == len(marks)
    assert upload_mark("url", None, files=[local(tmp_path / "a")]) == marks[0]


def test_whoever_reads_does_not_wait_for_who_writes(cache: StatCache, tmp_path: Path) -> None:
    file = settled(tmp_path / "a", b"hello")
    remember(cache, file)
    holder = sqlite3.connect(tmp_path / "cache/files.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert cache.recall([file])
    finally:
        holder.close()


def test_a_commit_is_known_for_half_a_day_and_only_where_no_file_was_just_written(tmp_path: Path) -> None:
    now = [time.time_ns()]
    cache = StatCache(tmp_path / "files.db", clock=lambda: now[0])
    file = settled(tmp_path / "a", b"hello")
    assert file.stamp
    cache.note_commit(b"mark", "upload_1", [file], file.stamp.changed_ns + SECOND)
    cache.note_commit(b"mark", "upload_1", [file._replace(stamp=None)], file.stamp.changed_ns + 10 * SECOND)
    assert cache.committed(b"mark") is None
    cache.note_commit(b"mark", "upload_2", [file, LocalFile("/b", b"bytes")], file.stamp.changed_ns + 10 * SECOND)
    assert (cache.committed(b"mark"), cache.committed(b"other")) == ("upload_2", None)
    now[0] += 43_201 * SECOND
    assert cache.committed(b"mark") is None
