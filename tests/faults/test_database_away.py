"""A database that is locked for too long, or goes away and comes back: clients try again or are told in one line, and nothing
is lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pytest
from support.databases import PostgresDatabases
from support.lake import Lake
from support.postgres import Postgres, running_postgres
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.client.client import Client
from acai_jupyter.client.streams import events
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import StoreUnavailable
from tests.faults.conftest import FULL, QUICK

RESTARTS = 5 if FULL else 1
WRITERS = 4


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody writes, and does not come to an end."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(unquote(url.removeprefix("sqlite://")), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with psycopg.connect(url) as connection:
        connection.execute("SELECT id FROM projects FOR UPDATE")
        yield


def test_a_database_that_another_process_keeps_locked_is_told_and_everything_goes_on_after_that(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acai_jupyter.backends.sql.postgres._LOCK_SECONDS", 1)
    monkeypatch.setattr("acai_jupyter.backends.sql.sqlite._BUSY_MILLISECONDS", 300)
    monkeypatch.setattr("acai_jupyter.backends.sql.sqlite._PRAGMAS", ("PRAGMA busy_timeout = 300", "PRAGMA foreign_keys = ON"))
    store = store_by_url(store_url, lambda changed: None)
    lake = Lake(tmp_path, store_url, store)
    lake.put({"/a": b"one"})
    with locked(store_url):
        with pytest.raises(StoreUnavailable, match="busy with another"):
            lake.put({"/a": b"two", "/b": b"two"})
        assert lake.ls() == ["/a:1"], "reading goes on"
    lake.put({"/a": b"three"})
    assert lake.ls() == ["/a:2"]
    assert lake.fsck() == []
    store.close()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that a test may stop."""
    with running_postgres(keeps_commits=True) as server:
        yield server


class Writers:
    """Threads that upload until they are told to end; `told` is what was acknowledged."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.told: list[tuple[int, bytes]] = []

    def write(self, name: int) -> None:
        with Client(Transport(self._server.url, self._server.token, 300.0)) as client:
            number = 0
            while not self._over.is_set():
                content = f"writer {name}, {number}".encode()
                (made,) = client.files.upload(content, "/shared").files
                with self._lock:
                    self.told.append((made.version, content))
                number += 1

    def end(self) -> None:
        self._over.set()

    def have_written(self, more: int) -> None:
        """Wait until there are so many more."""
        before = len(self.told)
        wait_for(lambda: len(self.told) >= before + more, 300.0)


@pytest.mark.timeout(1800)
def test_clients_and_followers_do_not_notice_that_postgresql_was_restarted_under_load(
    new_server: Callable[..., Server], own_postgres: Postgres, tmp_path: Path
) -> None:
    url = PostgresDatabases(own_postgres).new(tmp_path)
    server = new_server(environment=QUICK | {"ACAI_DATABASE_URL": url}).start()
    client = server.client()
    writers, heard = Writers(server), list[int]()
    following = events(client.files.transport, silence=lambda: 1.0)
    assert next(following) is None, "it listens from now on"
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(writers.write, number) for number in range(WRITERS)]
        try:
            for _ in range(RESTARTS):
                writers.have_written(WRITERS)
                own_postgres.stop()
                own_postgres.start()
                writers.have_written(2 * WRITERS)
        finally:
            writers.end()
        for one in running:
            one.result(300)
    last = client.files.upload(b"the last", "/last")
    for event in following:  # whoever follows hears of what comes after, too
        heard += [event["number"]] if event is not None else []
        if event is not None and event["ids"].get("upload") == last.id:
            break
    assert heard == sorted(set(heard))
    assert [file.version for file in client.files.versions("/shared")] == list(range(1, len(writers.told) + 1))
    for version, content in writers.told:
        assert client.files.open(f"/shared:{version}").read() == content
    assert list(client.storage.fsck()) == []
    assert "Traceback" not in server.settled_log
