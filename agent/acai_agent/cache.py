"""Files that jobs of this machine had as input, kept for the next one that wants them (paper section 7.1.2).

Every file lies under its digest. A job gets a copy of its own (blocks are shared where the file system can do that), and the copy
is verified like every file that is brought: what was changed here is noticed, forgotten and fetched again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from acai_agent.cloning import copy_range
from acai_agent.contract import FileEntry, digest_of_file
from acai_agent.notes import note

LEAST_BYTES: Final = 1024 * 1024
"""Smaller files lie together in objects and come many by one request: to keep each would cost more than to fetch it."""

_DRAFT: Final = "draft-"
_HOUR_S: Final = 3600.0
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class InputCache:
    """Below `folder`, at most `most_bytes` in all; what was not used for longest goes first."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most = most_bytes

    def find(self, entries: Sequence[FileEntry]) -> list[FileEntry]:
        """The same entries; those that are kept here tell where."""
        return [self._found(entry) for entry in entries]

    def keep(self, entries: Sequence[FileEntry], root: Path) -> None:
        """Keep what was brought below `root`, as far as it fits. A cache that can't be written to is no job's failure."""
        drafts: list[tuple[Path, FileEntry]] = []
        try:
            self._reserve(list(self._to_keep(entries)), drafts)
            for draft, entry in drafts:
                self._copy(root / entry.path, draft, entry.size)
            if drafts:
                self._take_in(drafts)
        except OSError as error:
            note(f"The input is not kept for other jobs: {error}")
        finally:
            for draft, _ in drafts:
                draft.unlink(missing_ok=True)

    def forget_changed(self, entries: Sequence[FileEntry]) -> None:
        """Keep those no longer that are not what they were."""
        for entry in entries:
            if entry.digest is not None:
                place = self._place(entry)
                try:
                    if digest_of_file(place).digest != entry.digest:
                        place.unlink()
                except OSError:
                    continue  # it has gone, or can't be read, and is fetched from now on

    def _found(self, entry: FileEntry) -> FileEntry:
        if not self._takes(entry):
            return entry
        place = self._place(entry)
        if not self._holds(entry):
            return entry
        with contextlib.suppress(OSError):
            os.utime(place)
        return entry._replace(local=str(place))

    def _holds(self, entry: FileEntry) -> bool:
        try:
            return self._place(entry).stat().st_size == entry.size
        except OSError:
            return False

    def _takes(self, entry: FileEntry) -> bool:
        """Only a file that is all of its object: elsewhere it would not lie where its object has it."""
        fits = LEAST_BYTES <= entry.size <= self._most
        return fits and entry.local is None and entry.digest is not None and entry.offset == 0

    def _place(self, entry: FileEntry) -> Path:
        assert entry.digest is not None
        kind, _, text = entry.digest.partition(":")
        return self._folder / kind / text[:2] / text

    def _to_keep(self, entries: Sequence[FileEntry]) -> Iterator[FileEntry]:
        size = 0
        seen: set[Path] = set()
        for entry in entries:
            if self._takes(entry) and self._place(entry) not in seen and not self._holds(entry):
                seen.add(self._place(entry))
                size += entry.size
                if size > self._most:
                    return
                yield entry

    def _reserve(self, entries: Sequence[FileEntry], drafts: list[tuple[Path, FileEntry]]) -> None:
        """Make `drafts` of as many as there is room for, at once as large as they will be: others count them."""
        if not entries:
            return
        with self._locked():
            room = self._make_room(sum(entry.size for entry in entries))
            for entry in entries:
                if entry.size <= room:
                    draft = self._folder / f"{_DRAFT}{secrets.token_hex(8)}"
                    drafts.append((draft, entry))
                    with os.fdopen(os.open(draft, _NEW_FLAGS, 0o600), "wb") as file:
                        file.truncate(entry.size)
                    room -= entry.size

    def _copy(self, source: Path, draft: Path, size: int) -> None:
        reads = os.open(source, _READ_FLAGS)
        try:
            writes = os.open(draft, os.O_RDWR | os.O_CLOEXEC)
            try:
                copy_range(reads, 0, writes, 0, size)
                os.fchmod(writes, 0o400)
            finally:
                os.close(writes)
        finally:
            os.close(reads)

    def _take_in(self, drafts: Sequence[tuple[Path, FileEntry]]) -> None:
        with self._locked():
            for draft, entry in drafts:
                place = self._place(entry)
                place.parent.mkdir(parents=True, exist_ok=True)
                draft.replace(place)

    def _make_room(self, size: int) -> int:
        """Remove what was not used for longest, and what dead agents left half made; returns how much room there is then."""
        kept: list[tuple[float, int, Path]] = []
        drafts = 0
        for place in self._folder.rglob("*"):
            try:
                found = place.stat()
            except FileNotFoundError:
                continue  # an agent that could not keep it has removed its draft
            if place.name.startswith(_DRAFT):
                if found.st_mtime < time.time() - _HOUR_S:
                    place.unlink(missing_ok=True)
                else:
                    drafts += found.st_size
            elif stat.S_ISREG(found.st_mode) and place.parent != self._folder:
                kept.append((found.st_mtime, found.st_size, place))
        most = self._most - drafts
        used = sum(file_size for _, file_size, _ in kept)
        for _, file_size, place in sorted(kept):
            if used + min(size, most) <= most:
                break
            place.unlink(missing_ok=True)
            used -= file_size
        return most - used

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One agent at a time adds and removes; others may read meanwhile, or find that they must fetch."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
