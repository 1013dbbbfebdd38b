"""A file whose writing fails is no version, whoever opened and closed it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import fsspec
import pandas as pd
import pytest
from support.servers import Server

from acai_jupyter.client.filesystem import LakeFileSystem
from acai_jupyter.domain.errors import Unauthenticated


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
            file.write(b"half" if way in ("bytes", "compressed", "fsspec") else "half")
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


def test_text_that_nobody_closes_is_no_version(lake: LakeFileSystem) -> None:
    lake.open("/half/text", "w").write("nobody closes it")
    assert not lake.exists("/half/text")


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
