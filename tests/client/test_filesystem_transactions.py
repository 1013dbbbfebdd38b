"""A transaction of the fsspec file system is one upload session: all of it becomes versions, or nothing does."""

from __future__ import annotations

import random
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from support.servers import Server

from acai_jupyter.client.filesystem import LakeFileSystem
from acai_jupyter.domain.errors import DigestMismatch


@pytest.fixture(scope="module")
def lake(server: Server) -> LakeFileSystem:
    found: LakeFileSystem = fsspec.filesystem("acai", url=server.url, token=server.token)
    return found


@pytest.fixture(autouse=True)
def drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where drafts are kept, which every test leaves empty."""
    folder = tmp_path / "drafts"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def test_all_that_is_written_in_a_transaction_appears_at_its_end_in_one_session(
    lake: LakeFileSystem, server: Server, tmp_path: Path
) -> None:
    lake.pipe_file("/t/source", b"copied")
    (tmp_path / "local").write_bytes(b"put")
    before = server.settled_log.count("/commit")
    with lake.transaction:
        with lake.open("/t/opened", "wb") as file:
            file.write(b"opened")
        left_open = lake.open("/t/left_open", "wb")
        left_open.write(b"left open")
        lake.pipe({"/t/piped": b"piped", "/t/twice": b"first"})
        lake.pipe_file("/t/twice", b"second")
        lake.put(str(tmp_path / "local"), "/t/put")
        lake.copy("/t/source", "/t/copied")
        assert lake.find("/t") == ["/t/source"]
    assert {path: data.decode() for path, data in lake.cat("/t", recursive=True).items()} == {
        "/t/copied": "copied",
        "/t/left_open": "left open",
        "/t/opened": "opened",
        "/t/piped": "piped",
        "/t/put": "put",
        "/t/source": "copied",
        "/t/twice": "second",
    }
    assert server.settled_log.count("/commit") - before == 1


def test_a_transaction_that_fails_leaves_nothing(lake: LakeFileSystem) -> None:
    def fail() -> None:
        with lake.transaction:
            lake.pipe_file("/f/piped", b"x")
            with lake.open("/f/opened", "wb") as file:
                file.write(b"x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not lake.exists("/f")
    lake.pipe_file("/f/after", b"x")  # the transaction is over
    assert lake.find("/f") == ["/f/after"]


def test_a_file_whose_block_failed_is_not_part_of_its_transaction(lake: LakeFileSystem) -> None:
    with lake.transaction:
        lake.pipe_file("/p/whole", b"x")
        with pytest.raises(RuntimeError), lake.open("/p/half", "wb") as file:
            file.write(b"ha")
            raise RuntimeError
    assert lake.find("/p") == ["/p/whole"]


def test_a_transaction_whose_end_is_refused_leaves_nothing_and_is_over(lake: LakeFileSystem, tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.write_bytes(b"x")

    def lose_a_file() -> None:
        with lake.transaction:
            lake.pipe_file("/n/good", b"x")
            lake.put(str(local), "/n/lost")
            local.unlink()

    with pytest.raises(FileNotFoundError, match="local"):
        lose_a_file()
    lake.start_transaction()
    lake.pipe_file("/n/kept", b"x")
    lake.end_transaction()
    assert lake.find("/n") == ["/n/kept"]


def test_an_empty_transaction_makes_nothing(lake: LakeFileSystem, server: Server) -> None:
    before = server.settled_log.count("POST /acai/api/v1/uploads")
    with lake.transaction:
        pass
    assert server.settled_log.count("POST /acai/api/v1/uploads") == before


def test_what_is_moved_and_removed_in_a_transaction_goes_at_its_end(lake: LakeFileSystem) -> None:
    lake.pipe({f"/m/{name}": name.encode() for name in ("moved", "gone", "again", "folder/a", "folder/b", "part/a", "part/b")})
    before = lake.find("/m")
    with lake.transaction:
        lake.mv("/m/moved", "/m/target")
        lake.rm("/m/gone")
        lake.rm("/m/again")
        lake.rm(["/m/folder", "/m/part"], recursive=True)
        lake.pipe({"/m/again": b"written after", "/m/part/b": b"written after"})
        with pytest.raises(FileNotFoundError):
            lake.rm("/m/nothing")
        with pytest.raises(FileNotFoundError):
            lake.rm("/m/nothing", recursive=True)
        assert lake.find("/m") == before
    left = {"/m/target": b"moved", "/m/again": b"written after", "/m/part/b": b"written after"}
    assert lake.cat("/m", recursive=True) == left


def test_a_transaction_that_fails_moves_and_removes_nothing(lake: LakeFileSystem) -> None:
    lake.pipe({"/k/moved": b"precious", "/k/removed": b"precious"})

    def fail() -> None:
        with lake.transaction:
            lake.mv("/k/moved", "/k/target")
            lake.rm("/k/removed")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert lake.find("/k") == ["/k/moved", "/k/removed"]
    lake.rm("/k/removed")  # the transaction is over
    assert lake.find("/k") == ["/k/moved"]


def test_of_a_copy_that_fails_in_a_transaction_nothing_is_kept(lake: LakeFileSystem, server: Server) -> None:
    content = b"it was like this" * 1001
    lake.pipe_file("/c/damaged", content)
    lake.pipe_file("/c/whole", b"whole")
    [stored] = [path for path in (server.home / "objects").rglob("*") if path.is_file() and path.stat().st_size == len(content)]
    stored.chmod(0o600)
    stored.write_bytes(b"it is otherwise." * 1001)
    with lake.transaction:
        lake.pipe_file("/c/piped", b"piped")
        with pytest.raises(DigestMismatch):
            lake.copy(["/c/whole", "/c/damaged"], ["/c/copy", "/c/copy_of_damaged"])
    assert lake.find("/c") == ["/c/damaged", "/c/piped", "/c/whole"]


def test_what_is_closed_after_a_removal_stays_and_what_was_closed_before_goes(lake: LakeFileSystem) -> None:
    lake.pipe({f"/r/{name}": b"before" for name in ("open", "folder/open", "left", "source")})
    with lake.transaction:
        files = [lake.open(path, "wb") for path in ("/r/open", "/r/folder/open", "/r/left")]
        lake.pipe_file("/r/piped", b"x")
        lake.copy("/r/source", "/r/folder/copy")
        lake.rm(["/r/open", "/r/left", "/r/source"])
        lake.rm("/r/folder", recursive=True)
        for file in files:
            file.write(b"after")
        files[0].close()
        files[1].close()
    after = dict.fromkeys(("/r/open", "/r/folder/open", "/r/left"), b"after")
    assert lake.cat("/r", recursive=True) == {**after, "/r/piped": b"x"}


def test_of_two_files_for_one_path_the_one_that_is_closed_last_counts(lake: LakeFileSystem) -> None:
    with lake.transaction:
        first, second = lake.open("/l/twice", "wb"), lake.open("/l/twice", "wb")
        first.write(b"first")
        second.write(b"second")
        second.close()
        first.close()
    assert lake.cat_file("/l/twice") == b"first"


def test_a_large_file_is_continued_and_copied_in_a_transaction_piece_by_piece(lake: LakeFileSystem) -> None:
    content = random.Random(7).randbytes(24 * 2**20)
    lake.pipe_file("/large/source", content)
    tracemalloc.start()
    try:
        with lake.open("/large/source", "ab") as file:
            file.write(b"more")
            held = tracemalloc.get_traced_memory()[1]
        with lake.transaction:
            tracemalloc.reset_peak()
            lake.copy("/large/source:1", "/large/copy")
            held = max(held, tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    assert held < len(content) * 0.75
    assert lake.cat_file("/large/source") == content + b"more"
    assert lake.cat_file("/large/copy") == content
