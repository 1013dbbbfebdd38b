"""Pages of what may be long: they end by how much they hold, too, and not only by how many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

_Item = TypeVar("_Item")

_AT_ONCE: Final = 200
_MOST_CHARACTERS: Final = 8_000_000


def heavy_page(
    after: Callable[[_Item | None, int], list[_Item]], limit: int, characters: Callable[[_Item], int]
) -> tuple[list[_Item], bool]:
    """At most `limit` items, and whether there may be more. `after` gives some that follow one, from the first on for None;
    `characters` tells how long one is."""
    found: list[_Item] = []
    held = 0
    while len(found) < limit and held < _MOST_CHARACTERS:
        most = min(_AT_ONCE, limit - len(found))
        some = after(found[-1] if found else None, most)
        found += some
        held += sum(map(characters, some))
        if len(some) < most:
            return found, False
    return found, bool(found)
