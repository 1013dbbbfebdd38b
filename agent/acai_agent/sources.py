"""Local files on their way up: measured once, then read piece by piece, and never half old and half new."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple, Protocol, Union

from acai_agent.contract import FileDigest, digest_in_parts, digest_of_bytes, digest_of_stream

_PIECE: Final = 256 * 1024
_DEVICES: Final[dict[int, int]] = {}
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


class Stamp(NamedTuple):
    """The state of a file on disk: as long as it is the same, so are the bytes. (`changed_ns` is told by the kernel, also
    where somebody set the time of the last write back.)"""

    size: int
    written_ns: int
    changed_ns: int
    inode: int
    device: int


class LocalFile(NamedTuple):
    """A file to upload: its path in the lake (or relative), and where its bytes are; `stamp` is its state when it was found."""

    path: str
    source: Union[str, os.PathLike[str], bytes]
    executable: bool = False
    stamp: Union[Stamp, None] = None


class Measured(NamedTuple):
    """A local file with its digest, and the state in which it had that; `data` where its bytes were kept."""

    file: LocalFile
    digest: FileDigest
    stamp: Union[Stamp, None]
    data: Union[bytes, None] = None


class Memory(Protocol):
    """Remembers the digests of files between uploads. It may forget, but it never errs."""

    def recall(self, files: Sequence[LocalFile]) -> Mapping[str, FileDigest]:
        """The digests of those of `files` that are as they were (by their stamps), by path in the lake."""

    def remember(self, measured: Sequence[Measured], started_ns: int) -> None:
        """Files that were read now, from `started_ns` (by the wall clock) on."""

    def forget(self, files: Sequence[LocalFile]) -> None:
        """What is remembered of `files` was wrong."""


def measure(file: LocalFile, keep: bool = False) -> Measured:
    """Read a file once, for its digest, and `keep` its bytes where it is small. Raises FileUnreadable, FileChanged."""
    if isinstance(file.source, bytes):
        return Measured(file, digest_of_bytes(file.source), None)
    data = None
    try:
        with _open(file.source) as opened:
            before = _stamp(opened)
            if keep:
                data = opened.read(before.size + 1)
                digest = digest_of_bytes(data)
            else:
                digest = digest_of_stream(opened)
            after = _stamp(opened)
    except OSError as error:
        raise _unreadable(file, error) from error
    if not _same(before, after) or digest.size != after.size:
        raise changed(file)
    return Measured(file, digest, after, data)


def measure_small(file: LocalFile) -> Measured:
    """The same of a small file that was looked at: where it still is as it was then, one look more is enough."""
    stamp = file.stamp
    if stamp is None or isinstance(file.source, bytes):
        return measure(file, keep=True)
    try:
        descriptor = os.open(file.source, _OPEN_FLAGS)
        try:
            data = os.read(descriptor, stamp.size + 1)
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return measure(file, keep=True)  # which tells what is wrong
    if len(data) != stamp.size or not _is_as(found, stamp):
        return measure(file, keep=True)
    return Measured(file, FileDigest("sha256:" + hashlib.sha256(data).hexdigest(), stamp.size, ()), stamp, data)


def measure_in_parts(file: LocalFile, each: Callable[[Callable[[int], bytes], Sequence[int]], list[bytes]]) -> Measured:
    """The same of a file larger than one part: `each` gives what a function says of every number, from several threads.

    Raises FileUnreadable, FileChanged.
    """
    assert not isinstance(file.source, bytes)
    try:
        with _open(file.source) as opened:
            before = _stamp(opened)
            digest = digest_in_parts(opened.fileno(), before.size, each)
            after = _stamp(opened)
    except EOFError:
        raise changed(file) from None
    except OSError as error:
        raise _unreadable(file, error) from error
    if not _same(before, after):
        raise changed(file)
    return Measured(file, digest, after)


def pieces_of(measured: Measured, offset: int, size: int) -> Iterator[bytes]:
    """`size` bytes from `offset` on, of the file as it was measured. Raises FileUnreadable, FileChanged."""
    source = measured.file.source
    if isinstance(source, bytes):
        yield from _cut(source, offset, size)
        return
    if measured.data is not None:
        yield measured.data if size == len(measured.data) else measured.data[offset : offset + size]
        return
    try:
        with open_again(measured) as opened:
            opened.seek(offset)
            while size:
                piece = opened.read(min(_PIECE, size))
                if not piece:
                    raise changed(measured.file)
                size -= len(piece)
                yield piece
    except OSError as error:
        raise _unreadable(measured.file, error) from error


@contextmanager
def open_again(measured: Measured) -> Iterator[FileIO]:
    """A file on disk that was measured, open to read. Raises FileChanged, OSError."""
    assert not isinstance(measured.file.source, bytes)
    with _open(measured.file.source) as opened:
        if not _same(_stamp(opened), measured.stamp):
            raise changed(measured.file)
        yield opened


def size_of(file: LocalFile) -> int:
    """The size of a file, without reading it. Raises FileUnreadable."""
    if isinstance(file.source, bytes):
        return len(file.source)
    if file.stamp is not None:
        return file.stamp.size
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


def stamp_of(found: os.stat_result) -> Stamp:
    """The state that a stat tells of."""
    # Equal numbers are one object: of 100,000 files, that is a twentieth of what a client may take.
    written, changed = found.st_mtime_ns, found.st_ctime_ns
    device = _DEVICES.setdefault(found.st_dev, found.st_dev)
    return Stamp(found.st_size, written, written if changed == written else changed, found.st_ino, device)


def _is_as(found: os.stat_result, stamp: Stamp) -> bool:
    """Whether a file is in a state."""
    own = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
    return own == stamp


def _stamp(opened: FileIO) -> Stamp:
    return stamp_of(os.fstat(opened.fileno()))


def _cut(data: bytes, offset: int, size: int) -> Iterator[bytes]:
    return (data[at : min(at + _PIECE, offset + size)] for at in range(offset, offset + size, _PIECE))


def _same(one: Stamp, other: Union[Stamp, None]) -> bool:
    """Whether nobody wrote between two looks at a file; a change of its rights or links doesn't count."""
    return other is not None and one._replace(changed_ns=0) == other._replace(changed_ns=0)


def _unreadable(file: LocalFile, error: OSError) -> FileUnreadable:
    return FileUnreadable(f"{_shown(file)} can't be read: {error.strerror or error}.")


def _shown(file: LocalFile) -> str:
    return file.path if isinstance(file.source, bytes) else os.fspath(file.source)
