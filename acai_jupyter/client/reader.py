"""A file of the lake as a Python file: seekable, read by ranges."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from typing import TYPE_CHECKING

from acai_agent.contract import PART_SIZE, composite_digest
from acai_jupyter.client.again import fetch_range
from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.errors import DigestMismatch

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class RemoteFile(io.RawIOBase):
    """The bytes of one pinned version. `item` says how to fetch it; where that has expired, it is asked for again. Its first
    bytes may have come with it.

    Who reads the whole file from its beginning on, in whatever pieces, reads what its digest promises, or DigestMismatch.
    """

    def __init__(self, transport: Transport, reference: str, item: Json) -> None:
        super().__init__()
        self._transport = transport
        self._item = item
        self._head = base64.b64decode(item.get("head", ""))
        self._position = 0
        self._check = _Check(item.get("digest"), int(item["size"]))
        self.name = reference

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return int(self._item["size"])

    @property
    def item(self) -> Json:
        """How to fetch it: path, version, size, digest, request, offset."""
        return self._item

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
        at_hand = len(self._head) - self._position
        data = self.fetch(self._position, min(len(view), at_hand) if at_hand > 0 else len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def readall(self) -> bytes:
        data = self.fetch(self._position, self.size)
        self._position += len(data)
        return data

    def fetch(self, start: int, length: int) -> bytes:
        """`length` bytes from `start` on, fewer at the end of the file; the position stays. Several threads may ask.

        Raises DigestMismatch, FileNotFound where the version was deleted meanwhile, ServerUnreachable.
        """
        length = min(length, self.size - start)
        if length <= 0:
            return b""
        data = self._fetch(start, length)
        if len(data) != length or not self._check.take(start, data):
            raise DigestMismatch(f"{self.name}: its bytes in the object store are not those that its digest promises.")
        return data

    def _fetch(self, start: int, length: int) -> bytes:
        if start + length <= len(self._head):
            return self._head[start : start + length]
        return fetch_range(self._transport, self._item, int(self._item["offset"]) + start, length)


class _Check:
    """Follows what is read of a file, as far as that reaches without a gap from its beginning on. Whoever begins anew before the
    end may go on where either of the two readings stopped."""

    def __init__(self, digest: str | None, size: int) -> None:
        self._digest = digest
        self._size = size
        self._bad = False
        self._farthest = self._newest = _Reading(size)
        self._lock = threading.Lock()

    def take(self, start: int, data: bytes) -> bool:
        """Some bytes that were read, from the beginning on again where they are its first; False where all were, and they are
        not those that the digest promises, and for ever after."""
        with self._lock:
            if self._digest is None or self._bad:
                return not self._bad
            if start == 0:
                self._newest = _Reading(self._size)
                if self._farthest.seen == self._size:
                    self._farthest = self._newest
            ended = self._newest.take(start, data)
            if self._newest.seen >= self._farthest.seen:
                self._farthest = self._newest
            else:
                ended = self._farthest.take(start, data)
            self._bad = ended and self._farthest.found() != self._digest
            return not self._bad


class _Reading:
    """The digest of a file as it comes in, `seen` bytes so far."""

    def __init__(self, size: int) -> None:
        self.seen = 0
        self._size = size
        self._parts: list[bytes] = []
        self._hasher = hashlib.sha256()

    def take(self, start: int, data: bytes) -> bool:
        """Go on with those of some bytes that are new, where they join; True where the file's last is among them."""
        if not self.seen - len(data) < start <= self.seen:
            return False
        self._add(memoryview(data)[self.seen - start :])
        return self.seen == self._size

    def _add(self, data: memoryview) -> None:
        while data:
            piece = data[: PART_SIZE - self.seen % PART_SIZE]
            self._hasher.update(piece)
            self.seen += len(piece)
            if self.seen % PART_SIZE == 0 or self.seen == self._size:
                self._parts.append(self._hasher.digest())
                self._hasher = hashlib.sha256()
            data = data[len(piece) :]

    def found(self) -> str:
        """The digest, once all was seen."""
        return f"sha256:{self._parts[0].hex()}" if len(self._parts) == 1 else composite_digest(self._parts)
