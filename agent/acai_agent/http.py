"""A small HTTP client: connections kept alive, bodies of any size in constant memory, errors in words.

`Http` sends requests exactly as given. `Api` speaks JSON with the platform below one base URL, with a token that goes
nowhere else. Redirects are never followed: a token, or a body, must not end up where its sender didn't mean it to go.
"""

from __future__ import annotations

import http.client
import json as json_text
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, Union
from urllib.parse import urlencode, urlsplit

from acai_agent.connections import Connection, ConnectionPool, Origin
from acai_agent.exchange import Body, Response, Stream, exchange, host_of, refusal, unreachable
from acai_agent.failures import TRANSIENT, Backoff, Cancelled, ConnectionFailed, HttpError, RequestFailed, Signal

__all__ = [
    "Api",
    "Backoff",
    "Body",
    "Caller",
    "Cancelled",
    "ConnectionFailed",
    "Http",
    "HttpError",
    "Origin",
    "RequestFailed",
    "Response",
    "Signal",
    "Stream",
]

Query = Mapping[str, Union[str, int, None]]


class Http:
    """Sends requests. One object serves all threads; close it when done. `check` is asked before a connection is opened, and may
    refuse with an OSError."""

    def __init__(
        self,
        *,
        timeout_s: float = 60.0,
        connect_timeout_s: float = 10.0,
        tls: ssl.SSLContext | None = None,
        check: Callable[[Origin], None] | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._pool = ConnectionPool(connect_timeout_s, tls, check)

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[Response]:
        """Send a request with exactly these headers; gives the answer while its body is read.

        Raises HttpError for a status of 300 and above, ConnectionFailed where there is no answer.
        """
        parts = urlsplit(url)
        shown = f"{method} {parts.scheme}://{host_of(parts)}{parts.path}"
        try:
            connection = self._pool.take(Origin.of(parts), self._timeout_s if timeout_s is None else timeout_s)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise unreachable(parts, error) from error
        raw: http.client.HTTPResponse | None = None
        try:
            raw = exchange(connection, method, parts, headers or {}, body, shown)
            if raw.status >= 300:
                raise refusal(Response(raw, shown), shown)
            yield Response(raw, shown)
        finally:
            self._let_go(connection, raw)

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        timeout_s: float | None = None,
    ) -> bytes:
        """Send a request; returns the answer's whole body. Raises as `open` does."""
        with self.open(method, url, headers, body, timeout_s) as response:
            return response.read()

    def _let_go(self, connection: Connection, raw: http.client.HTTPResponse | None) -> None:
        if raw is not None and raw.length == 0 and not raw.isclosed():
            raw.read()  # takes note of the end of a body that is empty
        if raw is not None and raw.isclosed() and not raw.will_close:
            self._pool.give_back(connection)
        else:
            connection.client.close()


class Caller(Protocol):
    """Whoever can call the platform: `Api`, or something with more patience."""

    def call(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool = False,
        timeout_s: float | None = None,
    ) -> Any: ...


class Api:
    """The platform's REST interface below `url` (…/acai/api/v1).

    `repeat` says that a call may be made twice: then it is tried again for `patience_s` while the platform doesn't answer or
    is busy. `elsewhere` is asked meanwhile where the platform is now. Paths are given percent-encoded.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        http: Http | None = None,
        headers: Mapping[str, str] | None = None,
        patience_s: float = 60.0,
        stop: Signal | None = None,
        elsewhere: Callable[[], str] | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.http = http or Http()
        self._elsewhere = elsewhere
        self._headers = {"Accept": "application/json", **(headers or {})}
        if token is not None:
            if not (token.isascii() and token.isprintable()):
                # Said here: further down the error would show the token.
                raise ValueError("The token holds characters that no token has: copy it again.")
            self._headers["Authorization"] = f"Bearer {token}"
        self._patience_s = patience_s
        self._stop = stop

    def call(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        data: Body | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool = False,
        timeout_s: float | None = None,
    ) -> Any:
        """What the platform answers, as JSON; None for an empty answer. `json` or raw `data` is the body.

        Raises HttpError, ConnectionFailed, Cancelled.
        """
        backoff = Backoff(self._patience_s if repeat else 0.0, self._stop)
        while True:
            try:
                with self.open(method, path, json, data=data, query=query, headers=headers, timeout_s=timeout_s) as response:
                    return _parsed(response, f"{method} {self.url}{path}")
            except HttpError as error:
                if error.status not in TRANSIENT:
                    raise
                backoff.wait(error)
            except ConnectionFailed as error:
                backoff.wait(error)
                self.look_elsewhere()

    def look_elsewhere(self) -> None:
        """Go on where the platform is now, if anybody knows."""
        if self._elsewhere is not None:
            self.url = self._elsewhere().rstrip("/")

    def open(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        data: Body | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> AbstractContextManager[Response]:
        """One attempt at a call, whose answer is read as it comes. Raises HttpError, ConnectionFailed."""
        sent = {**self._headers, **(headers or {})}
        if json is not None:
            data = json_text.dumps(json, separators=(",", ":"), default=_plain).encode()
            sent["Content-Type"] = "application/json"
        elif data is not None:
            sent.setdefault("Content-Type", "application/octet-stream")
        given = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self.url}{path}" + (f"?{urlencode(given)}" if given else "")
        return self.http.open(method, url, sent, data, timeout_s)


def _plain(value: Any) -> Any:
    """What JSON does not know: numbers of other libraries as Python's own, spans of time in seconds. Raises ValueError."""
    for way in ("tolist", "total_seconds"):
        if callable(known := getattr(value, way, None)):
            return known()
    raise ValueError(f"{value!r} can't be sent to the platform: give a text or a number.")


def _parsed(response: Response, shown: str) -> Any:
    body = response.read()
    if not body:
        return None
    try:
        return json_text.loads(body)
    except ValueError as error:
        raise HttpError(
            response.status, "not_json", f"{shown} was answered with something that isn't JSON: check the platform's URL."
        ) from error
