"""The stream of events: from any number on, nothing left out, in order; who comes too late is told to look anew."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import websocket
from support.databases import Databases
from support.people import Tokens, platform_of
from support.servers import Server
from support.waiting import wait_for


class Reader:
    """Reads a stream of events."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket = socket

    def one(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.socket.recv())
        return told

    def numbers(self, up_to: int) -> list[int]:
        found: list[int] = []
        while not found or found[-1] < up_to:
            message = self.one()
            assert "ids" in message, message
            found.append(message["number"])
        return found


@contextmanager
def events(server: Server, query: str = "", token: str | None = "") -> Iterator[Reader]:
    with closing(server.stream(f"/events{query}", token)) as socket:
        yield Reader(socket)


def last_number(server: Server) -> int:
    with events(server) as reader:
        first = reader.one()
        assert first["kind"] == "connected"
        number: int = first["number"]
        return number


def make_events(server: Server, count: int, name: str = "Burst") -> None:
    """Exactly one event each."""
    client = server.client()
    for n in range(count):
        client.files.upload(f"{name} {n}".encode(), f"/{name}")


def test_a_new_reader_hears_of_what_comes_from_now_on(server: Server) -> None:
    make_events(server, 1)
    with events(server) as reader:
        number = reader.one()["number"]
        server.client().files.upload(b"news", "/news", fileset="News")
        told = [reader.one(), reader.one()]
    assert [message["number"] for message in told] == [number + 1, number + 2]
    assert all(message.keys() == {"number", "kind", "ids", "time"} for message in told)
    assert {"fileset.created"} <= {message["kind"] for message in told}


def test_a_reader_goes_on_from_the_number_that_it_has(server: Server) -> None:
    before = last_number(server)
    make_events(server, 5)
    last = last_number(server)
    for after in range(before, last + 1):
        with events(server, f"?after={after}") as reader:
            assert reader.one() == {"kind": "connected", "number": after}
            if after < last:
                assert reader.numbers(last) == list(range(after + 1, last + 1))


def test_nothing_is_left_out_while_readers_come_and_go_in_a_burst(server: Server) -> None:
    """Four writers, and readers that leave after a few events and come back for the rest."""
    first = last_number(server)
    writers = [threading.Thread(target=make_events, args=(server, 15, f"Burst{n}")) for n in range(4)]
    for writer in writers:
        writer.start()
    wanted = first + 60

    def read_in_pieces(size: int) -> list[int]:
        found = [first]
        while found[-1] < wanted:
            with events(server, f"?after={found[-1]}") as reader:
                assert reader.one()["kind"] == "connected"
                found += [reader.one()["number"] for _ in range(min(size, wanted - found[-1]))]
        return found[1:]

    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(read_in_pieces, (1, 3, 7, 1000)):
            assert found == list(range(first + 1, wanted + 1))
    for writer in writers:
        writer.join()


def test_a_number_that_was_never_given_resets_the_reader(server: Server) -> None:
    last = last_number(server)
    with events(server, f"?after={last + 1000}") as reader:
        assert reader.one() == {"kind": "reset", "number": last}
        assert reader.one() == {"kind": "connected", "number": last}


def test_a_reader_that_comes_too_late_is_reset(server: Server) -> None:
    make_events(server, 3)
    forget_events(server)
    last = last_number(server)
    with events(server, "?after=0") as reader:
        assert reader.one() == {"kind": "reset", "number": last}
        assert reader.one() == {"kind": "connected", "number": last}
        make_events(server, 1)
        assert reader.one()["number"] == last + 1
    with events(server, f"?after={last}") as reader:
        assert reader.one() == {"kind": "connected", "number": last}
        assert reader.one()["number"] == last + 1


def forget_events(server: Server) -> None:
    """What the sweep does with events that are old."""
    with platform_of(server.home) as platform, platform.store.begin() as unit:
        unit.events.forget_before(unit.now() + 1, limit=10_000)


def test_another_process_s_events_arrive(server: Server) -> None:
    """Several servers may run on one data folder; the database tells each of the others' changes."""
    with events(server) as reader:
        number = reader.one()["number"]
        with platform_of(server.home) as platform:
            who = platform.access.authenticate(server.token)
            platform.filesets.create(who, "Foreign", ["/Burst"])
        assert reader.one()["number"] == number + 1


@pytest.mark.parametrize("query", ["?after=x", "?after=%ff", "?after=-1", "?after=1.5", "?after=", "?after=" + "9" * 30])
def test_a_number_that_is_none_is_refused_in_words(server: Server, query: str) -> None:
    with events(server, query) as reader:
        assert reader.one()["code"] == "invalid_request"
        assert reader.socket.recv_data()[0] == websocket.ABNF.OPCODE_CLOSE
        reader.socket.shutdown()


def test_other_projects_hear_nothing(server: Server, tokens: Tokens) -> None:
    with events(server, "?after=0", tokens.stranger) as reader:
        assert reader.one() == {"kind": "connected", "number": 0}
        make_events(server, 2)
        stranger = server.client(tokens.stranger)
        stranger.files.upload(b"mine", "/mine")
        assert reader.one()["number"] == 1


def test_what_a_reader_says_is_ignored(server: Server) -> None:
    with events(server) as reader:
        number = reader.one()["number"]
        reader.socket.send("hello")
        reader.socket.send_binary(b"\0" * 1000)
        make_events(server, 1)
        assert reader.one()["number"] == number + 1


def test_a_page_of_another_site_gets_no_stream_even_with_a_token(server: Server) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        server.stream("/events", suppress_origin=False, origin="https://evil.example")
    assert refused.value.status_code == 403


def test_a_server_with_readers_stops_at_once_and_quietly(new_server: Callable[..., Server]) -> None:
    server = new_server().start()
    readers = [server.stream("/events") for _ in range(5)]
    job = server.client().jobs.submit("echo hello; sleep 0.2")
    logs = [server.stream(f"/jobs/{job.number}/log/stream") for _ in range(5)]
    wait_for(lambda: job.ended)
    server.stop()
    for socket in (*readers, *logs):
        socket.close()
    assert "Traceback" not in server.log
    assert "never retrieved" not in server.log


@pytest.mark.parametrize("path", ["/events", "/jobs/1/log/stream"])
def test_a_stream_ends_when_its_token_is_revoked(new_server: Callable[..., Server], tmp_path: Path, path: str) -> None:
    server = new_server(environment={"ACAI_HEARTBEAT_SECONDS": "0.2"}).start()
    job = server.client().jobs.submit(f"until [ -e {tmp_path}/end ]; do sleep 0.05; done")
    token = server.client().users.create("leaving").token
    with closing(server.stream(path, token)) as socket:
        with platform_of(server.home) as platform:
            platform.access.revoke(str(token))
        messages = iter(socket.recv, "")
        refusal = next(told for told in map(json.loads, messages) if "code" in told)
        assert refusal["code"] == "token_expired"
        assert list(messages) == [], "the server has closed the stream"
        socket.shutdown()  # where the server closed first, closing leaves the connection open
    job.kill()


def test_the_first_server_of_an_empty_database_tells_its_readers_of_events(
    new_server: Callable[..., Server], databases: Databases, tmp_path: Path
) -> None:
    url = databases.empty(tmp_path)
    server = new_server(environment={"ACAI_DATABASE_URL": url}).start()
    with events(server) as reader:
        assert reader.one()["kind"] == "connected"
        make_events(server, 1)
        assert reader.one()["kind"] == "files.committed"
    server.stop()
    databases.release(url)
