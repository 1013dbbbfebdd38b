"""Files and folders as lines for people, as `ls -l` and `aws s3 ls` have them: narrow, and the name last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from acai_jupyter.client.records import File, Folder

_DATA: Final = "data"
_NOTHING: Final = "-"


def listing(entries: Iterable[Any]) -> str:
    """A line a file or folder, below a heading: when it was written, its size in bytes, its version, its name. Where something
    stands among them that holds no data, a column says what."""
    found: list[File | Folder] = list(entries)
    every = all(isinstance(entry, Folder) or entry.kind == _DATA for entry in found)
    heading = ("modified (UTC)", "size", "version", *(() if every else ("kind",)), "name")
    rows = [heading, *(_row(entry, every) for entry in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _row(entry: File | Folder, every: bool) -> tuple[str, ...]:
    if isinstance(entry, Folder):
        return (*[_NOTHING] * (3 if every else 4), entry.path)
    size = str(entry.size) if entry.kind == _DATA else _NOTHING
    kind = () if every else (entry.kind,)
    return (f"{entry.create_time:%Y-%m-%d %H:%M:%S}", size, str(entry.version), *kind, entry.path)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Numbers stand to the right, texts to the left, and nothing behind the name."""
    when, size, version, *rest = cells
    aligned = [when.ljust(widths[0]), size.rjust(widths[1]), version.rjust(widths[2])]
    return "  ".join([*aligned, *(one.ljust(widths[3]) for one in rest[:-1]), rest[-1]])
