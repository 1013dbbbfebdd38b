"""Streams of the platform: events and logs, over WebSockets that are opened again where they break."""

from __future__ import annotations

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

Silence = Callable[[], float]


def events(
    transport: Transport,
    after: int | None = None,
    silence: Silence = lambda: SILENCE_SECONDS,
    deadline: float | None = None,
) -> Iterator[Json | None]:
    """Every event of the project from now on, or after a number. None comes first, after each reconnection, and after
    `silence()` seconds without one, which is asked anew for every wait: a moment to look for oneself. It comes, too, where
    there is no stream and `deadline` (of the monotonic clock) has passed.

    Raises what the platform refuses with, ServerUnreachable where it stays away.
    """
    number = after
    pause = _Pause()
    while True:
        query = "" if number is None else f"?after={number}"
        try:
            for message in _messages(transport, f"/events{query}", silence):
                pause.reset()
                if message is None or "ids" not in message:
                    number = message["number"] if message else number
                    yield None
                else:
                    number = message["number"]
                    yield message
        except Unavailable as error:
            if deadline is not None and time.monotonic() > deadline:
                yield None
            pause.wait(error)
            transport.api.look_elsewhere()


def log_bytes(transport: Transport, job: str, offset: int = 0) -> Iterator[bytes]:
    """A job's log from `offset` on, as it grows; ends when the job has ended.

    Raises what the platform refuses with, ServerUnreachable where it stays away.
    """
    pause = _Pause()
    while True:
        try:
            for message in _messages(transport, f"/jobs/{job}/log/stream?offset={offset}"):
                pause.reset()
                if isinstance(message, bytes):
                    offset += len(message)
                    yield message
                elif message is not None and message.get("complete"):
                    return
        except Unavailable as error:
            pause.wait(error)
            transport.api.look_elsewhere()


def _messages(transport: Transport, path: str, silence: Silence = lambda: SILENCE_SECONDS) -> Iterator[Any]:
    """The messages of one connection: bytes, JSON, or None for `silence()` seconds without one."""
    import websocket

    url, headers = transport.websocket(path)
    try:
        with _connected(url, headers, SILENCE_SECONDS) as socket:
            while True:
                socket.settimeout(silence())
                try:
                    opcode, data = socket.recv_data()
                except websocket.WebSocketTimeoutException:
                    socket.ping()
                    yield None
                    continue
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    raise ServerUnreachable("The stream was closed.")
                yield data if opcode == websocket.ABNF.OPCODE_BINARY else _parsed(data)
    except websocket.WebSocketBadStatusException as error:
        raise _refusal(error) from error
    except (websocket.WebSocketException, OSError) as error:
        raise ServerUnreachable(f"The stream broke: {error}.") from error


@contextmanager
def _connected(url: str, headers: list[str], silence: float) -> Iterator[WebSocket]:
    import websocket

    socket = websocket.create_connection(url, timeout=silence, header=headers, suppress_origin=True)
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
    """Why the platform did not open the stream."""
    try:
        body = json.loads(error.resp_body or b"{}")
    except ValueError:
        body = {}
    if error.status_code >= 500:
        return ServerUnreachable(f"The platform answered with HTTP status {error.status_code}.")
    return error_from_json(error.status_code, body)


class _Pause:
    """Waits longer after every failure in a row, and gives up at last."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._seconds = _FIRST_PAUSE_SECONDS
        self._deadline = time.monotonic() + _PATIENCE_SECONDS

    def wait(self, error: AcaiError) -> None:
        if time.monotonic() > self._deadline:
            raise error
        time.sleep(self._seconds)
        self._seconds = min(2 * self._seconds, _LONGEST_PAUSE_SECONDS)
