"""Threads that share one file system: whoever's call has returned, has got or made what was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.servers import Server

from acai_jupyter.client.filesystem import LakeFileSystem


@pytest.fixture(scope="module")
def lake(server: Server) -> LakeFileSystem:
    return LakeFileSystem(server.url, server.token)


class Held(list[str]):
    """Target paths: the call to which they are given comes to the last one when it is told to."""

    def __init__(self, *paths: str) -> None:
        super().__init__(paths)
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.fails = False

    def __iter__(self) -> Iterator[str]:
        yield from self[:-1]
        self.reached.set()
        assert self.go_on.wait(60)
        if self.fails:
            raise RuntimeError
        yield self[-1]


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("verb", ["put", "get", "copy"])
def test_a_call_that_returns_is_done_whatever_another_thread_is_at(
    lake: LakeFileSystem, tmp_path: Path, verb: str, fails: bool
) -> None:
    (tmp_path / "local").write_bytes(b"x")
    lake.pipe_file("/thread/source", b"x")
    root = f"/thread/{verb}{fails}"
    calls: dict[str, tuple[Callable[..., None], str, Callable[[str], bool]]] = {
        "put": (lake.put, str(tmp_path / "local"), lake.exists),
        "get": (lake.get, "/thread/source", lambda path: Path(path).exists()),
        "copy": (lake.copy, "/thread/source", lake.exists),
    }
    call, source, is_there = calls[verb]
    root = str(tmp_path) if verb == "get" else root
    held = Held(f"{root}/slow", f"{root}/slower")
    held.fails = fails
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(call, [source, source], held)
        assert held.reached.wait(60)
        try:
            call(source, f"{root}/quick")
            assert is_there(f"{root}/quick")
        finally:
            held.go_on.set()
        assert isinstance(slow.exception(60), RuntimeError) == fails
    assert is_there(f"{root}/quick")
    assert is_there(f"{root}/slow") != fails


def test_one_source_can_be_got_to_two_places(lake: LakeFileSystem, tmp_path: Path) -> None:
    lake.pipe_file("/one", b"1")
    lake.get(["/one", "/one"], [str(tmp_path / "x"), str(tmp_path / "y")])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x": b"1", "y": b"1"}
