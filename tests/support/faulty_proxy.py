"""A proxy between clients and a server that makes the faults of networks and object stores. The server's own URLs lead through it
too, as it leaves the name alone under which it was asked."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from acai_agent.contract import DISK_HEADER

_PIECE: Final = 64 * 1024
_MOST_HELD_S: Final = 300.0
_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})


@dataclass
class Fault:
    """Something that goes wrong with requests whose method and path match `where`, for the first `times` of them.

    `status`: another answer, and the server is not asked. `lose`: the server does it, its answer never arrives. `cut_request`,
    `cut_answer`: the body ends after that share of it. `drip`: the answer comes in that many pieces, each after a pause.
    `until`: the server is asked only once that is set.
    """

    where: str
    times: int = 1
    status: int = 0
    lose: bool = False
    cut_request: float | None = None
    cut_answer: float | None = None
    drip: int = 0
    pause_s: float = 0.02
    until: threading.Event | None = None
    met: int = field(default=0, init=False)


class FaultyProxy:
    """Listens at `url`, for the server at `target`. `seen` are the requests that came, as `METHOD /path`."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.faults: list[Fault] = []
        self.seen: list[str] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.target.path}"

    def take(self, request: str) -> Fault | None:
        """The fault that this request meets."""
        with self._lock:
            self.seen.append(request)
            for fault in self.faults:
                if fault.met < fault.times and re.match(fault.where, request):
                    fault.met += 1
                    return fault
        return None

    def count(self, where: str) -> int:
        """How many such requests came."""
        with self._lock:
            return sum(bool(re.match(where, request)) for request in self.seen)

    @contextmanager
    def running(self) -> Iterator[FaultyProxy]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[FaultyProxy]
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        with suppress(OSError):  # a client that goes away
            super().handle_one_request()

    def _pass_on(self) -> None:
        fault = self.proxy.take(f"{self.command} {urlsplit(self.path).path}") or Fault("")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault.until is not None:
            fault.until.wait(_MOST_HELD_S)
        if fault.status:
            self._answer(fault.status, [("Content-Type", "text/plain")], b"a fault", Fault(""))
            return
        upstream = HTTPConnection(self.proxy.target.netloc, timeout=60)
        try:
            answer = self._ask(upstream, body, fault)
            if answer is None or fault.lose:
                self._hang_up()
                return
            self._answer(answer.status, answer.getheaders(), answer.read(), fault)
        except OSError:
            self._hang_up()  # the server is away
        finally:
            upstream.close()

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _pass_on  # noqa: N815

    def _ask(self, upstream: HTTPConnection, body: bytes, fault: Fault) -> HTTPResponse | None:
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != DISK_HEADER.lower():  # who comes from another machine shares no disk
                upstream.putheader(name, value)
        if fault.cut_request is None:
            upstream.endheaders(body or None)
            return upstream.getresponse()
        upstream.endheaders(body[: int(len(body) * fault.cut_request)])
        return None

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, fault: Fault) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault.cut_answer is not None:
            self.wfile.write(body[: int(len(body) * fault.cut_answer)])
            self._hang_up()
            return
        for piece in _pieces(body, -(-len(body) // fault.drip) if fault.drip else _PIECE):
            if fault.drip:
                threading.Event().wait(fault.pause_s)  # the slowness is the fault
            self.wfile.write(piece)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are kept in `seen`."""


def _pieces(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), max(size, 1)):
        yield body[start : start + size]
