"""Small files of this machine's disk, by the hundred: a digest, an open and a write each, and nothing else.

They get their names before their bytes, so that a process that is killed may leave one that is not whole. As long as that may
be, a mark in the folder says that files are missing there; every later download looks at the digests of what it finds.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from acai_agent.contract import FileEntry
from acai_agent.downloads import Damaged
from acai_agent.drafts import MARK
from acai_agent.nearby import OPEN_FLAGS, SMALL, Window
from acai_agent.parallel import Meter, Stop, for_each
from acai_agent.places import Root
from acai_agent.writing import write_all

try:
    import fcntl
except ImportError:  # not on Windows, where files are written the other way
    fcntl = None  # type: ignore[assignment]

_LEAST: Final = 64
_A_RUN: Final = 500
_SLOW_S: Final = 0.001
"""A disk for which a file waits so long is a slow one: of a network, most likely."""

_ABLE: Final = os.open in os.supports_dir_fd and os.unlink in os.supports_dir_fd and fcntl is not None
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)


def bring_small(entries: Sequence[FileEntry], root: Root, threads: int, stop: Stop, meter: Meter) -> list[FileEntry]:
    """Write those of `entries` that are small, many, and on this machine's disk. Returns those that must be brought another way:
    all others, and those in whose place something stands.

    Raises Damaged, Cancelled.
    """
    small = [entry for entry in entries if _is_small(entry)] if _ABLE else []
    if len(small) < _LEAST or MARK in root.files:
        return list(entries)
    rest = [] if len(small) == len(entries) else [entry for entry in entries if not _is_small(entry)]
    try:
        mark = os.open(f"{root.folder}/{MARK}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError:
        return list(entries)
    try:
        with _marked(root.folder, mark):
            return rest + _bring_runs(list(_runs(small)), root, threads, stop, meter)
    finally:
        os.close(mark)


@contextlib.contextmanager
def _marked(folder: str, mark: int) -> Iterator[None]:
    """The mark goes at the end, also after an error: what is there is whole then. Of those who bring files there at the same time
    the last one removes it."""
    try:
        fcntl.flock(mark, fcntl.LOCK_SH)
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(f"{folder}/{MARK}")  # noqa: PTH108 - text


def _bring_runs(runs: Sequence[list[FileEntry]], root: Root, threads: int, stop: Stop, meter: Meter) -> list[FileEntry]:
    """On one thread, since several would only wait for each other; on all where the disk is slow."""
    begun, worked = time.perf_counter(), time.thread_time()
    rest = _bring(runs[0], _Folders(root), stop, meter)
    waited = time.perf_counter() - begun - (time.thread_time() - worked)
    threads = threads if waited > _SLOW_S * len(runs[0]) else 1
    for left in for_each(lambda run: _bring(run, _Folders(root), stop, meter), runs[1:], threads, stop):
        rest += left
    return rest


def _is_small(entry: FileEntry) -> bool:
    return entry.local is not None and entry.size <= SMALL and not entry.executable and entry.digest is not None


def _runs(entries: Iterable[FileEntry]) -> Iterator[list[FileEntry]]:
    """Files of one object, in the order in which they lie there."""
    by_object: dict[str | None, list[FileEntry]] = {}
    for entry in entries:
        by_object.setdefault(entry.local, []).append(entry)
    for some in by_object.values():
        some.sort(key=lambda entry: entry.offset)
        yield from (some[first : first + _A_RUN] for first in range(0, len(some), _A_RUN))


def _bring(run: Sequence[FileEntry], folders: _Folders, stop: Stop, meter: Meter) -> list[FileEntry]:
    """Returns those that are not written, because of what stands there or of what is wrong with a disk: that is told on the other
    way."""
    stop.check()
    place = run[0].local
    assert place is not None
    try:
        source = os.open(place, OPEN_FLAGS)
    except OSError:
        return list(run)
    left: list[FileEntry] = []
    try:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            return list(run)
        left = _write(run, Window(source), folders)
    finally:
        os.close(source)
        folders.close()
    meter.add(sum(entry.size for entry in run) - sum(entry.size for entry in left))
    return left


def _write(run: Sequence[FileEntry], window: Window, folders: _Folders) -> list[FileEntry]:
    left: list[FileEntry] = []
    sha256, last = hashlib.sha256, None
    for done, entry in enumerate(run):
        path, size, digest, _, offset, _, _ = entry
        above, _, name = path.rpartition("/")
        try:
            data = window.read(offset, size)
            if above != last:
                folder, last = folders.descriptor(above), above
        except OSError:
            return [*left, *run[done:]]
        if "sha256:" + sha256(data).hexdigest() != digest:
            raise Damaged(f"{path}: its bytes are not those that its digest promises.")
        try:
            made = os.open(name, _NEW, 0o666, dir_fd=folder)
        except FileExistsError:
            left.append(entry)
            continue
        except OSError:
            return [*left, *run[done:]]
        try:
            if os.write(made, data) < size:
                write_all(made, data[os.lseek(made, 0, os.SEEK_CUR) :])
        except BaseException as error:
            os.unlink(name, dir_fd=folder)
            if not isinstance(error, OSError):
                raise
            return [*left, *run[done:]]
        finally:
            os.close(made)
    return left


class _Folders:
    """Open folders below a root, which is never left: no link is followed on the way."""

    _MOST: Final = 32

    def __init__(self, root: Root) -> None:
        self._root = root
        self._open: dict[str, int] = {}

    def descriptor(self, folder: str) -> int:
        """Of the folder at this relative path. Raises OSError."""
        found = self._open.get(folder)
        if found is None:
            if len(self._open) >= self._MOST:
                self.close()
            found = self._open[folder] = self._root.open(folder)
        return found

    def close(self) -> None:
        while self._open:
            os.close(self._open.popitem()[1])
