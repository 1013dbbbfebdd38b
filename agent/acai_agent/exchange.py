"""One request and its answer on an open connection."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, Union
from urllib.parse import SplitResult, urlsplit

from acai_agent.connections import Connection
from acai_agent.failures import ConnectionFailed, HttpError

_PIECE: Final = 256 * 1024
_MOST_ERROR_BYTES: Final = 64 * 1024
_STORE_CODE: Final = re.compile(rb"<Code>([A-Za-z0-9]{1,64})</Code>")


class Stream(NamedTuple):
    """Bytes to send. Each call of `pieces` begins anew, so that they can be sent again; it raises no OSError."""

    size: int
    pieces: Callable[[], Iterator[bytes]]


Body = Union[bytes, Stream]


class Response:
    """An answer whose body may still be under way."""

    def __init__(self, raw: http.client.HTTPResponse, shown: str) -> None:
        self._raw = raw
        self._shown = shown
        self.status = raw.status
        self.headers = raw.headers

    def pieces(self, most: int = _PIECE) -> Iterator[bytes]:
        """The body, piece by piece. Raises ConnectionFailed where it ends too early."""
        left = self._raw.length
        while left is None or left > 0:
            try:
                # read1 returns what is there, for bodies that are written over time; it miscounts known lengths before 3.12.
                piece = self._raw.read1(most) if left is None else self._raw.read(min(most, left))
            except (OSError, http.client.HTTPException) as error:
                raise broken(self._shown, error) from error
            if not piece:
                break
            left = None if left is None else left - len(piece)
            yield piece
        if left:
            raise ConnectionFailed(f"{self._shown}: the answer broke off {left} bytes before its end.")

    def read(self) -> bytes:
        """The whole body."""
        return b"".join(self.pieces())


def exchange(
    connection: Connection, method: str, url: SplitResult, headers: Mapping[str, str], body: Body | None, shown: str
) -> http.client.HTTPResponse:
    """Send a request; gives the answer, whose body is still to be read. Raises ConnectionFailed."""
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    if connection.through_proxy:
        target = f"{url.scheme}://{host_of(url)}{target}"
    try:
        failure = _send(connection, method, target, headers, body)
        return _receive(connection, failure)
    except (OSError, http.client.HTTPException) as error:
        raise broken(shown, error) from error


def _send(connection: Connection, method: str, target: str, headers: Mapping[str, str], body: Body | None) -> OSError | None:
    """Sends a request; returns what kept the other side from taking all of its body."""
    names = {name.lower() for name in headers}
    client = connection.client
    client.putrequest(method, target, skip_host="host" in names, skip_accept_encoding=True)
    for name, value in (*connection.proxy_headers, *headers.items()):
        client.putheader(name, value)
    size = body.size if isinstance(body, Stream) else len(body or b"")
    if "content-length" not in names and (size or method in ("POST", "PUT", "PATCH")):
        client.putheader("Content-Length", str(size))
    if body is None or (isinstance(body, bytes) and size <= _PIECE):
        client.endheaders(body)
        return None
    client.endheaders()
    return _send_body(client, body)


def _send_body(client: http.client.HTTPConnection, body: Body) -> OSError | None:
    for piece in body.pieces() if isinstance(body, Stream) else (body,):
        try:
            client.send(piece)
        except (BrokenPipeError, ConnectionResetError) as error:
            # It may have answered before it had read everything ("too large", "expired"): that answer is worth reading.
            return error
    return None


def _receive(connection: Connection, failure: OSError | None) -> http.client.HTTPResponse:
    try:
        return connection.client.getresponse()
    except (OSError, http.client.HTTPException):
        if failure is not None:
            raise failure from None
        raise


def refusal(response: Response, shown: str) -> HttpError:
    """The error that an answer with a status of 300 and above stands for."""
    body = _error_body(response)
    status = response.status
    retry_after = response.headers.get("Retry-After", "")
    pause_s = float(retry_after) if retry_after.isdecimal() else 0.0
    spoken = _spoken(body)
    if spoken is not None:
        return HttpError(status, *spoken, spoken=True, retry_after_s=pause_s)
    location = urlsplit(response.headers.get("Location") or "")
    if status < 400 and location.netloc:
        moved = f"{location.scheme}://{host_of(location)}{location.path}"
        return HttpError(status, "redirected", f"{shown} was answered with a redirect to {moved}, which is not followed.")
    code = _STORE_CODE.search(body)
    name = code.group(1).decode() if code else f"http_{status}"
    reason = name if code else http.client.responses.get(status, "")
    return HttpError(status, name, f"{shown} was answered with {status} {reason}.".replace(" .", "."), retry_after_s=pause_s)


def _error_body(response: Response) -> bytes:
    body = b""
    try:
        for piece in response.pieces():
            body += piece
            if len(body) > _MOST_ERROR_BYTES:
                break
    except ConnectionFailed:
        return body  # the status says more than the rest of its text would
    return body


def _spoken(body: bytes) -> tuple[str, str] | None:
    try:
        message = json.loads(body)
    except ValueError:
        return None
    if isinstance(message, dict) and isinstance(message.get("code"), str) and isinstance(message.get("message"), str):
        return message["code"], message["message"]
    return None


def unreachable(url: SplitResult, error: Exception) -> ConnectionFailed:
    """No connection to the host of `url`."""
    lasting = isinstance(error, (ssl.SSLCertVerificationError, ValueError))
    return ConnectionFailed(f"{url.scheme}://{host_of(url)} can't be reached: {_words(error)}.", lasting=lasting)


def broken(shown: str, error: Exception) -> ConnectionFailed:
    """A connection that ended in the middle."""
    return ConnectionFailed(f"{shown}: the connection broke: {_words(error)}.")


def _words(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text or type(error).__name__).rstrip(".")


def host_of(url: SplitResult) -> str:
    """Host and port, without a user's name and password."""
    return url.netloc.rpartition("@")[2]
