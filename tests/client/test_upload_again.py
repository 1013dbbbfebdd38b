"""Uploading the same files again: nothing is read that is known, nothing is sent that arrived, whatever cut the first off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.people import platform_of
from support.servers import Server

from acai_agent.contract import digest_of_bytes, digest_of_file
from acai_agent.transfer import THREADS, LocalFile, Measured, stamp_of
from acai_jupyter.client.client import Client
from acai_jupyter.client.files import Upload
from acai_jupyter.client.local_files import for_lake
from acai_jupyter.client.sending import send
from acai_jupyter.client.stat_cache import StatCache, upload_mark
from acai_jupyter.domain.access import TokenKind
from acai_jupyter.domain.errors import AcaiError, DigestMismatch, FileNotFound

COUNT = 12
SIZE = 300 * 1024  # each travels alone

CUT_OFF = """
import os, signal, sys
from acai_jupyter.client.local_files import for_lake
from acai_jupyter.client.sending import send
from acai_jupyter.client.transport import Transport

url, token, folder, most = sys.argv[1:5]

def end(done, total):
    if done >= int(most):
        os.kill(os.getpid(), signal.SIGKILL)

transport = Transport(url, token)
send(transport, for_lake(folder, "/again/"), sys.argv[5] or None, end)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "small").mkdir(parents=True)
    for number in range(COUNT):
        (folder / f"{number:02}").write_bytes(os.urandom(SIZE))
        (folder / "small" / f"{number:02}").write_bytes(os.urandom(number))
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StatCache:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return StatCache()


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """The files that this process opens from now on, not the folders."""
    paths: list[str] = []
    listening = True

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event == "open" and isinstance(arguments[0], str | os.PathLike) and not Path(arguments[0]).is_dir():
            paths.append(os.fspath(arguments[0]))

    sys.addaudithook(hear)
    yield paths
    listening = False


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A client of a lake that is empty after every test."""
    with server.client() as found:
        yield found
        for folder in ("/again/", "/x"):
            with suppress(FileNotFound):
                found.files.delete(folder, recursive=True)


def upload_and_be_killed(server: Server, folder: Path, most: int, fileset: str = "", token: str | None = None) -> int:
    """Upload from a process of its own, which is killed once `most` bytes are on their way; how that ended."""
    words = [sys.executable, "-c", CUT_OFF, server.url, token or server.token, str(folder), str(most), fileset]
    ended = subprocess.run(words, check=False).returncode
    assert server.settled_log  # what the process had sent is in the lake, or cut off
    return ended


def arrived(server: Server) -> int:
    """How many objects the server has taken so far: what it logs of them may be lost with it, or come later."""
    return sum(path.is_file() and "." not in path.name for path in (server.home / "objects").rglob("*"))


def puts(server: Server) -> int:
    """How many objects were sent so far, whatever became of them."""
    return sum(" PUT /acai/objects" in line for line in server.settled_log.splitlines())


def settle(cache: StatCache, folder: Path) -> None:
    """What an upload would note about these files if they had not been written just now."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    measured = [Measured(LocalFile(str(path), path), digest_of_file(path), stamp_of(path.stat())) for path in files]
    cache.remember(measured, time.time_ns() + 10**10)


def test_an_unchanged_tree_is_not_read_again(client: Client, tree: Path, cache: StatCache, opened: list[str]) -> None:
    first = client.files.upload(tree, "/again/", fileset="Again")
    assert sum(path.startswith(f"{tree}/") for path in opened) >= 2 * COUNT
    settle(cache, tree)
    opened.clear()
    again = client.files.upload(tree, "/again/", fileset="Again")
    assert [path for path in opened if path.startswith(f"{tree}/")] == []
    assert all(file.unchanged for file in again.files)
    assert again.fileset and first.fileset and again.fileset.reference == first.fileset.reference


def note(cache: StatCache, client: Client, tree: Path, upload: Upload) -> None:
    """What this upload would have noted if the files had not been written just now."""
    files = for_lake(tree, "/again/")
    answer = client.files.transport.get(f"/uploads/{upload.id}")
    mark = upload_mark(client.files.transport.identity, "Again", files=files)
    cache.note_commit(mark, answer["id"], files, time.time_ns() + 10**10)


def sessions(server: Server) -> int:
    return sum("POST /acai/api/v1/uploads " in line for line in server.settled_log.splitlines())


def test_an_unchanged_tree_in_an_unchanged_lake_needs_no_session(
    server: Server, client: Client, tree: Path, cache: StatCache
) -> None:
    first = client.files.upload(tree, "/again/", fileset="Again")
    note(cache, client, tree, first)
    before = sessions(server)
    again = client.files.upload(tree, "/again/", fileset="Again")
    assert sessions(server) == before
    assert repr(again) == f"Uploaded {2 * COUNT} files (0 new, {2 * COUNT} unchanged) as {first.fileset}"
    assert [(file.path, file.version) for file in again.files] == [(file.path, file.version) for file in first.files]
    assert all(file.unchanged for file in again.files)
    client.files.upload(tree, "/again/", fileset="Other")  # another upload
    assert sessions(server) == before + 1


@pytest.mark.parametrize("change", ["write", "delete", "fileset"])
def test_a_lake_that_others_changed_gets_the_tree_again(client: Client, tree: Path, cache: StatCache, change: str) -> None:
    note(cache, client, tree, client.files.upload(tree, "/again/", fileset="Again"))
    if change == "write":
        client.files.upload(b"somebody else", "/again/03")
    elif change == "delete":
        client.files.delete("/again/03")
    else:
        client.filesets.create("Again", ["/again/03"])
    again = client.files.upload(tree, "/again/", fileset="Again")
    assert client.files.open("/again/03").read() == (tree / "03").read_bytes()
    assert client.filesets.list()[0].file_count == again.fileset.file_count == 2 * COUNT  # type: ignore[union-attr]


def test_an_upload_that_the_platform_forgot_is_made_again(client: Client, tree: Path, cache: StatCache) -> None:
    files = for_lake(tree, "/again/")
    mark = upload_mark(client.files.transport.identity, None, files=files)
    cache.note_commit(mark, "upload_01930a1b2c3d7e8f9a0b1c2d3e4f5a6b", files, time.time_ns() + 10**10)
    assert len(client.files.upload(tree, "/again/").files) == 2 * COUNT
    assert len(client.files.list("/again/")) == 2 * COUNT


def test_of_a_changed_tree_only_what_changed_is_sent(server: Server, client: Client, tree: Path, cache: StatCache) -> None:
    client.files.upload(tree, "/again/")
    settle(cache, tree)
    before = arrived(server)
    (tree / "03").write_bytes(b"other" * SIZE)
    made = client.files.upload(tree, "/again/").files
    assert [file.path for file in made if not file.unchanged] == ["/again/03"]
    assert arrived(server) - before == 1
    assert client.files.open("/again/03").read(10) == b"otherother"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
def test_an_upload_whose_client_was_killed_goes_on_without_sending_again(
    server: Server, client: Client, tree: Path, share: float
) -> None:
    before = arrived(server)
    total = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
    ended = upload_and_be_killed(server, tree, int(total * share) + 1, "Again")
    assert ended == -signal.SIGKILL or share == 1.0
    made = client.files.upload(tree, "/again/", fileset="Again")
    assert len(made.files) == 2 * COUNT
    assert arrived(server) - before == COUNT + 1  # the large ones, and the pack of the small ones
    assert client.files.open("/again/11").read() == (tree / "11").read_bytes()


def another_token(server: Server) -> str:
    """What a kernel gets: every start of a Jupyter Server makes a new one for the same user."""
    with platform_of(server.home) as platform:
        owner = platform.access.authenticate(server.token)
        return platform.access.new_token(owner, TokenKind.KERNEL, "a kernel's")


def test_an_upload_goes_on_with_another_token_of_the_same_user(server: Server, client: Client, tree: Path) -> None:
    before = arrived(server)
    assert upload_and_be_killed(server, tree, COUNT * SIZE, token=another_token(server)) == -signal.SIGKILL
    with server.client(another_token(server)) as again:
        assert len(again.files.upload(tree, "/again/").files) == 2 * COUNT
    assert arrived(server) - before == COUNT + 1


def test_an_unchanged_tree_needs_no_session_with_another_token_of_the_same_user(
    server: Server, client: Client, tree: Path, cache: StatCache
) -> None:
    with server.client(another_token(server)) as first:
        note(cache, first, tree, first.files.upload(tree, "/again/", fileset="Again"))
    before = sessions(server)
    with server.client(another_token(server)) as again:
        assert again.files.upload(tree, "/again/", fileset="Again").unchanged
    assert sessions(server) == before


def test_another_users_upload_is_another_one(server: Server, client: Client, tree: Path, cache: StatCache) -> None:
    note(cache, client, tree, client.files.upload(tree, "/again/", fileset="Again"))
    before = sessions(server)
    with server.client(str(client.users.create("ann").token)) as ann:
        ann.files.upload(tree, "/again/", fileset="Again")
    assert sessions(server) == before + 1


def test_an_upload_goes_on_with_a_server_that_was_killed_and_started_anew(new_server: Callable[..., Server], tree: Path) -> None:
    own = new_server().start()
    # More than all threads together have under way, so that something has arrived.
    assert upload_and_be_killed(own, tree, (THREADS + 1) * SIZE) == -signal.SIGKILL
    own.kill()
    there = arrived(own)
    assert there
    own.port = 0  # another one
    own.start()
    before = puts(own)
    assert list(own.client().files.list("/")) == []
    assert len(own.client().files.upload(tree, "/again/").files) == 2 * COUNT
    assert arrived(own) == COUNT + 1
    assert puts(own) - before == COUNT + 1 - there


def test_a_tree_that_changed_after_the_cut_is_uploaded_as_it_is_now(server: Server, client: Client, tree: Path) -> None:
    upload_and_be_killed(server, tree, COUNT * SIZE // 2)
    (tree / "00").write_bytes(b"now")
    (tree / "new").write_bytes(b"new")
    assert len(client.files.upload(tree, "/again/").files) == 2 * COUNT + 1
    assert client.files.open("/again/00").read() == b"now"


def test_what_was_committed_before_is_another_upload(client: Client, tree: Path, cache: StatCache) -> None:
    """A client that is killed right after the commit leaves its key behind; meanwhile somebody else writes."""
    files = for_lake(tree / "00", "/x")
    transport = client.files.transport
    mark = upload_mark(transport.identity, None, files=files)
    key = cache.key_of(mark)
    send(transport, files, None, None)
    cache._try(lambda database: database.execute("INSERT INTO uploads VALUES (?, ?, ?)", (mark, key, time.time_ns())), None)
    client.files.upload(b"somebody else", "/x")
    send(transport, files, None, None)
    assert client.files.open("/x").read() == (tree / "00").read_bytes()


def test_a_file_that_changes_while_it_is_uploaded_is_an_error_and_nothing_is_committed(client: Client, tree: Path) -> None:
    def write(done: int, total: int) -> None:
        (tree / "11").write_bytes(os.urandom(SIZE))

    with pytest.raises(DigestMismatch, match=r"11 changed while it was being uploaded"):
        send(client.files.transport, for_lake(tree, "/again/"), None, write)
    assert list(client.files.list("/")) == []
    assert len(client.files.upload(tree, "/again/").files) == 2 * COUNT


def test_a_memory_that_errs_is_corrected(client: Client, tree: Path, cache: StatCache) -> None:
    """As after a power cut, when a file has its size and times, but not its bytes."""
    path = tree / "05"
    wrong = Measured(LocalFile("/", path), digest_of_bytes(b"w" * SIZE), stamp_of(path.stat()))
    cache.remember([wrong], time.time_ns() + 10**10)
    with pytest.raises(AcaiError, match="changed while it was being uploaded"):
        client.files.upload(tree, "/again/")
    assert client.files.upload(tree, "/again/").files[5].path == "/again/05"
    assert client.files.open("/again/05").read() == (tree / "05").read_bytes()
