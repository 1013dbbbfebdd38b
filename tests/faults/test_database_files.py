"""The files of a SQLite database, taken away, replaced or made read-only: nothing is acknowledged that would not last, and what
was acknowledged before is there once the files are."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.databases import SqliteDatabases
from support.lake import Lake

from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.domain.errors import StoreDamaged, StoreUnavailable

_NOBODY = 65534


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("template"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may look into, as pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="acai-files-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def new_lake(databases: SqliteDatabases, folder: Path) -> Iterator[Callable[..., Lake]]:
    """Servers on the database in the folder."""
    made: list[Lake] = []
    url = databases.new(folder)

    def make() -> Lake:
        made.append(Lake(folder, url, store_by_url(url, lambda changed: None)))
        return made[-1]

    yield make
    for lake in made:
        lake.store.close()


def test_a_database_that_is_moved_away_under_a_server_takes_nothing_until_it_is_back(
    new_lake: Callable[..., Lake], folder: Path
) -> None:
    lake = new_lake()
    lake.put({"/a": b"one"})
    (folder / "acai.db").rename(folder / "elsewhere")
    for _ in range(2):
        with pytest.raises(StoreDamaged, match="removed or replaced"):
            lake.put({"/b": b"two"})
    (folder / "elsewhere").rename(folder / "acai.db")
    lake.put({"/c": b"three"})
    assert {"/a:1", "/c:1"} <= set(lake.ls())
    assert lake.fsck() == []
    lake.store.close()
    assert {"/a:1", "/c:1"} <= set(new_lake().ls())


def test_a_database_that_is_replaced_under_a_server_takes_nothing_from_it(new_lake: Callable[..., Lake], folder: Path) -> None:
    """A backup that somebody restores without stopping the server."""
    lake = new_lake()
    lake.put({"/a": b"one"})
    shutil.copyfile(folder / "acai.db", folder / "backup")
    (folder / "backup").rename(folder / "acai.db")
    with pytest.raises(StoreDamaged, match="removed or replaced"):
        lake.put({"/b": b"two"})


def test_a_write_ahead_log_that_is_removed_under_a_server_loses_nothing_that_was_acknowledged(
    new_lake: Callable[..., Lake], folder: Path
) -> None:
    lake = new_lake()
    lake.put({"/a": b"one"})
    (folder / "acai.db-wal").unlink()
    with pytest.raises(StoreDamaged, match="stop the server"):
        lake.put({"/b": b"two"})
    assert "/a:1" in lake.ls(), "reading goes on"
    lake.store.close()
    again = new_lake()
    assert "/a:1" in again.ls()
    again.put({"/c": b"three"})
    assert again.fsck() == []


def test_without_the_log_of_a_server_that_was_killed_the_lake_is_as_it_was_some_time_ago(
    new_lake: Callable[..., Lake], databases: SqliteDatabases, folder: Path
) -> None:
    """What was only in the log is lost with it, and nothing else is."""
    lake = new_lake()
    lake.put({"/a": b"one"})
    with closing(sqlite3.connect(folder / "acai.db")) as other:
        other.execute("PRAGMA wal_checkpoint(FULL)")
    lake.put({"/a": b"two", "/b": b"two"})
    with crashed(folder, databases) as left:
        assert left.ls() == ["/a:1"]
        assert left.fsck() == []
        left.put({"/a": b"three"})
        left.gc()
        assert (left.ls(), left.content("/a"), left.content("/a:1")) == (["/a:2"], b"three", b"one")
        assert left.fsck() == []


@contextmanager
def crashed(folder: Path, databases: SqliteDatabases) -> Iterator[Lake]:
    """The lake as a crash leaves it, without the database's log."""
    copy = folder / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*-wal", "*-shm", "copy"))
    url = databases.empty(copy)
    store = store_by_url(url, lambda changed: None)
    try:
        yield Lake(copy, url, store)
    finally:
        store.close()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write in the folder; root, who may always, is somebody else meanwhile."""
    places = [folder, *folder.rglob("*")]
    modes = [place.stat().st_mode for place in places]
    for place, mode in zip(places, modes, strict=True):
        place.chmod(mode & 0o555 | (0o055 if place.is_dir() else 0o044))
    was = os.geteuid()
    if was == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(was)
        for place, mode in zip(places, modes, strict=True):
            place.chmod(mode)


def test_a_database_that_may_only_be_read_is_told_and_everything_goes_on_once_it_may_be_written(
    new_lake: Callable[..., Lake], databases: SqliteDatabases, folder: Path
) -> None:
    lake = new_lake()
    lake.put({"/a": b"one"})
    lake.store.close()
    with read_only(folder):
        store = store_by_url(databases.empty(folder), lambda changed: None)
        with pytest.raises(StoreUnavailable, match="check free space and rights"):
            store.open()
        with pytest.raises(StoreUnavailable, match="check free space and rights"), store.begin():
            pass
        store.close()
    lake = new_lake()
    lake.put({"/a": b"two"})
    assert lake.ls() == ["/a:2"]
    assert lake.fsck() == []
