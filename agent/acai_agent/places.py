"""Where downloaded files may be written: below one folder, whatever their paths say."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from acai_agent.sources import TransferError

_FORBIDDEN_NAMES: Final = frozenset({"", ".", ".."})


class PathRefused(TransferError):
    """A path that leads, or could lead, out of the folder; or one that can't be written there."""


class PathClash(PathRefused):
    """Two files, one of which would have to be the folder in which the other lies."""


def check_clashes(paths: Iterable[str]) -> None:
    """Raises PathClash where a path is also a folder of another: the lake can hold both, a disk can't."""
    files = set(paths)
    known: set[str] = set()
    for path in files:
        folder = path.rpartition("/")[0]
        while folder and folder not in known:
            if folder in files:
                raise PathClash(
                    f"{folder!r} and {path!r} can't both be written: one would be a file and a folder at once. Take them apart,"
                    " or make a file set without one of them."
                )
            known.add(folder)
            folder = folder.rpartition("/")[0]


class Place(NamedTuple):
    """Where a file belongs. It is `fresh` in a folder that was made for it: nothing can stand there yet."""

    path: str
    fresh: bool


class Root:
    """A folder to write below. What lies below it is never reached through a symbolic link."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)  # noqa: PTH100 - text is faster, for every file
        self._lock = threading.Lock()
        self._ready: dict[str, bool] = {}
        self._parents: dict[str, Place] = {}

    def place(self, path: str) -> Place:
        """Where the file `path` belongs; its parent folders are there afterwards. Raises PathRefused, OSError."""
        above, _, name = path.rpartition("/")
        parent = self._parents.get(above)
        if parent is None:
            parent = self._parents[above] = self._made(names_of(path)[:-1], path)
        else:
            names_of(name)
        return Place(f"{parent.path}/{name}", parent.fresh)

    def _made(self, names: Sequence[str], path: str) -> Place:
        """The folder of these names, and whether it is new. (In the root itself others may write, too.)"""
        parent = self._folder
        with self._lock:
            if not self._ready:
                os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - text
                self._ready[parent] = False
            for name in names:
                parent = f"{parent}/{name}"
                if parent not in self._ready:
                    self._ready[parent] = _make_folder(Path(parent), path)
        return Place(parent, self._ready[parent])


def names_of(path: str) -> list[str]:
    """The names in a relative path. Raises PathRefused for a path that could leave the folder it is written below."""
    names = path.split("/")
    if any(name in _FORBIDDEN_NAMES or "\\" in name or "\0" in name for name in names):
        raise PathRefused(f"{path!r} can't be written: it is not a plain relative path.")
    if os.name == "nt" and any(":" in name for name in names):
        raise PathRefused(f"{path!r} can't be written on Windows: a name there has no ':'.")
    return names


def _make_folder(folder: Path, path: str) -> bool:
    """Whether it was not there before."""
    try:
        folder.mkdir()
        return True
    except FileExistsError:
        found = folder.lstat().st_mode
        if stat.S_ISLNK(found):
            raise PathRefused(f"{path!r} is not written: {folder} is a symbolic link, and may lead elsewhere.") from None
        if not stat.S_ISDIR(found):
            raise PathRefused(f"{path!r} can't be written: {folder} is a file, and the path needs a folder there.") from None
    return False
