"""A local folder as an upload sees it: every file's state in few bytes, and what differs from a look before."""

from __future__ import annotations

import hashlib
import os
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple, overload

from acai_agent.transfer import LocalFile, Stamp
from acai_jupyter.domain.paths import MOST_NAME_BYTES, MOST_PATH_BYTES
from acai_jupyter.domain.refused_paths import LEAVE_OUT, RefusedPaths
from acai_jupyter.folders import NUMBERS, Level, levels

STATE_BYTES: Final = NUMBERS * 8
_UNKNOWN: Final = array("q", [-1] * NUMBERS).tobytes()
_UNUSUAL: Final = re.compile("[\\\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SHORT: Final = MOST_NAME_BYTES // 4  # characters that surely fit

Seen = Mapping[str, tuple[str, bytes]]
"""A tree as it was: by folder, the names in it with '/' between, and their states."""


class Changes(NamedTuple):
    """What differs from a look before: these files are new or others, those paths are gone."""

    files: list[LocalFile]
    removed: list[str]


class Tree(Sequence[LocalFile]):
    """The files of a local folder, which go below the lake's `folder`; `skipped` as in `folders.walk`.

    Raises InvalidPath, with all names that no path may have, and as `folders.walk` does.
    """

    def __init__(self, root: Path, folder: str, skipped: list[str] | None = None) -> None:
        self.place = (os.path.abspath(root), folder)  # noqa: PTH100 - without looking at links
        self._folder = folder
        self._levels = [level for level in levels(root, skipped) if level.names]
        self._ends = list(accumulate(len(level.names) for level in self._levels))
        refused = RefusedPaths()
        for level in self._levels:
            _check(folder, level, refused)
        refused.refuse(LEAVE_OUT)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, at: int) -> LocalFile: ...
    @overload
    def __getitem__(self, at: slice) -> list[LocalFile]: ...
    def __getitem__(self, at: int | slice) -> LocalFile | list[LocalFile]:
        if isinstance(at, slice):
            first, end, step = at.indices(len(self))
            return list(self._between(first, end)) if step == 1 else [self[one] for one in range(first, end, step)]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        return next(self._between(at, at + 1))

    def __iter__(self) -> Iterator[LocalFile]:
        return self._between(0, len(self))

    def _between(self, first: int, end: int) -> Iterator[LocalFile]:
        number = bisect_right(self._ends, first)
        while first < end:
            level, after = self._levels[number], self._ends[number]
            begin = after - len(level.names)
            yield from self._files(level, first - begin, min(end, after) - begin)
            first, number = after, number + 1

    def digest(self) -> bytes:
        """Tells this tree in this state from all others."""
        hasher = hashlib.sha256()
        for level in self._levels:
            names = "/".join(level.names)
            hasher.update(f"{len(level.name)} {len(names)} {level.name}{names}".encode())
            hasher.update(level.states)
        return hasher.digest()

    def changed_ns(self) -> int:
        """When the last of the files changed."""
        return max((max(max(level.states[1::NUMBERS]), max(level.states[2::NUMBERS])) for level in self._levels), default=0)

    def seen(self, until_ns: int, before: Seen | None = None) -> dict[str, tuple[str, bytes]]:
        """The tree for another look; of a file that changed after `until_ns` no state that it could be found in again, unless
        it was seen in the same state `before`."""
        known = before or {}
        return {
            level.name: ("/".join(level.names), _settled(level, until_ns, *known.get(level.name, ("", b""))))
            for level in self._levels
        }

    def since(self, before: Seen) -> Changes:
        """What differs from the tree as it was seen."""
        files: list[LocalFile] = []
        removed: list[str] = []
        gone = dict(before)
        for level in self._levels:
            changed, missing = _compared(level, *gone.pop(level.name, ("", b"")))
            removed += (self._folder + level.name + name for name in missing)
            for at in changed:
                files += self._files(level, at, at + 1)
        removed += (self._folder + folder + name for folder, (names, _) in gone.items() for name in names.split("/"))
        return Changes(files, removed)

    def _files(self, level: Level, first: int, end: int) -> Iterator[LocalFile]:
        folder, place = f"{self._folder}{level.name}", f"{level.path}/"
        numbers = iter(level.states[first * NUMBERS : end * NUMBERS])
        states = zip(numbers, numbers, numbers, numbers, numbers, strict=True)
        for name, (size, written, changed, inode, device) in zip(level.names[first:end], states, strict=True):
            # Equal numbers are one object: of 100,000 files, that is a twentieth of what a client may take.
            stamp = Stamp(size, written, written if changed == written else changed, inode % 2**64, device % 2**64)
            yield LocalFile(folder + name, place + name, False, stamp)


def _check(folder: str, level: Level, refused: RefusedPaths) -> None:
    """All names are looked at together, and one by one only where one of them may be refused."""
    longest, above = max(map(len, level.names)), folder + level.name
    if longest > _SHORT or len(above) + longest > MOST_PATH_BYTES // 4 or _UNUSUAL.search(above + "".join(level.names)):
        for name in level.names:
            refused.check(above + name, level.name + name)


def _differing(level: Level, names: str, states: bytes) -> list[int] | None:
    """The files of a folder that are others than they were, None where it has other names in it."""
    if names != "/".join(level.names):
        return None
    own, changed = level.states.tobytes(), list[int]()
    ranges = [(0, len(level.names))]
    while ranges:  # halves that are as they were are looked at as a whole
        first, end = ranges.pop()
        if own[first * STATE_BYTES : end * STATE_BYTES] == states[first * STATE_BYTES : end * STATE_BYTES]:
            continue
        if end - first == 1:
            changed.append(first)
        else:
            middle = (first + end) // 2
            ranges += ((middle, end), (first, middle))
    return changed


def _compared(level: Level, names: str, states: bytes) -> tuple[list[int], list[str]]:
    """The files of a folder that are new or others than they were, and the names that are gone."""
    if not names:
        return list(range(len(level.names))), []
    if (changed := _differing(level, names, states)) is not None:
        return changed, []
    was, own = _by_name(names, states), level.states.tobytes()
    changed = [at for at, name in enumerate(level.names) if was.pop(name, b"") != _piece(own, at)]
    return changed, list(was)


def _settled(level: Level, until_ns: int, names: str, states: bytes) -> bytes:
    """Costs what has changed: what is as it was is known already."""
    known = bytearray(level.states.tobytes())
    written, changed = level.states[1::NUMBERS], level.states[2::NUMBERS]
    for at in _compared(level, names, states)[0]:
        if written[at] >= until_ns or changed[at] >= until_ns:
            known[at * STATE_BYTES : (at + 1) * STATE_BYTES] = _UNKNOWN
    return bytes(known)


def _by_name(names: str, states: bytes) -> dict[str, bytes]:
    pieces = [states[at : at + STATE_BYTES] for at in range(0, len(states), STATE_BYTES)]
    return dict(zip(names.split("/"), pieces, strict=True)) if names else {}


def _piece(states: bytes, at: int) -> bytes:
    return states[at * STATE_BYTES : (at + 1) * STATE_BYTES]
