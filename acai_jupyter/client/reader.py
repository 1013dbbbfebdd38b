"""A file of the lake as a Python file: seekable, read by ranges."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from acai_agent.http import HttpError
from acai_jupyter.client.transport import Json, Transport, translated

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_FORBIDDEN = 403


class RemoteFile(io.RawIOBase):
    """The bytes of one pinned version. `item` says how to fetch it; where that has expired, it is asked for again."""

    def __init__(self, transport: Transport, reference: str, item: Json) -> None:
        super().__init__()
        self._transport = transport
        # Pinned: a newer version must not mix into what is being read.
        self._reference = reference if "@" in reference else f"{reference.partition(':')[0]}:{item['version']}"
        self._item = item
        self._position = 0
        self.name = reference

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return int(self._item["size"])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError(f"negative seek position {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self.size - self._position)
        if wanted <= 0:
            return 0
        data = self._fetch(self._position, wanted)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _fetch(self, start: int, length: int) -> bytes:
        with translated():
            try:
                return self._range(start, length)
            except HttpError as error:
                if error.status != _FORBIDDEN:
                    raise
        self._item = self._transport.get("/files/downloads", ref=self._reference)["items"][0]
        with translated():
            return self._range(start, length)

    def _range(self, start: int, length: int) -> bytes:
        request = self._item["request"]
        first = self._item["offset"] + start
        headers = {**request["headers"], "Range": f"bytes={first}-{first + length - 1}"}
        data: bytes = self._transport.api.http.send(request["method"], request["url"], headers)
        return data
