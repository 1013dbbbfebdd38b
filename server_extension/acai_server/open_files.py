"""Takes open files of clients on this machine: what an upload would send, the object store copies from them by itself.

A client connects to a socket of this machine, and hands over a descriptor with a signed URL, which is all the right that it
has, and needs. Processes of other users are hung up on, and no path is ever named. (Linux)
"""

from __future__ import annotations

import array
import asyncio
import json
import os
import secrets
import socket
import stat
import struct
import sys
from io import FileIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from acai_jupyter.domain.errors import AcaiError, InvalidRequest
from acai_jupyter.wire.addresses import OBJECTS
from acai_jupyter.wire.errors import error_to_json, status_of
from acai_server.handlers.base import State
from acai_server.pools import BULK

if TYPE_CHECKING:
    from acai_jupyter.platform import Platform

_MOST_BYTES: Final = 16 * 1024
_PATIENCE_SECONDS: Final = 5.0
_MOST_CONNECTIONS: Final = 256
"""Open at once; who finds the door closed sends its bytes instead."""


class OpenFiles:
    """Listens from `start` to `stop`; `address` is where, and known only to those who are told."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._socket: socket.socket | None = None
        self._working: set[asyncio.Task[None]] = set()

    def start(self) -> str | None:
        """The address; None where the system has no such sockets."""
        if sys.platform != "linux":
            return None
        address = f"acai-{secrets.token_hex(16)}"
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(b"\0" + address.encode())  # a name of its own, beside all files: nothing is left when the process ends
        listening.listen(64)
        listening.setblocking(False)
        asyncio.get_running_loop().add_reader(listening.fileno(), self._accept, listening)
        self._socket = listening
        return address

    def stop(self) -> None:
        """Take no more; what is being taken is ended with the pools."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # it has gone already
        # The name of the socket is no secret on this machine: nobody else's process may use up connections or threads.
        if not _is_our_users(connection) or len(self._working) >= _MOST_CONNECTIONS:
            connection.close()
            return
        self._state.requests += 1
        task = asyncio.get_running_loop().create_task(self._answer(connection))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _answer(self, connection: socket.socket) -> None:
        try:
            await self._state.pools.run(BULK, _take, self._state.platform, connection)
        except AcaiError:
            pass  # too much waits, or the server is stopping: the client sends its bytes instead
        finally:
            connection.close()


def _take(platform: Platform, connection: socket.socket) -> None:
    """One file, from first to last; whatever is wrong with it is told to who handed it over."""
    connection.settimeout(_PATIENCE_SECONDS)
    try:
        asked, descriptors = _received(connection)
        answer = _taken(platform, asked, descriptors)
        connection.sendall(json.dumps(answer).encode())
    except OSError:
        pass  # who handed it over has gone, or said nothing


def _taken(platform: Platform, asked: bytes, descriptors: list[int]) -> dict[str, Any]:
    files = [FileIO(descriptor, "rb") for descriptor in descriptors]
    try:
        if len(files) != 1 or not stat.S_ISREG(os.fstat(files[0].fileno()).st_mode):
            raise InvalidRequest("Hand over one file, open to be read.")
        _store(platform, files[0], *_read(asked))
    except AcaiError as error:
        return {"status": status_of(error), **error_to_json(error)}
    finally:
        for file in files:
            file.close()
    return {"status": 200}


def _store(platform: Platform, file: FileIO, url: str, offset: int) -> None:
    parts = urlsplit(url)
    key = parts.path.partition(OBJECTS)[2]
    receiver = platform.objects.receive(platform.objects.check("PUT", key, dict(parse_qsl(parts.query))))
    try:
        receiver.take(file, offset)
        receiver.finish()
    finally:
        receiver.close()


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """What a client says, and the descriptors with it, which no child of ours inherits. Raises OSError."""
    found = array.array("i")
    room = socket.CMSG_SPACE(found.itemsize)
    data, more, _, _ = connection.recvmsg(_MOST_BYTES, room, socket.MSG_CMSG_CLOEXEC)
    for level, kind, value in more:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(value[: len(value) - len(value) % found.itemsize])
    return data, list(found)


def _is_our_users(connection: socket.socket) -> bool:
    """Whether a process of the platform's own user is at the other end."""
    try:
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError:
        return False
    return int(struct.unpack("3i", told)[1]) == os.geteuid()


def _read(asked: bytes) -> tuple[str, int]:
    try:
        given = json.loads(asked)
        url, offset = given["url"], given["offset"]
    except (ValueError, KeyError, TypeError):
        raise InvalidRequest("The request is not well formed.") from None
    if not isinstance(url, str) or not isinstance(offset, int) or offset < 0:
        raise InvalidRequest("The request is not well formed.")
    return url, offset
