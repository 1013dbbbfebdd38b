"""Small files that appear whole, or not at all: written without a name, which they get when all of their bytes are there."""

from __future__ import annotations

import errno
import os
from typing import Final, Union

_UNNAMED: Final = getattr(os, "O_TMPFILE", None)
_CAN_NOT: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS})
_unable: Final[set[str]] = set()
"""Folders whose file systems know no files without a name."""


def write_new(place: str, data: Union[bytes, memoryview]) -> bool:
    """Write a file at the absolute path `place`; False where something stands there, or where this is no way to write. (What is
    wrong with a disk is told on the other way.)"""
    folder = os.path.dirname(place)  # noqa: PTH120 - text is faster
    if _UNNAMED is None or folder in _unable:
        return False
    try:
        descriptor = os.open(folder, os.O_WRONLY | os.O_CLOEXEC | _UNNAMED, 0o666)
    except OSError as error:
        if error.errno in _CAN_NOT:
            _unable.add(folder)
        return False
    try:
        write_all(descriptor, data)
        # A folder has to be named for Python to let links be followed; a path that is absolute needs none.
        os.link(f"/proc/self/fd/{descriptor}", place, dst_dir_fd=descriptor, follow_symlinks=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def write_all(descriptor: int, data: Union[bytes, memoryview]) -> None:
    """All of `data`, in as many writes as it takes."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, data[written:])
