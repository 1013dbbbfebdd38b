"""Connections that stay open between calls; each carries one call at a time."""

from __future__ import annotations

import base64
import http.client
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

_LONGEST_IDLE_S: Final = 60.0
_MOST_IDLE_PER_ORIGIN: Final = 16
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Origin(NamedTuple):
    """Where a connection leads."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: SplitResult) -> Origin:
        """Raises ValueError where `url` is not an http or https URL with a host."""
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(f"{url.scheme}://{url.hostname or ''} is not an address: it must begin with http:// or https://.")
        return cls(url.scheme, url.hostname, url.port or (443 if url.scheme == "https" else 80))

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


class Connection(NamedTuple):
    """An open connection. `through_proxy` says that requests on it must name the whole URL."""

    client: http.client.HTTPConnection
    origin: Origin
    through_proxy: bool
    proxy_headers: tuple[tuple[str, str], ...] = ()


class ConnectionPool:
    """Idle connections by origin, for all threads of one process. `check` is asked before one is opened, and may refuse with an
    OSError."""

    def __init__(
        self, connect_timeout_s: float, tls: ssl.SSLContext | None = None, check: Callable[[Origin], None] | None = None
    ) -> None:
        self._check = check
        self._connect_timeout_s = connect_timeout_s
        self._tls = tls
        self._lock = threading.Lock()
        self._idle: dict[Origin, list[tuple[Connection, float]]] = {}
        self._process = os.getpid()

    def take(self, origin: Origin, timeout_s: float) -> Connection:
        """A connection that nobody else uses; opens one where none is idle. Raises OSError or HTTPException."""
        connection = self._take_idle(origin) or self._open(origin)
        if connection.client.sock is not None:
            connection.client.sock.settimeout(timeout_s)
        return connection

    def give_back(self, connection: Connection) -> None:
        """Keep it for the next call to the same origin."""
        with self._lock:
            idle = self._idle.setdefault(connection.origin, [])
            if os.getpid() == self._process and len(idle) < _MOST_IDLE_PER_ORIGIN:
                idle.append((connection, time.monotonic()))
                return
        connection.client.close()

    def close(self) -> None:
        """Close what is idle. The pool may be used again."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection, _ in connections:
                connection.client.close()

    def _take_idle(self, origin: Origin) -> Connection | None:
        if os.getpid() != self._process:
            # A forked child must not speak on its parent's connections: their answers would mix.
            self._lock = threading.Lock()
            self._process = os.getpid()
            self.close()
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                if not idle:
                    return None
                connection, since = idle.pop()
            if time.monotonic() - since < _LONGEST_IDLE_S and _is_quiet(connection.client.sock):
                return connection
            connection.client.close()

    def _open(self, origin: Origin) -> Connection:
        if self._check is not None:
            self._check(origin)
        proxy = _proxy_of(origin)
        near = origin if proxy is None else Origin.of(proxy)
        headers = () if proxy is None else _proxy_headers(proxy)
        client = self._client(origin.scheme, near)
        if proxy is not None and origin.scheme == "https":
            client.set_tunnel(origin.host, origin.port, dict(headers))
        try:
            client.connect()
        except BaseException:
            client.close()
            raise
        if proxy is None or origin.scheme == "https":
            return Connection(client, origin, through_proxy=False)
        return Connection(client, origin, through_proxy=True, proxy_headers=headers)

    def _client(self, scheme: str, near: Origin) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(near.host, near.port, timeout=self._connect_timeout_s)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return http.client.HTTPSConnection(near.host, near.port, timeout=self._connect_timeout_s, context=self._tls)


def _is_quiet(connection: socket.socket | None) -> bool:
    """Whether nothing can be read from an idle connection. What can be read there is the news that it was closed."""
    if connection is None:
        return False
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return not poll.poll(0)
    return not select.select([connection], [], [], 0)[0]


def _proxy_of(origin: Origin) -> SplitResult | None:
    """The proxy that the environment names for `origin`. What runs on this machine is never asked for through one."""
    if origin.host in _LOOPBACK:
        return None
    proxy = getproxies_environment().get(origin.scheme)
    if not proxy or proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}")


def _proxy_headers(proxy: SplitResult) -> tuple[tuple[str, str], ...]:
    if proxy.username is None:
        return ()
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return (("Proxy-Authorization", "Basic " + base64.b64encode(login.encode()).decode("ascii")),)
