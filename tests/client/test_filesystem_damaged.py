"""Files whose bytes in the store are damaged: what is read of them, and of their neighbours."""

from __future__ import annotations

import pytest
from support.servers import Server

from acai_jupyter.client.filesystem import LakeFileSystem
from acai_jupyter.domain.errors import DigestMismatch


@pytest.fixture(scope="module")
def lake(server: Server) -> LakeFileSystem:
    made = LakeFileSystem(server.url, server.token)
    made.pipe_file("/damaged", b"it was like this" * 1000)
    [stored] = [path for path in (server.home / "objects").rglob("*") if path.is_file() and path.stat().st_size == 16_000]
    stored.chmod(0o600)
    stored.write_bytes(b"it is otherwise." * 1000)
    made.pipe_file("/whole", b"whole")
    return made


def test_a_damaged_file_keeps_no_other_from_being_read(lake: LakeFileSystem) -> None:
    assert lake.cat(["/damaged", "/whole"], on_error="omit") == {"/whole": b"whole"}
    returned = lake.cat(["/damaged", "/whole"], on_error="return")
    assert (type(returned["/damaged"]), returned["/whole"]) == (DigestMismatch, b"whole")
    damaged, part, whole = lake.cat_ranges(["/damaged", "/damaged", "/whole"], [0, 1, 1], [16_000, 5, 3])
    assert (type(damaged), part, whole) == (DigestMismatch, b"t is", b"ho")
    with pytest.raises(DigestMismatch):
        lake.cat(["/damaged", "/whole"])


@pytest.mark.parametrize("piece", [-1, 700])
def test_an_open_file_stays_bad_once_its_bytes_were_seen_to_be(lake: LakeFileSystem, piece: int) -> None:
    with lake.client.files.open("/damaged") as file:
        for _ in range(2):
            file.seek(0)
            with pytest.raises(DigestMismatch):
                while file.read(piece):
                    pass


def test_a_file_that_is_damaged_while_it_is_open_is_noticed_when_it_is_read_again(lake: LakeFileSystem, server: Server) -> None:
    content = bytes(range(256)) * 513
    lake.pipe_file("/later", content)
    remote = lake.client.files.remote("/later")
    assert remote.readall() == content
    [stored] = [path for path in (server.home / "objects").rglob("*") if path.is_file() and path.stat().st_size == len(content)]
    stored.chmod(0o600)
    stored.write_bytes(content[:-1] + b"x")
    remote.seek(0)
    with pytest.raises(DigestMismatch):
        remote.readall()


@pytest.mark.parametrize("again", [[(0, 10)], [(0, 10), (0, 50)], [(0, 200), (0, 10)]])
def test_reading_the_beginning_again_before_the_end_leaves_the_file_verified(
    lake: LakeFileSystem, again: list[tuple[int, int]]
) -> None:
    remote = lake.client.files.remote("/damaged")
    remote.fetch(0, 100)
    for start, length in again:
        remote.fetch(start, length)
    with pytest.raises(DigestMismatch):
        remote.fetch(100, 16_000)


def test_a_file_whose_beginning_is_damaged_once_that_was_read_is_noticed_when_it_is_read_again(
    lake: LakeFileSystem, server: Server
) -> None:
    content = bytes(range(256)) * 517
    lake.pipe_file("/sooner", content)
    remote = lake.client.files.remote("/sooner")
    remote.fetch(0, 100_000)
    [stored] = [path for path in (server.home / "objects").rglob("*") if path.is_file() and path.stat().st_size == len(content)]
    stored.chmod(0o600)
    stored.write_bytes(content[:70_000] + b"x" + content[70_001:])
    remote.fetch(0, 90_000)
    with pytest.raises(DigestMismatch):
        remote.fetch(90_000, len(content))
