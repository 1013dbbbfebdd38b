"""A stand-in for the platform: speaks the agent's contract over real HTTP, and fails on demand.

What it knows (`StandIn`) outlives its servers, so that one can be killed and another started on another port.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.agent.stand_in_lake import Lake, Refused

WIRE = Path(__file__).parents[1] / "wire"
PREFIX = "/user/ada"
API = f"{PREFIX}/acai/api/v1"
TOKEN = "token-of-the-agent-2f7c1d"


def golden(name: str) -> Any:
    """A golden message of the contract."""
    return json.loads((WIRE / f"{name}.json").read_text())


class StandIn:
    """The platform's memory, and the switches by which a test makes it fail."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.lake = Lake()
        # An id of its own: groups of processes are called by it, and tests run beside each other.
        plain = {
            "job": f"job_{uuid.uuid4().hex}",
            "python": None,
            "env": {},
            "secrets": {},
            "requirements": None,
            "output_path": None,
            "files": {},
        }
        self.manifest: dict[str, Any] = golden("agent/manifest") | plain
        self.page_size = 1000
        self.claims: list[dict[str, Any]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.log = bytearray()
        self.calls: list[tuple[str, Any]] = []
        self.keys: list[str] = []
        self.wrong_tokens = 0
        self.tokens_sent_to_objects = 0
        self.kill = False
        self.superseded = False
        self.revoked = False
        self._faults: list[tuple[str, str, Callable[[], bool]]] = []
        self._met: set[str] = set()
        self._server: _Server | None = None
        self.url = ""

    def start(self) -> None:
        """Serve on a free port, the base of the API being `url` from now on."""
        self._server = _Server(self)
        here = f"http://127.0.0.1:{self._server.server_port}"
        self.url = here + API
        self.lake.address = f"{here}{PREFIX}/acai/objects"

    def stop(self) -> None:
        """As if the server had been killed: nothing listens, and every connection is cut."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def fail(self, path: str, how: str, times: int = 1) -> None:
        """The next calls whose path holds `path` fail: `lose` (done, but never answered), `cut` (half an answer), `drop`
        (neither done nor answered), or a status, with a code where the platform itself says so: `400 invalid_path`."""
        left = [times]

        def take() -> bool:
            left[0] -= 1
            return left[0] >= 0

        self._faults.append((path, how, take))

    def next_job(self) -> None:
        """From now on another agent may do the same once more."""
        self.claims.clear()
        self.reports.clear()
        self.log.clear()

    def forgive(self) -> None:
        """No more failures."""
        self._faults.clear()

    def fault(self, path: str) -> str | None:
        with self.lock:
            for part, how, take in self._faults:
                if part in path and take():
                    self._met.add(part)
                    return how
            return None

    def met(self, path: str) -> bool:
        """Whether a failure that was asked for has happened."""
        return path in self._met

    def wait(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Until a condition on what was said here holds; fails the test otherwise."""
        with self.lock:
            assert self.lock.wait_for(condition, seconds), "the agent did not do what was waited for"

    def answer(self, path: str, query: dict[str, str], body: Any) -> Any:
        """What the API says. Raises Refused."""
        with self.lock:
            self.calls.append((path, body))
            try:
                if self.superseded:
                    raise Refused(409, "agent_superseded", "Another agent has this job.")
                return self._route(path, query, body)
            finally:
                self.lock.notify_all()

    def _route(self, path: str, query: dict[str, str], body: Any) -> Any:
        if path == "/agent/claim":
            return self._claim(body)
        if path == "/agent/heartbeat":
            self.heartbeats.append(body)
            return {"kill": self.kill}
        if path == "/agent/log":
            return self._append(int(query["offset"]), body)
        if path == "/agent/report":
            self.reports.append(body)
            return golden("agent/report_answer")
        if path == "/agent/files":
            return self.lake.page(query["kind"], query.get("cursor"), self.page_size)
        if path.startswith("/uploads"):
            return self.lake.upload_call(path, body)
        raise Refused(404, "not_found", f"There is no {path}.")

    def _claim(self, body: dict[str, Any]) -> dict[str, Any]:
        self.claims.append(body)
        if len({claim["instance"] for claim in self.claims}) > 1:
            raise Refused(409, "agent_superseded", "Another agent has this job.")
        return self.manifest

    def _append(self, offset: int, data: bytes) -> dict[str, int]:
        assert len(data) <= 1024 * 1024
        if offset <= len(self.log):
            self.log += data[len(self.log) - offset :]
        return {"size": len(self.log)}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, stand_in: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stand_in = stand_in
        self.open_connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        deadline = time.monotonic() + 5
        while self.open_connections and time.monotonic() < deadline:
            for connection in list(self.open_connections):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            time.sleep(0.001)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A cut connection is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open_connections.add(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.open_connections.discard(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests speak for themselves."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_GET  # noqa: N815

    def _serve(self) -> None:
        stand_in = self.server.stand_in
        url = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = stand_in.fault(url.path)
        if fault == "drop":
            self.close_connection = True
            return
        try:
            if fault and fault[0].isdigit():
                status, _, code = fault.partition(" ")
                raise Refused(int(status), code, f"Refused with {status}.")
            answer = self._answer(url.path, dict(_pairs(url.query)), data)
        except Refused as error:
            message = json.dumps({"code": error.code, "message": error.message}).encode()
            answer = error.status, {}, message if error.code else b"<html>not for programs</html>"
        if fault == "lose":
            self.close_connection = True
            return
        self._send(*answer, cut=fault == "cut")

    def _answer(self, path: str, query: dict[str, str], data: bytes) -> tuple[int, dict[str, str], bytes]:
        stand_in = self.server.stand_in
        if path.startswith(f"{PREFIX}/acai/objects/"):
            stand_in.tokens_sent_to_objects += "Authorization" in self.headers
            key = path.rpartition("/")[2]
            if self.command == "PUT":
                return stand_in.lake.put(key, query["signature"], data)
            return stand_in.lake.get(key, query["signature"], self.headers.get("Range"))
        if stand_in.revoked or self.headers.get("Authorization") != f"Bearer {TOKEN}":
            stand_in.wrong_tokens += 1
            raise Refused(401, "unauthenticated", "This token is not valid.")
        if "Idempotency-Key" in self.headers:
            stand_in.keys.append(self.headers["Idempotency-Key"])
        raw = self.headers.get("Content-Type") == "application/octet-stream"
        body = data if raw or not data else json.loads(data)
        answer = stand_in.answer(path.removeprefix(API), query, body)
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def _send(self, status: int, headers: dict[str, str], body: bytes, cut: bool) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut


def running() -> Iterator[StandIn]:
    """A stand-in that runs as long as a test: make a fixture of it."""
    stand_in = StandIn()
    stand_in.start()
    yield stand_in
    stand_in.stop()


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(name, values[0]) for name, values in parse_qs(query, keep_blank_values=True).items()]
