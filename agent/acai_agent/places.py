"""Where downloaded files may be written: below one folder, whatever their paths say."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

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


class Root:
    """A folder to write below. What lies below it is never reached through a symbolic link."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._ready: set[Path] = set()
        self._parents: dict[str, Path] = {}

    def place(self, path: str) -> Path:
        """Where the file `path` belongs; its parent folders are there afterwards. Raises PathRefused, OSError."""
        names = names_of(path)
        above = path[: -len(names[-1])]
        if above in self._parents:
            return self._parents[above] / names[-1]
        parent = self._folder
        with self._lock:
            if not self._ready:
                parent.mkdir(parents=True, exist_ok=True)
                self._ready.add(parent)
            for name in names[:-1]:
                parent = parent / name
                if parent not in self._ready:
                    _make_folder(parent, path)
                    self._ready.add(parent)
            self._parents[above] = parent
        return parent / names[-1]


def names_of(path: str) -> list[str]:
    """The names in a relative path. Raises PathRefused for a path that could leave the folder it is written below."""
    names = path.split("/")
    if any(name in _FORBIDDEN_NAMES or "\\" in name or "\0" in name for name in names):
        raise PathRefused(f"{path!r} can't be written: it is not a plain relative path.")
    if os.name == "nt" and any(":" in name for name in names):
        raise PathRefused(f"{path!r} can't be written on Windows: a name there has no ':'.")
    return names


def _make_folder(folder: Path, path: str) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        found = folder.lstat().st_mode
        if stat.S_ISLNK(found):
            raise PathRefused(f"{path!r} is not written: {folder} is a symbolic link, and may lead elsewhere.") from None
        if not stat.S_ISDIR(found):
            raise PathRefused(f"{path!r} can't be written: {folder} is a file, and the path needs a folder there.") from None
