"""What really lies in the folder of the local object store."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from acai_jupyter.backends.blobs.disk import translated
from acai_jupyter.domain.errors import Forbidden
from acai_jupyter.domain.garbage import StoredObject

_NAME: Final = re.compile(r"(?P<object>[0-9a-f]+)(?:\.[0-9a-f]+\.(?:tmp|parts))?")
_NANOSECONDS: Final = 1000  # in a microsecond


class LocalInventory:
    """Lists the objects below `root` by their relative paths, and what uploads left half done beside them. What has another
    name is not the store's and is left alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, prefix: str, after: str = "") -> Iterator[StoredObject]:
        path = self._path(prefix)
        beyond = PurePosixPath(after).relative_to(prefix).parts if after else ()
        with translated(prefix):
            if path.is_dir():
                yield from _walk(path, prefix, beyond)
            elif path.is_file() and not after:
                yield from _entry(path, prefix)

    def discard(self, name: str) -> None:
        path = self._path(name)
        with translated(name):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)  # where another does the same, what is left is found again
            else:
                path.unlink(missing_ok=True)
        if path.parent.parent != self._root:
            _remove_if_empty(path.parent)

    def _path(self, name: str) -> Path:
        """Raises Forbidden for what is not below the root, and for what lies behind a symbolic link."""
        path = self._root / name
        if not all(_NAME.fullmatch(part) for part in name.split("/")) or path.resolve() != self._root.resolve() / name:
            raise Forbidden("This is not the name of an object.")
        return path


def _walk(folder: Path, name: str, after: tuple[str, ...]) -> Iterator[StoredObject]:
    """What stands in a folder, in order, from the first beyond the path `after` below it."""
    for entry in _names(folder):
        if not _NAME.fullmatch(entry) or (after and entry < after[0]):
            continue
        path, below = folder / entry, f"{name}/{entry}"
        rest = after[1:] if after and entry == after[0] else None
        if path.is_symlink():
            continue
        if path.is_dir() and not entry.endswith(".parts"):
            yield from _walk(path, below, rest or ())
        elif rest is None:
            yield from _entry(path, below)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []  # it has gone meanwhile


def _entry(path: Path, name: str) -> Iterator[StoredObject]:
    """One file, or the folder of an upload in parts; nothing where it has gone meanwhile."""
    folder, _, last = name.rpartition("/")
    match = _NAME.fullmatch(last)
    assert match is not None
    try:
        inside = [one.stat() for one in (path.rglob("*") if path.is_dir() else [path])] or [path.stat()]
    except FileNotFoundError:
        return
    size = sum(one.st_size for one in inside)
    modified = max(one.st_mtime_ns for one in inside) // _NANOSECONDS
    yield StoredObject(name, f"{folder}/{match['object']}", size, modified, whole=last == match["object"])


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass  # something else lies there
