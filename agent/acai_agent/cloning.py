"""Copies of a range of a file that share its blocks on the disk where the file system can do that: nothing is read or written
then, and whoever writes to one side later changes that side alone."""

from __future__ import annotations

import errno
import os
import struct
from typing import Final

try:
    import fcntl
except ImportError:  # not on Windows, where everything is copied
    fcntl = None  # type: ignore[assignment]

_FICLONERANGE: Final = 0x4020940D
_PIECE: Final = 1024 * 1024
_CAN_NOT: Final = frozenset(
    {
        errno.EOPNOTSUPP,  # a file system that shares no blocks
        errno.ENOTTY,  # one that knows of no such thing
        errno.EXDEV,  # two file systems
        errno.EINVAL,  # a range that does not begin and end with a block
        errno.ENOSYS,
        errno.EPERM,
        errno.EACCES,
        errno.EBADF,
        errno.ETXTBSY,
    }
)
"""What the system answers where this is no way to copy; everything else went wrong on a way that is one."""


class TooShort(OSError):
    """The source ends within the range."""


def copy_range(source: int, source_at: int, target: int, target_at: int, size: int) -> None:
    """Make `size` bytes of one open file those of another, in the cheapest way that there is. Raises OSError, TooShort."""
    if not clone_range(source, source_at, target, target_at, size):
        done = _copy_in_kernel(source, source_at, target, target_at, size)
        _copy_here(source, source_at + done, target, target_at + done, size - done)


def clone_range(source: int, source_at: int, target: int, target_at: int, size: int) -> bool:
    """Share the blocks of a range; False where that can't be. Raises OSError."""
    if fcntl is None or not size:
        return False  # to the system, no size means all that follows
    try:
        fcntl.ioctl(target, _FICLONERANGE, struct.pack("qQQQ", source, source_at, size, target_at))
    except OSError as error:
        if error.errno in _CAN_NOT:
            return False
        raise
    return True


def _copy_in_kernel(source: int, source_at: int, target: int, target_at: int, size: int) -> int:
    """How many bytes the kernel has copied; the others must be copied here."""
    copy = getattr(os, "copy_file_range", None)
    done = 0
    while copy is not None and done < size:
        try:
            count = copy(source, target, size - done, source_at + done, target_at + done)
        except OSError as error:
            if error.errno in _CAN_NOT:
                break
            raise
        if not count:
            break
        done += count
    return done


def _copy_here(source: int, source_at: int, target: int, target_at: int, size: int) -> None:
    while size:
        piece = memoryview(os.pread(source, min(_PIECE, size), source_at))
        if not piece:
            raise TooShort(errno.EIO, "the file is shorter than it should be")
        while piece:
            count = os.pwrite(target, piece, target_at)
            piece = piece[count:]
            source_at, target_at, size = source_at + count, target_at + count, size - count
