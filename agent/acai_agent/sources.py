"""Local files on their way up: measured once, then read piece by piece, and never half old and half new."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple, Union

from acai_agent.contract import FileDigest, digest_of_bytes, digest_of_stream

_PIECE: Final = 256 * 1024
# Opening a named pipe would wait for its writer without O_NONBLOCK; regular files don't mind.
_OPEN_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class TransferError(Exception):
    """A transfer that can't go on; `str(error)` is one line for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FileUnreadable(TransferError):
    """A local file that can't be read."""


class FileChanged(TransferError):
    """A local file that was written to while it was being uploaded."""


class LocalFile(NamedTuple):
    """A file to upload: its path in the lake (or relative), and where its bytes are."""

    path: str
    source: Union[str, os.PathLike[str], bytes]
    executable: bool = False


class _Stamp(NamedTuple):
    device: int
    inode: int
    size: int
    changed_ns: int


class Measured(NamedTuple):
    """A local file with its digest, and the state in which it had that."""

    file: LocalFile
    digest: FileDigest
    stamp: Union[_Stamp, None]


def measure(file: LocalFile) -> Measured:
    """Read a file once, for its digest. Raises FileUnreadable, FileChanged."""
    if isinstance(file.source, bytes):
        return Measured(file, digest_of_bytes(file.source), None)
    try:
        with _open(file.source) as opened:
            before = _stamp(opened)
            digest = digest_of_stream(opened)
            after = _stamp(opened)
    except OSError as error:
        raise _unreadable(file, error) from error
    if before != after or digest.size != after.size:
        raise changed(file)
    return Measured(file, digest, after)


def pieces_of(measured: Measured, offset: int, size: int) -> Iterator[bytes]:
    """`size` bytes from `offset` on, of the file as it was measured. Raises FileUnreadable, FileChanged."""
    source = measured.file.source
    if isinstance(source, bytes):
        yield from (source[at : min(at + _PIECE, offset + size)] for at in range(offset, offset + size, _PIECE))
        return
    try:
        with _open(source) as opened:
            if _stamp(opened) != measured.stamp:
                raise changed(measured.file)
            opened.seek(offset)
            while size:
                piece = opened.read(min(_PIECE, size))
                if not piece:
                    raise changed(measured.file)
                size -= len(piece)
                yield piece
    except OSError as error:
        raise _unreadable(measured.file, error) from error


def size_of(file: LocalFile) -> int:
    """The size of a file, without reading it. Raises FileUnreadable."""
    if isinstance(file.source, bytes):
        return len(file.source)
    try:
        return Path(file.source).stat().st_size
    except OSError as error:
        raise _unreadable(file, error) from error


def has_changed(measured: Measured) -> bool:
    """Whether a file is another one than was measured, also where its size and time don't tell."""
    try:
        return measure(measured.file).digest != measured.digest
    except FileChanged:
        return True


def changed(file: LocalFile) -> FileChanged:
    """The error for a file that is being written to."""
    return FileChanged(f"{_shown(file)} changed while it was being uploaded: upload it again when nothing writes to it.")


def _open(source: Union[str, os.PathLike[str]]) -> FileIO:
    descriptor = os.open(source, _OPEN_FLAGS)
    opened = FileIO(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        opened.close()
        raise FileUnreadable(f"{os.fspath(source)} is not a regular file.")
    return opened


def _stamp(opened: FileIO) -> _Stamp:
    found = os.fstat(opened.fileno())
    return _Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _unreadable(file: LocalFile, error: OSError) -> FileUnreadable:
    return FileUnreadable(f"{_shown(file)} can't be read: {error.strerror or error}.")


def _shown(file: LocalFile) -> str:
    return file.path if isinstance(file.source, bytes) else os.fspath(file.source)
