"""Where a list of files goes on, and of what: pages that are asked for one after the other are one list, whatever happens to the
lake meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WRITTEN: Final = re.compile(
    r"(?:v(?P<version>[1-9]\d{0,17})|t(?P<moment>\d{1,18}))?(?P<empty>-?)(?P<after>/.*)", re.ASCII | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Position:
    """After the path `after`, in the version of a file set that the first page was of, or in the lake as it was when its last
    version before the first page was made (`moment`, in microseconds). `empty` says that no page before had a file."""

    after: str
    version: int | None = None
    moment: int | None = None
    empty: bool = False

    def __str__(self) -> str:
        pinned = f"v{self.version}" if self.version is not None else f"t{self.moment}" if self.moment is not None else ""
        return f"{pinned}{'-' if self.empty else ''}{self.after}"


def read_position(text: str) -> Position | None:
    """The position that was written so, None where it is none."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    version, moment = (int(found[name]) if found[name] else None for name in ("version", "moment"))
    return Position(found["after"], version, moment, bool(found["empty"]))
