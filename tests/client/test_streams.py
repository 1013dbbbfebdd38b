"""Streams whose server loses its database in the midst: it says so and closes; who follows goes on where it was."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

import pytest
from support.eavesdropper import listening
from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from acai_jupyter.client.streams import events, log_bytes
from acai_jupyter.client.transport import Transport
from acai_jupyter.domain.errors import AcaiError, Forbidden, StoreUnavailable
from acai_jupyter.wire.errors import error_to_json


class Stream(WebSocketHandler):
    """Says what is in `script` for the query it is asked with: bytes, messages, and an error at which it closes."""

    def initialize(self, script: dict[str, list[Any]]) -> None:
        self.script = script
        self.pings: PeriodicCallback | None = None

    def on_close(self) -> None:
        if self.pings is not None:
            self.pings.stop()

    def open(self) -> None:
        for item in self.script[self.request.query]:
            if item == "pings":
                self.pings = PeriodicCallback(lambda: self.ping(b""), 5)
                self.pings.start()
            elif isinstance(item, AcaiError):
                self.write_message(error_to_json(item))
                self.close(4000 + HTTPStatus.SERVICE_UNAVAILABLE)
            else:
                self.write_message(item, binary=isinstance(item, bytes))


@pytest.fixture
def script() -> dict[str, list[Any]]:
    return {}


@pytest.fixture
def transport(script: dict[str, list[Any]]) -> Iterator[Transport]:
    socket, port = bind_unused_port(address="127.0.0.1")
    loop = asyncio.new_event_loop()

    async def serve() -> HTTPServer:
        made = HTTPServer(Application([(".*", Stream, {"script": script})]))
        made.add_socket(socket)
        return made

    async def end(server: HTTPServer) -> None:
        server.stop()
        await server.close_all_connections()

    running = threading.Thread(target=loop.run_forever)
    running.start()
    server = asyncio.run_coroutine_threadsafe(serve(), loop).result(60)
    yield Transport(f"http://127.0.0.1:{port}", "token")
    asyncio.run_coroutine_threadsafe(end(server), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    running.join(60)
    loop.close()


AWAY = StoreUnavailable("The database can't be reached.")


def test_who_follows_events_misses_none(transport: Transport, script: dict[str, list[Any]]) -> None:
    first, second = ({"kind": "files_committed", "number": number, "ids": {}} for number in (6, 7))
    script[""] = [{"kind": "connected", "number": 5}, first, AWAY]
    script["after=6"] = [{"kind": "connected", "number": 6}, second]
    assert list(islice(events(transport), 4)) == [None, first, None, second]


def test_who_follows_a_log_has_all_of_it_once(transport: Transport, script: dict[str, list[Any]]) -> None:
    script["offset=0"] = [b"ab", AWAY]
    script["offset=2"] = [b"c", {"complete": True, "size": 3}]
    assert b"".join(log_bytes(transport, "job_1")) == b"abc"


def test_what_is_refused_for_good_ends_a_stream(transport: Transport, script: dict[str, list[Any]]) -> None:
    script[""] = script["offset=0"] = [Forbidden("Not yours.")]
    for stream in (events(transport), log_bytes(transport, "job_1")):
        with pytest.raises(Forbidden, match="Not yours"):
            next(stream)


def test_pings_are_no_news(transport: Transport, script: dict[str, list[Any]]) -> None:
    script[""] = [{"kind": "connected", "number": 5}, "pings"]
    # They come more often than one waits; a stream that took them for news would never say that there is none.
    assert list(islice(events(transport, silence=lambda: 0.1), 4)) == [None] * 4


def test_a_redirect_takes_the_token_nowhere() -> None:
    with listening() as stranger:
        away = f"302 Found\r\nLocation: ws://localhost:{stranger.port}/x\r\nContent-Length: 0"
        with listening(away) as proxy:
            assert next(events(Transport(proxy.url, "acai_secret"))) is None
            assert "acai_secret" in proxy.heard[0]
        assert stranger.heard == []
