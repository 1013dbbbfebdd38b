"""A file whose writing fails is no version, whoever opened and closed it."""

from __future__ import annotations

import errno
import io
import random
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest
from support.servers import Server

from acai_jupyter.client.filesystem import LakeFileSystem
from acai_jupyter.domain.errors import InvalidReference, Unauthenticated


@pytest.fixture(scope="module")
def lake(server: Server) -> LakeFileSystem:
    return LakeFileSystem(server.url, server.token)


@pytest.fixture(autouse=True)
def _connected(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACAI_URL", server.url)
    monkeypatch.setenv("ACAI_TOKEN", server.token)


OPENED: dict[str, Callable[[LakeFileSystem, str], Any]] = {
    "bytes": lambda lake, path: lake.open(path, "wb"),
    "text": lambda lake, path: lake.open(path, "w", encoding="utf-8"),
    "compressed": lambda lake, path: lake.open(path, "wb", compression="gzip"),
    "compressed text": lambda lake, path: lake.open(path, "wt", compression="gzip"),
    "fsspec": lambda lake, path: fsspec.open(f"acai://{path}", "wb"),
    "fsspec text": lambda lake, path: fsspec.open(f"acai://{path}", "w"),
    "fsspec compressed": lambda lake, path: fsspec.open(f"acai://{path}", "wt", compression="gzip"),
    "closing": lambda lake, path: closing(lake.open(path, "w")),
}


@pytest.mark.parametrize("way", OPENED)
def test_a_block_that_fails_makes_no_version(lake: LakeFileSystem, way: str) -> None:
    def write(path: str, error: Exception | None) -> None:
        with OPENED[way](lake, path) as file:
            text = "half" if error else "whole"
            file.write(text.encode() if way in ("bytes", "compressed", "fsspec") else text)
            if error:
                raise error

    write("/half/good", None)
    version = lake.info("/half/good")["version"]
    with pytest.raises(RuntimeError):
        write("/half/good", RuntimeError())
    assert lake.info("/half/good")["version"] == version
    lake.rm("/half/good")


@pytest.mark.parametrize("way", OPENED)
def test_a_block_within_an_except_block_writes_as_anywhere(lake: LakeFileSystem, way: str) -> None:
    try:
        raise KeyError
    except KeyError:
        with OPENED[way](lake, f"/handled/{way}") as file:
            file.write(b"all" if way in ("bytes", "compressed", "fsspec") else "all")
    assert lake.exists(f"/handled/{way}")


def test_a_file_closed_while_an_error_is_handled_is_not_written_and_that_is_said(lake: LakeFileSystem) -> None:
    file = lake.open("/handled/closed", "wb")
    try:
        raise KeyError
    except KeyError:
        with pytest.warns(RuntimeWarning, match="/handled/closed is not written.*KeyError"):
            file.close()
    assert not lake.exists("/handled/closed")
    file = lake.open("/handled/entered", "wb")
    try:
        raise KeyError
    except KeyError:
        with file:
            file.write(b"all")
    assert lake.cat_file("/handled/entered") == b"all"


@pytest.mark.parametrize("way", ["bytes", "text", "compressed", "compressed text"])
def test_a_file_that_nobody_closes_is_no_version(lake: LakeFileSystem, way: str) -> None:
    OPENED[way](lake, f"/half/{way}").write(b"nobody" if way in ("bytes", "compressed") else "nobody")
    assert not lake.exists(f"/half/{way}")


FULL = 10_000
"""Bytes that fit on the disk of `full_disk`."""


@contextmanager
def full_disk() -> Iterator[None]:
    """A disk on which no file can grow beyond FULL."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


FILLED: dict[str, Callable[[LakeFileSystem, str], Any]] = {
    "bytes": lambda lake, path: lake.open(path, "wb"),
    "text": lambda lake, path: lake.open(path, "w"),
    "compressed": lambda lake, path: lake.open(path, "wb", compression="gzip"),
    "compressed text": lambda lake, path: lake.open(path, "w", compression="gzip"),
    "wrapped": lambda lake, path: io.TextIOWrapper(lake.open(path, "wb")),
}
CLOSED: dict[str, Callable[[Any], object]] = {
    "closed": lambda file: file.close(),
    "with": lambda file: file.__exit__(None, None, None),
    "forgotten": lambda file: None,
}


@pytest.mark.parametrize("transaction", [False, True])
@pytest.mark.parametrize("end", CLOSED)
@pytest.mark.parametrize("way", FILLED)
def test_a_file_of_which_a_piece_could_not_be_written_is_no_version(
    lake: LakeFileSystem, way: str, end: str, transaction: bool
) -> None:
    """The last piece of a text is written by the code that closes it, which then closes what it wraps as if all were well."""
    path = f"/full/{way}/{end}/{transaction}"
    noise = random.Random(7).randbytes(20 * FULL)
    text = noise.decode("latin-1")
    failures = []
    with lake.transaction if transaction else nullcontext():
        file = FILLED[way](lake, path)
        with full_disk():
            try:
                file.write(noise if way in ("bytes", "compressed") else text)
            except OSError as error:
                failures.append(error.errno)
        try:
            CLOSED[end](file)
        except OSError as error:
            failures.append(error.errno)
        del file
    assert set(failures) == {errno.EFBIG}
    assert not lake.exists(path)


@pytest.mark.parametrize("transaction", [False, True])
@pytest.mark.parametrize("way", ["text", "wrapped", "compressed text"])
def test_a_text_whose_last_piece_can_not_be_written_is_no_version(lake: LakeFileSystem, way: str, transaction: bool) -> None:
    path = f"/full/end/{way}/{transaction}"
    with lake.transaction if transaction else nullcontext():
        file = FILLED[way](lake, path)
        file.write(random.Random(7).randbytes(5_000).hex())
        with full_disk():
            file.write(random.Random(8).randbytes(4_000).hex())
            with pytest.raises(OSError, match=str(errno.EFBIG)):
                file.close()
    assert not lake.exists(path)


def test_a_value_that_is_no_bytes_spoils_no_file(lake: LakeFileSystem) -> None:
    with lake.open("/half/typed", "wb") as file:
        with pytest.raises(TypeError):
            file.write("text")
        file.write(b"bytes")
    assert lake.cat_file("/half/typed") == b"bytes"


class Unwritable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_a_table_that_can_not_be_written_leaves_the_version_before(lake: LakeFileSystem) -> None:
    lake.pipe_file("/half/table.csv", b"a\n1\n")
    with pytest.raises(RuntimeError, match="no text"):
        pd.DataFrame({"a": [*range(100_000), Unwritable()]}).to_csv("acai:///half/table.csv")
    assert [version.size for version in lake.client.files.versions("/half/table.csv")] == [4]


def test_what_can_not_be_known_is_not_taken_for_a_file_that_is_not_there(server: Server) -> None:
    """An append would lose what is there, an exclusive creation would overwrite it."""
    stranger = LakeFileSystem(server.url, "nobody's token")
    questions: dict[str, Callable[[str], object]] = {
        "exists": stranger.exists,
        "isfile": stranger.isfile,
        "isdir": stranger.isdir,
        "append": lambda path: stranger.open(path, "ab"),
        "create": lambda path: stranger.open(path, "xb"),
    }
    for question in questions.values():
        with pytest.raises(Unauthenticated):
            question("/half/table.csv")


def test_a_file_is_not_written_at_the_path_of_a_folder(lake: LakeFileSystem, tmp_path: Path) -> None:
    (tmp_path / "local").write_bytes(b"x")
    writes: tuple[Callable[[str], object], ...] = (
        lambda path: lake.open(path, "wb"),
        lambda path: lake.open(f"acai://{path}", "w"),
        lambda path: lake.pipe_file(path, b"x"),
        lambda path: lake.pipe(path, b"x"),
        lambda path: lake.pipe({path: b"x"}),
        lambda path: lake.put_file(str(tmp_path / "local"), path),
        lake.touch,
    )
    for write in writes:
        with pytest.raises(InvalidReference, match="name the file"):
            write("/as/folder/")
    assert not lake.exists("/as")
    lake.put(str(tmp_path / "local"), "/as/folder/")
    assert lake.find("/as") == ["/as/folder/local"]
