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
from support.servers import Server

from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.domain.errors import StoreDamaged, StoreUnavailable
from tests.faults.conftest import QUICK

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


@pytest.fixture
def killed(new_lake: Callable[..., Lake], folder: Path) -> Path:
    """A folder as a server leaves it that was killed: some of what it has written is in the database, some only in the log."""
    lake = new_lake()
    lake.put({"/a": b"one"})
    with closing(sqlite3.connect(folder / "acai.db")) as other:
        other.execute("PRAGMA wal_checkpoint(FULL)")
    lake.put({"/a": b"two", "/b": b"two"})
    shutil.copytree(folder, folder / "copy", ignore=shutil.ignore_patterns("*-shm", "copy"))
    return folder / "copy"


@contextmanager
def opened(databases: SqliteDatabases, folder: Path) -> Iterator[Lake]:
    """The lake as a server that starts on the folder finds it."""
    url = databases.empty(folder)
    store = store_by_url(url, lambda changed: None)
    try:
        store.open()
        yield Lake(folder, url, store)
    finally:
        store.close()


def test_without_the_log_of_a_server_that_was_killed_a_database_is_refused_until_the_log_is_back(
    killed: Path, databases: SqliteDatabases
) -> None:
    (killed / "acai.db-wal").rename(killed / "elsewhere")
    for _ in range(2):
        told = pytest.raises(StoreDamaged, match=r"older than it was: .* acai.db-wal removed.* remove acai.db-mark")
        with told, opened(databases, killed):
            pass
    (killed / "elsewhere").rename(killed / "acai.db-wal")
    with opened(databases, killed) as lake:
        assert lake.ls() == ["/a:2", "/b:1"]
        assert lake.fsck() == []
    with opened(databases, killed) as lake:
        assert lake.ls() == ["/a:2", "/b:1"], "a log that went into the database when the last server stopped is not missed"


def test_without_that_log_the_lake_is_as_it_was_some_time_ago_for_whoever_says_so(
    killed: Path, databases: SqliteDatabases
) -> None:
    """What was only in the log is lost with it, and nothing else is."""
    (killed / "acai.db-wal").unlink()
    (killed / "acai.db-mark").unlink()
    with opened(databases, killed) as lake:
        assert lake.ls() == ["/a:1"]
        assert lake.fsck() == []
        lake.put({"/a": b"three"})
        lake.gc()
        assert (lake.ls(), lake.content("/a"), lake.content("/a:1")) == (["/a:2"], b"three", b"one")
        assert lake.fsck() == []
    with opened(databases, killed) as lake:
        assert lake.ls() == ["/a:2"]


@pytest.mark.parametrize("mark", [b"", b"0" * 20, b"0" * 32 + b" " + b"x" * 20 + b"\n", b"\xff" * 54, b"0" * 4096])
def test_a_mark_that_nobody_has_written_so_stops_no_server(killed: Path, databases: SqliteDatabases, mark: bytes) -> None:
    (killed / "acai.db-mark").write_bytes(mark)
    with opened(databases, killed) as lake:
        assert lake.ls() == ["/a:2", "/b:1"]


@pytest.mark.parametrize("instead", [None, b""])
def test_a_database_that_has_gone_is_not_begun_anew_unless_its_mark_has_gone_too(
    killed: Path, databases: SqliteDatabases, instead: bytes | None
) -> None:
    for name in ("acai.db", "acai.db-wal"):
        (killed / name).unlink()
    if instead is not None:
        (killed / "acai.db").write_bytes(instead)
    with pytest.raises(StoreDamaged, match="older than it was"), opened(databases, killed):
        pass
    (killed / "acai.db-mark").unlink()
    with opened(databases, killed) as lake:
        assert lake.ls() == []


def test_a_server_says_in_one_line_that_the_log_of_its_predecessor_is_missing(new_server: Callable[..., Server]) -> None:
    server = new_server(environment=QUICK).start()
    server.client().files.upload(b"one", "/a")
    server.kill()
    (server.home / "acai.db-wal").rename(server.home / "elsewhere")
    server.process = server.launch()
    assert server.process.wait(60) == 1
    last = server.log.strip().splitlines()[-1]
    assert last.startswith("acai: acai.db is older than it was")
    assert last.endswith("[store_damaged]")
    (server.home / "elsewhere").rename(server.home / "acai.db-wal")
    assert server.start().client().files.open("/a").read() == b"one"
    assert "Traceback" not in server.settled_log


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
