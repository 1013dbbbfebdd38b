"""Objects that lie on a disk of this machine are not fetched but copied, and verified as all others are.

The platform tells where they lie only to who shows that it reads a file of the platform's own folder: to the same user on the
same disk, who could read the object store anyway.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from acai_agent.cloning import copy_range
from acai_agent.contract import DISK_HEADER
from acai_agent.parallel import Meter, Stop

if TYPE_CHECKING:
    from acai_agent.downloads import Slice

_PIECE: Final = 1024 * 1024
SMALL: Final = 64 * 1024
"""Up to here a file is written from memory: sharing its blocks would cost more than its bytes."""

OPEN_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def disk_headers(home: Path | None) -> Mapping[str, str]:
    """What shows to a platform that its data folder `home` can be read here; nothing where it can't."""
    if home is None:
        return {}
    try:
        return {DISK_HEADER: (home / "keys" / "disk").read_bytes().hex()}
    except OSError:
        return {}


def take(run: Sequence[Slice], stop: Stop, meter: Meter) -> Sequence[Slice]:
    """Bring neighbouring slices of one object from this machine's disk; returns those that must be fetched.

    Raises Damaged, Cancelled.
    """
    place = run[0].target.entry.local
    if place is None:
        return run
    try:
        source = os.open(place, OPEN_FLAGS)
    except OSError:
        return run
    try:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            return run
        window = Window(source)
        for done, part in enumerate(run):
            try:
                if part.size == part.target.entry.size <= SMALL:
                    part.target.put(window.read(part.target.entry.offset, part.size))
                else:
                    part.target.has_part(part.offset, _bring(source, part, stop))
            except OSError:  # what is wrong with the disk is told where the bytes are fetched and written to it
                return run[done:]
            stop.check()
            meter.add(part.size)
    finally:
        os.close(source)
    return ()


class Window:
    """Reads small neighbours of an object many at once."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._start = 0
        self._data = memoryview(b"")

    def read(self, offset: int, size: int) -> memoryview:
        """Raises OSError where the object is shorter."""
        if not (self._start <= offset and offset + size <= self._start + len(self._data)):
            self._start = offset
            self._data = memoryview(os.pread(self._source, max(_PIECE, size), offset))
        found = self._data[offset - self._start : offset - self._start + size]
        if len(found) < size:
            raise OSError("the object is shorter than it should be")
        return found


def _bring(source: int, part: Slice, stop: Stop) -> bytes:
    """Copy one slice to its place; the SHA-256 of what lies there then."""
    hasher = hashlib.sha256()
    with part.target.open() as draft:
        copy_range(source, part.target.entry.offset + part.offset, draft.fileno(), part.offset, part.size)
        at, end = part.offset, part.offset + part.size
        while at < end:
            stop.check()
            piece = os.pread(draft.fileno(), min(_PIECE, end - at), at)
            if not piece:
                raise OSError("the copy is shorter than it should be")
            hasher.update(piece)
            at += len(piece)
    return hasher.digest()
