"""Take the bytes of an upload to the local object store: nothing is seen of them until they were checked."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Final

from acai_agent.transfer import TooShort, copy_range
from acai_jupyter.backends.blobs.disk import flush, publish, temporary_file, translated
from acai_jupyter.backends.blobs.signing import Grant
from acai_jupyter.backends.private import make_folder, opener
from acai_jupyter.domain.digests import PART_SIZE
from acai_jupyter.domain.errors import BlobExists, DigestMismatch, Forbidden, StoreUnavailable

_NAME: Final = re.compile("[0-9a-f]+")
_PIECE: Final = 1024 * 1024


class Receiver:
    """Receives one object: written beside its place, checked, then put there in one step."""

    def __init__(self, grant: Grant, path: Path) -> None:
        self._grant = grant
        self._path = path
        self._hash = hashlib.sha256()
        self._received = 0
        self._start = (grant.part or 0) * PART_SIZE
        self._temporary = path.with_name(f"{path.name}.{secrets.token_hex(6)}.tmp")
        with translated(grant.key):
            self._file = self._open()

    def _open(self) -> BinaryIO:
        make_folder(self._path.parent)
        return open(self._temporary, "x+b", opener=opener)

    def write(self, data: bytes | bytearray) -> None:
        """Take the next bytes. Raises DigestMismatch where more come than were announced."""
        self._received += len(data)
        if self._received > (self._grant.size or 0):
            raise DigestMismatch(f"More bytes arrive than the {self._grant.size} that were announced.")
        self._hash.update(data)
        with translated(self._grant.key):
            self._file.write(data)

    def take(self, source: FileIO, offset: int) -> None:
        """Take all bytes from an open file on this machine, from `offset` on. They are copied before they are checked: who can
        still write to that file can't to what is kept. Raises DigestMismatch where it ends too early."""
        size = self._grant.size or 0
        with translated(self._grant.key), open(self._file.fileno(), "rb", buffering=0, closefd=False) as copy:
            piece = memoryview(bytearray(min(_PIECE, size)))
            for at in range(0, size, _PIECE):  # piece by piece, so that what is hashed is still at hand
                count = min(_PIECE, size - at)
                try:
                    copy_range(source.fileno(), offset + at, copy.fileno(), self._start + at, count)
                except TooShort:
                    raise DigestMismatch("The file is shorter than was announced: it changed.") from None
                copy.seek(self._start + at)
                self._received += _read_into(copy, piece[:count])
                self._hash.update(piece[:count])

    def finish(self) -> None:
        """Make it durable and visible. Raises DigestMismatch where the bytes are not those that were announced."""
        if self._received != self._grant.size or self._hash.hexdigest() != self._grant.sha256:
            raise DigestMismatch("The bytes that arrived are not those that were announced: the file changed, or was damaged.")
        with translated(self._grant.key):
            flush(self._file)
            self._file.close()
            self._place()

    def _place(self) -> None:
        publish(self._temporary, self._path)

    def close(self) -> None:
        """Let go, whatever happened; what was not finished leaves nothing."""
        try:
            self._file.close()
        except OSError:
            pass  # closing writes what is left, for which a full disk has no room; nobody was told that it is kept
        self._temporary.unlink(missing_ok=True)


class PartReceiver(Receiver):
    """Receives one part of a large object, at its offset of a file that grows in place. A mark with the part's SHA-256
    says that it is whole. One request at a time writes a part: none may still do so when the part is marked."""

    def _open(self) -> BinaryIO:
        make_folder(self._path)
        self._lock = open(self._path / f"{self._grant.part}.lock", "w", opener=opener)  # noqa: SIM115 - closed in `close`
        try:
            return self._open_locked()
        except BaseException:
            self._lock.close()
            raise

    def _open_locked(self) -> BinaryIO:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreUnavailable("This part is being sent by another request; try again in a moment.") from None
        if (self._path / str(self._grant.part)).exists():
            raise BlobExists("This part is there already.")
        data = self._path / "data"
        descriptor = os.open(data, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        file = os.fdopen(descriptor, "r+b")
        file.seek(self._start)
        return file

    def _place(self) -> None:
        mark = self._path / str(self._grant.part)
        with temporary_file(mark) as (file, temporary):
            file.write(self._hash.digest())
            flush(file)
            temporary.replace(mark)

    def close(self) -> None:
        super().close()
        self._lock.close()


def _read_into(file: FileIO, piece: memoryview) -> int:
    done = 0
    while done < len(piece) and (count := file.readinto(piece[done:])):
        done += count
    return done


def parts_folder(path: Path, upload: str) -> Path:
    """Where the parts of an upload to `path` lie until they are one object. Raises Forbidden."""
    if not _NAME.fullmatch(upload):
        raise Forbidden("This is not the name of an upload.")
    return path.with_name(f"{path.name}.{upload}.parts")
