"""Progress bars in a log: which of several tells of the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

MAYBE_OF_MANY: Final = -1
"""Restarts of a bar that came after another one was done: it may be the next of many, or what the other was a part of."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar that is followed, how often it began anew, and whether it is another one than before, or at its beginning."""

    done: float
    total: float
    restarts: int = 0
    anew: bool = False


def follow(before: Bar | None, shown: Iterable[tuple[float, float]], is_stale: bool = False) -> Bar | None:
    """The bar to believe after those that were shown, each a step and a number of steps.

    Of bars within bars it is the outer one: the one that others run beside while it is under way. Bars are told apart by their
    number of steps. `is_stale` says that the one before has stood still for so long that it can't be under way.
    """
    bar = before
    for done, total in shown:
        known, bar = bar, _next(bar, done, total, is_stale)
        is_stale = is_stale and bar is known  # it was shown again, or has given way
    return bar


def _next(bar: Bar | None, done: float, total: float, is_stale: bool) -> Bar:
    if bar is None:
        return Bar(done, total, anew=True)
    if total == bar.total:
        began_anew = done < bar.done
        restarts = max(bar.restarts, 0) + 1 if began_anew else bar.restarts
        return Bar(done, total, restarts, bar.anew or began_anew)
    if bar.done < bar.total and not is_stale:
        # Another one within it. That says that it is an outer one; but not that it is the only one of its kind.
        return replace(bar, restarts=0) if bar.restarts == MAYBE_OF_MANY else bar
    if done >= total:
        return bar  # an inner one is closed after its outer one
    return Bar(done, total, MAYBE_OF_MANY, anew=True)
