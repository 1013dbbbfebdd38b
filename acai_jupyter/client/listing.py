"""Files and folders as lines for people, as `ls -l` and `aws s3 ls` have them: narrow, and the name last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

NOTHING: Final = "-"
DATA: Final = "data"
_KIND: Final = 3


class Listed(NamedTuple):
    """An entry's cells: when it was written, its size in bytes, its version, what it holds, its name."""

    when: str
    size: str
    version: str
    kind: str
    name: str


_HEADING: Final = Listed("modified (UTC)", "size", "version", "kind", "name")


def listing(entries: Iterable[Listed]) -> str:
    """A line an entry, below a heading. What it holds is told where something stands among them that holds no data."""
    found = list(entries)
    rows: list[Sequence[str]] = [_HEADING, *found]
    if all(entry.kind in (DATA, NOTHING) for entry in found):
        rows = [(*row[:_KIND], *row[_KIND + 1 :]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Numbers stand to the right, texts to the left, and nothing behind the name."""
    when, size, version, *rest = cells
    aligned = [when.ljust(widths[0]), size.rjust(widths[1]), version.rjust(widths[2])]
    return "  ".join([*aligned, *(one.ljust(widths[3]) for one in rest[:-1]), rest[-1]])
