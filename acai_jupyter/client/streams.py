"""Streams of the platform: events and logs, over WebSockets that are opened again where they break."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.errors import AcaiError, ServerUnreachable, Unavailable
from acai_jupyter.wire.errors import error_from_json

if TYPE_CHECKING:
    from websocket import WebSocket

SILENCE_SECONDS: Final = 30.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 600.0
_LEAST_SECONDS: Final = 0.05

Silence = Callable[[], float]


def events(
    transport: Transport, after: int | None = None, silence: Silence = lambda: SILENCE_SECONDS, deadline: float | None = None
) -> Iterator[Json | None]:
    """Every event of the project from now on, or after a number. None comes first, after each reconnection, and after
    `silence()` seconds without one, which is asked anew for every wait: a moment to look for oneself. It comes, too, every few
    seconds where there is no stream, and where `deadline` (of the monotonic clock) has passed: whoever looks then finds out
    whether the platform is away, or only its streams are.

    Raises what the platform refuses with.
    """
    number = after
    pause = _Pause()
    while True:
        query = "" if number is None else f"?after={number}"
        heard = False
        try:
            for message in _messages(transport, f"/events{query}", silence, _left(deadline)):
                pause.reset()
                heard = True
                if message is None or "ids" not in message:
                    number = message["number"] if message else number
                    yield None
                else:
                    number = message["number"]
                    yield message
        except Unavailable:
            if not heard:
                yield None
            pause.wait(_left(deadline))
            transport.api.look_elsewhere()


def _left(deadline: float | None) -> float:
    """Seconds for which something may be waited for."""
    return SILENCE_SECONDS if deadline is None else min(SILENCE_SECONDS, max(deadline - time.monotonic(), _LEAST_SECONDS))


def log_bytes(transport: Transport, job: str, offset: int = 0) -> Iterator[bytes]:
    """A job's log from `offset` on, as it grows; ends when the job has ended. Where there is no stream, what there is of the log
    is asked for every few seconds.

    Raises what the platform refuses with, ServerUnreachable where it stays away.
    """
    pause = _Pause()
    patience = Patience()
    while True:
        heard = False
        try:
            for message in _messages(transport, f"/jobs/{job}/log/stream?offset={offset}"):
                pause.reset()
                patience.reset()
                heard = True
                if isinstance(message, bytes):
                    offset += len(message)
                    yield message
                elif message is not None and message.get("complete"):
                    return
        except Unavailable:
            pass
        try:
            for piece, complete in () if heard else _pieces(transport, job, offset):
                patience.reset()
                offset += len(piece)
                if piece:
                    yield piece
                if complete:
                    return
        except Unavailable as error:
            patience.check(error)
        pause.wait(SILENCE_SECONDS)
        transport.api.look_elsewhere()


def _pieces(transport: Transport, job: str, offset: int) -> Iterator[tuple[bytes, bool]]:
    """What there is of a log from `offset` on, by requests; with each piece, whether nothing more will come."""
    more = True
    while more:
        told = transport.get_once(f"/jobs/{job}/log", timeout_s=SILENCE_SECONDS, offset=offset)
        piece = base64.b64decode(told["data"])
        offset += len(piece)
        more = bool(piece) and offset < told["size"]
        yield piece, bool(told["complete"]) and not more


def _messages(
    transport: Transport, path: str, silence: Silence = lambda: SILENCE_SECONDS, connect_s: float = SILENCE_SECONDS
) -> Iterator[Any]:
    """The messages of one connection: bytes, JSON, or None for `silence()` seconds without one."""
    import websocket

    try:
        url, headers = transport.websocket(path)
        with _connected(url, headers, connect_s) as socket:
            until = time.monotonic() + silence()
            while True:
                if (left := until - time.monotonic()) <= 0:
                    socket.ping()
                    yield None
                    until = time.monotonic() + silence()
                    continue
                socket.settimeout(left)
                try:
                    # Pings and pongs are told, too: they would begin the wait anew, and come as often as it may last.
                    opcode, data = socket.recv_data(control_frame=True)
                except websocket.WebSocketTimeoutException:
                    continue
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    raise ServerUnreachable("The stream was closed.")
                if opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                    yield data if opcode == websocket.ABNF.OPCODE_BINARY else _parsed(data)
                    until = time.monotonic() + silence()
    except websocket.WebSocketBadStatusException as error:
        raise _refusal(error) from error
    except (websocket.WebSocketException, OSError) as error:
        raise ServerUnreachable(f"The stream broke: {error}.") from error


@contextmanager
def _connected(url: str, headers: list[str], silence: float) -> Iterator[WebSocket]:
    import websocket

    # Redirects are not followed: the token must not end up where its sender didn't mean it to go.
    socket = websocket.create_connection(url, timeout=silence, header=headers, suppress_origin=True, redirect_limit=0)
    try:
        yield socket
    finally:
        socket.close()
        socket.shutdown()  # type: ignore[no-untyped-call]  # where the server closed first, `close` leaves the connection open


def _parsed(data: bytes) -> Json:
    """A message. Raises the error that it tells."""
    message: Json = json.loads(data)
    if "code" in message and "message" in message:
        raise error_from_json(0, message)
    return message


def _refusal(error: Any) -> AcaiError:
    """Why the stream was not opened. What the platform says counts; what a proxy says that lets no WebSockets through does not:
    there is no stream then."""
    try:
        body = json.loads(error.resp_body or b"{}")
    except ValueError:
        body = {}
    if error.status_code >= 500 or not isinstance(body, dict) or "code" not in body:
        return ServerUnreachable(f"A stream was answered with HTTP status {error.status_code}.")
    return error_from_json(error.status_code, body)


class _Pause:
    """Waits longer after every failure in a row."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._seconds = _FIRST_PAUSE_SECONDS

    def wait(self, most: float) -> None:
        time.sleep(min(self._seconds, most))
        self._seconds = min(2 * self._seconds, _LONGEST_PAUSE_SECONDS)


class Patience:
    """How long the platform may be away before who waits gives up."""

    def __init__(self, seconds: float = _PATIENCE_SECONDS) -> None:
        self._seconds = seconds
        self.reset()

    def reset(self) -> None:
        """It has answered."""
        self._deadline = time.monotonic() + self._seconds

    def check(self, error: AcaiError) -> None:
        """Raises `error` where it has been away for too long."""
        if time.monotonic() > self._deadline:
            raise error
