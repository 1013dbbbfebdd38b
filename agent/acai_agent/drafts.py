"""Files that are not whole yet, under names of their own beside their places: held while they are written, so that those whose
writer was killed can be told from them, and go.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from itertools import count
from typing import Final, Union

try:
    import fcntl
except ImportError:  # not on Windows, where nobody can tell whether a draft is held: they stay
    fcntl = None  # type: ignore[assignment]

_ABLE: Final = fcntl is not None
PREFIX: Final = ".acai-"
MARK: Final = ".acai-incomplete"
"""Stands in a folder into which files are being brought, or were when that was cut off."""

_NAME: Final = re.compile(re.escape(PREFIX) + "[0-9a-f]{12}-[0-9a-f]+-[0-9]+")
_OURS: Final = secrets.token_hex(6)
_NUMBERS: Final = count()
_FLAGS: Final = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_LOOK: Final = _FLAGS | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def is_unfinished(name: str) -> bool:
    """Whether a file of this name is what a download has under way, or left when it was killed: nothing that a user made."""
    return name.startswith(PREFIX) and (name == MARK or _NAME.fullmatch(name) is not None)


class Draft:
    """A new file in `folder`, at `path`; nobody takes it away while it is held. Raises OSError."""

    def __init__(self, folder: str) -> None:
        self.path, self._held = _made(folder)

    def open(self) -> int:
        """A descriptor of its own, for writing and reading. Raises OSError."""
        return os.open(self.path, _FLAGS)

    def let_go(self) -> None:
        """Hold it no longer; may be repeated."""
        held, self._held = self._held, None
        if held is not None:
            os.close(held)


def remove_left(folder: str) -> None:
    """Remove the drafts in a folder that nobody holds. One that can't be removed stays: uploads leave it out."""
    if not _ABLE:
        return
    try:
        with os.scandir(folder) as entries:
            found = [entry.path for entry in entries if entry.name.startswith(PREFIX) and _NAME.fullmatch(entry.name)]
    except OSError:
        return
    for path in found:
        with contextlib.suppress(OSError):
            _remove_if_left(path)


def _made(folder: str) -> tuple[str, Union[int, None]]:
    while True:
        path = f"{folder}/{PREFIX}{_OURS}-{os.getpid():x}-{next(_NUMBERS)}"
        descriptor = os.open(path, _FLAGS | os.O_CREAT, 0o666)
        if _hold(descriptor) and os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # somebody looked at it before it was held, and takes it away


def _hold(descriptor: int) -> bool:
    """Hold a draft; a file system without locks lets nobody hold one, so nobody removes it."""
    if not _ABLE:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _remove_if_left(path: str) -> None:
    """Raises OSError where somebody holds it, or it can't be locked."""
    descriptor = os.open(path, _LOOK)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)  # noqa: PTH108 - text
    finally:
        os.close(descriptor)
