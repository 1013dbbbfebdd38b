"""A path of the lake can be a file and a folder at once: neither is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.servers import Server

from acai_jupyter.client.filesystem import LakeFileSystem
from acai_jupyter.domain.errors import FilesClash


@pytest.fixture(scope="module")
def lake(server: Server) -> LakeFileSystem:
    return LakeFileSystem(server.url, server.token)


@pytest.fixture(params=[0, 20], ids=["few", "many"])
def both(request: pytest.FixtureRequest, lake: LakeFileSystem) -> dict[str, bytes]:
    """What `/both/` holds: few files, that are asked for one by one, or many, that are listed."""
    content = {"a": b"file", "a/b": b"below", "a/b/c": b"further below", "d/e": b"in a folder"}
    content |= {f"more/{number}": str(number).encode() for number in range(request.param)}
    lake.client.files.upload(content, "/both/")
    return content


def held(lake: LakeFileSystem, folder: str) -> dict[str, bytes]:
    return {path.removeprefix(f"{folder}/"): lake.cat_file(path) for path in lake.find(folder)}


def test_a_file_that_is_also_a_folder_is_read_copied_and_moved(lake: LakeFileSystem, both: dict[str, bytes]) -> None:
    assert lake.cat("/both", recursive=True) == {f"/both/{name}": data for name, data in both.items()}
    lake.copy("/both/", "/copied/", recursive=True)
    assert held(lake, "/copied") == held(lake, "/both") == both
    lake.mv("/both/", "/moved/", recursive=True)
    assert held(lake, "/moved") == both
    assert not lake.exists("/both")
    for folder in ("/copied", "/moved"):
        lake.rm(folder, recursive=True)


def test_moving_and_removing_by_the_path_of_both_takes_both(lake: LakeFileSystem, both: dict[str, bytes]) -> None:
    lake.mv("/both/a", "/moved", recursive=True)
    assert not lake.exists("/both/a")
    assert (lake.cat_file("/moved"), held(lake, "/moved")) == (b"file", {"b": b"below", "b/c": b"further below"})
    lake.rm("/moved", recursive=True)
    assert not lake.exists("/moved") and lake.find("/moved") == []


def test_a_disk_that_can_not_hold_both_is_told(lake: LakeFileSystem, both: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(FilesClash, match="a/b"):
        lake.get("/both/", str(tmp_path), recursive=True)
