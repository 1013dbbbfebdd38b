"""Local patterns, read as a shell reads them: `*` means files and folders whose names don't begin with a dot."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple


class Match(NamedTuple):
    """What a pattern means: a file, a folder or something else, and its name below the folder before the first wildcard."""

    name: str
    path: Path


def matches(pattern: str) -> Iterator[Match]:
    """In a stable order; nothing of what holds no wildcard. With `/` at its end a pattern means folders only; with `**` in it no
    folders, as what lies in them is matched itself, and nothing that lies behind a link to a folder."""
    if not glob.has_magic(pattern):
        return
    parts = Path(pattern).parts
    base = Path(*takewhile(lambda part: not glob.has_magic(part), parts))
    deep = "**" in parts
    for place in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207
        path = Path(place)
        name = path.relative_to(base)
        if not deep or not (path.is_dir() or any((base / above).is_symlink() for above in name.parents[:-1])):
            yield Match(name.as_posix(), path)
