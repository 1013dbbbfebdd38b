"""Where downloaded files may be written: below one folder, whatever their paths say."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from acai_agent.drafts import remove_left
from acai_agent.sources import TransferError

_FORBIDDEN_NAMES: Final = frozenset({"", ".", ".."})
_DOUBTFUL: Final = ("//", "/./", "/../", "\\", "\0")
_FOLDER_FLAGS: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class PathRefused(TransferError):
    """A path that leads, or could lead, out of the folder; or one that can't be written there."""


class PathClash(PathRefused):
    """Two files, one of which would have to be the folder in which the other lies."""


class Place(NamedTuple):
    """Where a file belongs. It is `fresh` in a folder that was made for it: nothing can stand there yet."""

    path: str
    fresh: bool


class Root:
    """A folder to write below. What lies below it is never reached through a symbolic link. `files` are the paths of all that it
    was prepared for."""

    def __init__(self, folder: Path) -> None:
        self.folder = os.path.abspath(folder)  # noqa: PTH100 - text is faster, for every file
        self.files: set[str] = set()
        self._folders: set[str] = set()
        self._lock = threading.Lock()
        self._ready: dict[str, bool] = {}
        self._parents: dict[str, Place] = {}

    def prepare(self, paths: Sequence[str]) -> None:
        """Make the folders of the files `paths`, all of which are looked at before, also beside those of calls before. What
        downloads that were killed have left in them goes.

        Raises PathClash, PathRefused, OSError.
        """
        if _is_doubtful(paths):
            for path in paths:
                names_of(path)
        self._check_clashes(paths)
        for path in paths:
            above = path.rpartition("/")[0]
            if above not in self._parents:
                self._parents[above] = made = self._made(names_of(path)[:-1], path)
                if not made.fresh:
                    remove_left(made.path)

    def _check_clashes(self, paths: Sequence[str]) -> None:
        """Raises PathClash where a path is also a folder of another: the lake can hold both, a disk can't."""
        self.files.update(paths)
        for below in {path.rpartition("/")[0] for path in paths}:
            folder = below
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
        if not self.files.isdisjoint(self._folders):
            folder = min(self.files & self._folders)
            path = min(path for path in self.files if path.startswith(f"{folder}/"))
            raise PathClash(
                f"{folder!r} and {path!r} can't both be written: one would be a file and a folder at once. Take them apart,"
                " or make a file set without one of them."
            )

    def place(self, path: str) -> Place:
        """Where the file `path` belongs, for which the root was prepared."""
        above, _, name = path.rpartition("/")
        parent = self._parents[above]
        return Place(f"{parent.path}/{name}", parent.fresh)

    def open(self, folder: str) -> int:
        """A descriptor of the folder below which the root was prepared to write files; no link below the root leads there.
        Raises OSError."""
        descriptor = os.open(self.folder, _FOLDER_FLAGS)
        for name in folder.split("/") if folder else ():
            try:
                inner = os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = inner
        return descriptor

    def _made(self, names: Sequence[str], path: str) -> Place:
        """The folder of these names, and whether it is new. (In the root itself others may write, too.)"""
        parent = self.folder
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


def _is_doubtful(paths: Iterable[str]) -> bool:
    """Whether `names_of` might refuse one of them. Together they are looked at faster than one by one."""
    joined = "/".join(["", *paths, ""])
    return os.name == "nt" or any(found in joined for found in _DOUBTFUL)


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
