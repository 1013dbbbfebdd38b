"""Real servers: `python -m acai_server`, or a Jupyter Server with the extension, each with folders of its own."""

from __future__ import annotations

import json
import os
import secrets
import socket
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import websocket

import acai_jupyter as acai
from acai_jupyter.client.client import Client
from acai_jupyter.wire.addresses import API
from support.attempts import end_agents
from support.waiting import wait_for
from support.warm import WarmProcess

JUPYTER_TOKEN = "the-token-of-jupyter"
_ROOM = {"ACAI_CAPACITY_CPU": "100", "ACAI_CAPACITY_MEMORY_MB": "200000"}
"""Jobs of tests mostly wait: as many as a test likes may do so at once, however small the machine is."""


@dataclass(frozen=True)
class Answer:
    """What a server said to one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.json["code"])


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def send(
    url: str,
    method: str,
    token: str | None = None,
    body: object = None,
    headers: dict[str, str] | None = None,
    query: dict[str, Any] | None = None,
) -> Answer:
    """One request, exactly as told; `body` is bytes, or anything that becomes JSON."""
    parts = urlsplit(url)
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    asked = "&".join(part for part in (parts.query, urlencode(query or {})) if part)
    connection = HTTPConnection(parts.netloc, timeout=60)
    try:
        connection.request(method, f"{parts.path}?{asked}" if asked else parts.path, data, {**bearer(token), **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@dataclass
class Server:
    """A server process with its own ACAI_HOME and Jupyter folders below `folder`. `module` is `acai_server` for a server of
    its own, `jupyter_server` for a Jupyter Server with the extension, `support.mortality` for one that dies where a test says.
    `start` may be called again after `stop` or `kill`; the port stays unless it is set to 0."""

    folder: Path
    module: str = "acai_server"
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    url: str = ""
    process: WarmProcess | None = None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def mounted(self) -> Path:
        """The folder below which data may be registered in place."""
        return self.folder / "mounted"

    @property
    def log(self) -> str:
        """All that the server logged."""
        return (self.folder / "server.log").read_text(errors="replace")

    @property
    def settled_log(self) -> str:
        """All that the server logged, once it has logged every request that was answered or cut off before this call: it
        answers first and logs then."""
        wait_for(lambda: not half_closed(self.port))
        mark = f"settled-{uuid.uuid4().hex}"
        send(f"{self.root}/{mark}", "GET")
        return wait_for(lambda: mark in self.log and self.log)

    @property
    def root(self) -> str:
        """The address of the whole server, without a slash at its end."""
        return self.url.removesuffix(API)

    @property
    def token(self) -> str:
        """The owner's token."""
        return (self.home / "token").read_text().strip()

    def start(self) -> Server:
        self.process = self.launch()
        self.url = wait_for(self._published)
        return self

    def launch(self) -> WarmProcess:
        """The process, which may not answer yet, or never."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        listens = ("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0")
        arguments = [*listens, "--ServerApp.log_level=DEBUG"]
        if self.module == "jupyter_server":
            arguments += ["--no-browser", f"--ServerApp.root_dir={self.folder}"]
        if os.geteuid() == 0:
            arguments.append("--ServerApp.allow_root=True")
        with (self.folder / "server.log").open("ab") as log:
            return WarmProcess(self.module, [*arguments, *self.options], self._environment(), log.fileno(), self.folder)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def kill(self) -> None:
        """End it without asking."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)
            self.process = None

    def end(self) -> None:
        """Stop it, and end what its jobs have left: agents outlive their server, as they should, but not their test."""
        self.stop()
        end_agents(self.home)

    def client(self, token: str | None = None) -> Client:
        return acai.connect(self.url, token or self.token)

    def call(self, method: str, path: str, token: str | None = "", **request: Any) -> Answer:
        """One request to the API, by default as the owner; `token=None` sends none."""
        return send(self.url + path, method, self.token if token == "" else token, **request)

    def stream(self, path: str, token: str | None = "", **options: Any) -> websocket.WebSocket:
        """A WebSocket of the API; `closing` it."""
        headers = [f"{name}: {value}" for name, value in bearer(self.token if token == "" else token).items()]
        options = {"suppress_origin": True, "timeout": 60, **options}
        return websocket.create_connection(self.url.replace("http", "ws", 1) + path, header=headers, **options)

    def _published(self) -> str:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended:\n{self.log[-3000:]}"
        for entry in (self.home / "servers").glob("*.json"):
            try:
                told = json.loads(entry.read_text())
            except FileNotFoundError:
                continue  # a server that was killed had left it: another has just cleared it away
            if told["pid"] == self.process.pid:
                return str(told["url"])
        return ""

    def _environment(self) -> dict[str, str]:
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(("ACAI_", "JUPYTER", "JPY_", "PYTEST_"))}
        own = {f"JUPYTER_{name}_DIR": str(self.folder / "jupyter" / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        acai = {"ACAI_HOME": str(self.home), "ACAI_REGISTER_FOLDERS": str(self.mounted), "ACAI_HAND_OVER": "0", **_ROOM}
        return {**inherited, **own, **acai, "JUPYTER_TOKEN": JUPYTER_TOKEN, **self.environment}


def half_closed(port: int) -> bool:
    """Whether a client has left a connection to `port` whose end the server has not read yet."""
    close_wait = "08"
    connections = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(words[1].endswith(f":{port:04X}") and words[3] == close_wait for words in connections)


def free_port() -> int:
    """A port that is free, and that no connection is given while a server comes up or is away: those are numbered from 32768."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", 16384 + secrets.randbelow(16384)))
            return int(probe.getsockname()[1])


def another_port(port: int) -> int:
    """One that is free, too, but not this."""
    return next(found for found in iter(free_port, port))
