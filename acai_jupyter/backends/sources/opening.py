"""Opening a file below a folder so that nobody can lead elsewhere, whatever he changes meanwhile."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Opening a named pipe would wait for its writer without O_NONBLOCK.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_below(root: Path, names: Sequence[str]) -> int:
    """A descriptor of the regular file `names` below `root`, both without links: a link on the way is refused.

    Raises OSError.
    """
    folder = os.open(root, _FOLDER if names else _FILE)
    if not names:
        return _regular(folder)
    try:
        for name in names[:-1]:
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return _regular(os.open(names[-1], _FILE, dir_fd=folder))
    finally:
        os.close(folder)


def _regular(descriptor: int) -> int:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is not a regular file")
