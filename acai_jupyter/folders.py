"""Walking a local folder: the files in it that count, each looked at once."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Final, NamedTuple

from acai_agent.transfer import PREFIX, Stamp, is_unfinished
from acai_jupyter.domain.errors import FileNotFound, InvalidPath
from acai_jupyter.ignoring import IGNORE_FILE, Rules, is_ignored, with_those_of

_NAME_OF: Final = attrgetter("name")
_STATE_OF: Final = attrgetter("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino", "st_dev")
NUMBERS: Final = 5
"""How many tell a file's state: size, time of the last write, of the last change, inode, device."""


class Found(NamedTuple):
    """A file below a folder: its name there with '/' between, where it is, and the state in which it was seen."""

    name: str
    path: str
    stamp: Stamp


class Level(NamedTuple):
    """What stands directly in one folder: where that lies below the root (with '/' at the end, or nothing), where it is, and
    its files with their states, NUMBERS each, one after the other."""

    name: str
    path: str
    names: list[str]
    states: array[int]


def walk(
    folder: Path,
    never: frozenset[str] = frozenset(),
    *,
    only: str | None = None,
    within: Path | None = None,
    after: str | None = None,
    skipped: list[str] | None = None,
) -> Iterator[Found]:
    """The files below `folder` in a stable order, without names in `never`, what an .acaiignore excludes, and what downloads
    that were killed have left; of what lies directly in the folder, `only` the entry of this name; from the first beyond the
    name `after` on, whether that is still there or not.

    Links to files in the folder (or in `within`, which holds it) are followed, links to folders not: they may lead in a
    circle. Their names, and those of what is no regular file, are added to `skipped`.

    Raises InvalidPath for a link out of the folder, InvalidInput for patterns that can't be read, FileNotFound for what
    can't be looked into.
    """
    for level in _Walk(folder, never, within, [] if skipped is None else skipped).below(os.fspath(folder), after, only):
        for at, name in enumerate(level.names):
            size, written, changed, inode, device = level.states[at * NUMBERS : (at + 1) * NUMBERS]
            stamp = Stamp(size, written, changed, inode % 2**64, device % 2**64)
            yield Found(level.name + name, f"{level.path}/{name}", stamp)


def levels(folder: Path, skipped: list[str] | None = None) -> Iterator[Level]:
    """The same of a whole folder, level by level. Raises as `walk` does."""
    yield from _Walk(folder, frozenset(), None, [] if skipped is None else skipped).below(os.fspath(folder), None, None)


class _Folder(NamedTuple):
    """A folder that is still to be looked into: its path, its name below the root, the patterns above it, and the name in it
    beyond which to begin."""

    path: str
    name: str
    rules: tuple[Rules, ...]
    after: str | None


class _Walk:
    def __init__(self, folder: Path, never: frozenset[str], within: Path | None, skipped: list[str]) -> None:
        self._folder = within or folder
        self._root = self._folder.resolve()
        self._never = never
        self._skipped = skipped

    def below(self, path: str, after: str | None, only: str | None) -> Iterator[Level]:
        """Without recursion: folders may lie in each other more deeply than Python calls can."""
        waiting = [_Folder(path, "", (), after)]
        while waiting:
            inner: list[_Folder] = []
            yield self._one(waiting.pop(), only, inner)
            waiting += reversed(inner)
            only = None

    def _one(self, folder: _Folder, only: str | None, inner: list[_Folder]) -> Level:
        with _opened(folder.path) as entries:
            _leave_out_unfinished(entries)
            rules = folder.rules
            if IGNORE_FILE in map(_NAME_OF, entries):
                rules = with_those_of(os.path.join(folder.path, IGNORE_FILE), folder.name, rules)  # noqa: PTH118 - text is faster
            if rules or self._never or only is not None:
                entries = [entry for entry in entries if self._is_wanted(entry, folder.name, rules, only)]
            return self._sorted_out(folder._replace(rules=rules), entries, inner)

    def _sorted_out(self, folder: _Folder, entries: list[os.DirEntry[str]], inner: list[_Folder]) -> Level:
        """Files come before folders: beyond a name with a folder in it, no file of this folder is left."""
        first, inside, rest = (folder.after or "").partition("/")
        level = Level(folder.name, folder.path.rstrip("/"), [], array("q"))
        everything = folder.after is None
        files = [entry for entry in entries if entry.is_file(follow_symlinks=False)] if everything else []
        folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)] if len(files) < len(entries) else []
        for entry in folders:
            if not inside or entry.name >= first:
                beyond = rest if inside and entry.name == first else None
                inner.append(_Folder(f"{level.path}/{entry.name}", f"{folder.name}{entry.name}/", folder.rules, beyond))
        if len(files) + len(folders) == len(entries):
            _look_at_all(files, level)
            return level
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False) and (everything or (not inside and entry.name > first)):
                self._look_twice(entry, level)
        return level

    def _is_wanted(self, entry: os.DirEntry[str], name: str, rules: tuple[Rules, ...], only: str | None) -> bool:
        if entry.name in self._never or entry.name == IGNORE_FILE or (only is not None and entry.name != only):
            return False
        folder = "/" if entry.is_dir(follow_symlinks=False) else ""
        return not (rules and is_ignored(name + entry.name + folder, rules))

    def _look_twice(self, entry: os.DirEntry[str], level: Level) -> None:
        """Add a file and its state, after another look at what may be a link, or no file."""
        if not entry.is_file():
            self._skipped.append(level.name + entry.name)
            return
        path = f"{level.path}/{entry.name}"
        if entry.is_symlink() and not Path(path).resolve().is_relative_to(self._root):
            raise InvalidPath(f"{path} is a link out of {self._folder}: copy the file, or leave it out ({IGNORE_FILE}).")
        _look(entry, level)


def _leave_out_unfinished(entries: list[os.DirEntry[str]]) -> None:
    """What downloads have under way, or left when they were killed, was made by no user."""
    first = bisect_left(entries, PREFIX, key=_NAME_OF)
    while first < len(entries) and entries[first].name.startswith(PREFIX):
        if is_unfinished(entries[first].name) and entries[first].is_file(follow_symlinks=False):
            del entries[first]
        else:
            first += 1


def _look_at_all(entries: list[os.DirEntry[str]], level: Level) -> None:
    """Add files and their states: of a large folder, without a line of Python for each."""
    try:
        states = array("q", chain.from_iterable(map(_STATE_OF, map(os.DirEntry.stat, entries))))
    except (FileNotFoundError, OverflowError):
        for entry in entries:
            _look(entry, level)
        return
    level.states.extend(states)
    level.names.extend(map(_NAME_OF, entries))


def _look(entry: os.DirEntry[str], level: Level) -> None:
    """Add a file and its state; nothing for what is none any more."""
    try:
        state = _STATE_OF(entry.stat())
    except FileNotFoundError:
        return
    try:
        level.states.extend(state)
    except OverflowError:  # an inode or device beyond 63 bits
        del level.states[len(level.names) * NUMBERS :]
        level.states.extend((number + 2**63) % 2**64 - 2**63 for number in state)
    level.names.append(entry.name)


@contextmanager
def _opened(path: str) -> Iterator[list[os.DirEntry[str]]]:
    """What is in a folder, by name. Where the system can, it stays open, and all is found without going along its path again."""
    with ExitStack() as held:
        try:
            place: str | int = path
            if os.scandir in os.supports_fd:
                place = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
                held.callback(os.close, place)
            with os.scandir(place) as found:
                entries = sorted(found, key=_NAME_OF)
        except OSError as error:
            raise FileNotFound(f"The folder {path} can't be read: {error.strerror or error}.") from error
        yield entries
