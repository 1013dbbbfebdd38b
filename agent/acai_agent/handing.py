"""Bytes for an object store on a disk of this machine are not sent: the platform is handed the open file, and makes its own copy,
by the kernel, which shares blocks where it can.

The file goes over a socket of this machine as a descriptor that only reads: nobody names a path to the platform, and it is
given nothing that its client could not read.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from acai_agent.contract import SignedRequest
from acai_agent.failures import HttpError
from acai_agent.packing import StoreObject
from acai_agent.sources import open_again

_LEAST: Final = 256 * 1024
"""Fewer bytes are sent as fast."""

_ANSWER_S: Final = 600.0
_MOST_ANSWER_BYTES: Final = 64 * 1024


def hand_over(request: SignedRequest, item: StoreObject, offset: int, size: int) -> bool:
    """Have the platform take a range of an object; False where that can't be, and the bytes must be sent.

    Raises HttpError where it refuses, FileChanged, FileUnreadable.
    """
    if request.socket is None or size < _LEAST or not hasattr(socket, "send_fds"):
        return False
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ANSWER_S)
            connection.connect(b"\0" + request.socket.encode())
            with _opened(item, offset, size) as (descriptor, start):
                asked = json.dumps({"url": request.url, "offset": start}).encode()
                socket.send_fds(connection, [asked], [descriptor])
                answer = _read(connection)
    except (OSError, ValueError):
        return False  # it stopped, or is on another machine after all; a file that can't be read is told where it is sent
    if answer.get("status") == 200:
        return True
    status, code, message = answer.get("status"), answer.get("code"), answer.get("message")
    if not isinstance(status, int) or not isinstance(code, str) or status >= 500:
        return False  # of what is wrong with a disk, more is told where bytes are sent
    raise HttpError(status, code, str(message), spoken=True)


@contextmanager
def _opened(item: StoreObject, offset: int, size: int) -> Iterator[tuple[int, int]]:
    """A descriptor, and where in it the range begins: of the file itself, or, for a pack, of memory that is as good as one.

    Raises OSError, FileChanged, FileUnreadable.
    """
    alone = item.file_on_disk
    if alone is not None:
        with open_again(alone) as opened:
            yield opened.fileno(), offset
        return
    if not hasattr(os, "memfd_create"):
        raise OSError(errno.ENOSYS, "there are no files in memory here")
    memory = os.memfd_create("acai-upload")
    try:
        for piece in item.pieces(offset, size):
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(memory, rest) :]
        yield memory, 0
    finally:
        os.close(memory)


def _read(connection: socket.socket) -> dict[str, Any]:
    """Raises OSError, ValueError."""
    data = b""
    while len(data) < _MOST_ANSWER_BYTES and (piece := connection.recv(4096)):
        data += piece
    answer = json.loads(data)
    return answer if isinstance(answer, dict) else {}
