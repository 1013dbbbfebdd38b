"""One bound on the cost of many jobs: who gets how much of it."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from acai_jupyter.domain.quotes import Option


def share_cost(rows: Sequence[Sequence[Option]], max_cost: float) -> tuple[list[Option], bool]:
    """An option for every row, so that all rows together take least time and cost at most `max_cost`, and whether that could be
    kept: where it can't, every row's cheapest.

    Every row begins with its cheapest option; then the money goes, piece by piece, where a dollar saves most time. That is the
    optimum but for the last piece.
    """
    hulls = [_hull(options) for options in rows]
    places = [0] * len(hulls)
    left = max_cost - sum(hull[0].sure_cost for hull in hulls)
    steps = [(-_saved(hull, 0), number) for number, hull in enumerate(hulls) if len(hull) > 1]
    heapq.heapify(steps)
    while steps:
        _, number = heapq.heappop(steps)
        hull, place = hulls[number], places[number]
        price = hull[place + 1].sure_cost - hull[place].sure_cost
        if price > left:
            continue  # nothing further of this row can be had, but something of another may
        left -= price
        places[number] = place + 1
        if place + 2 < len(hull):
            heapq.heappush(steps, (-_saved(hull, place + 1), number))
    return [hull[place] for hull, place in zip(hulls, places, strict=True)], left >= 0


def _saved(hull: Sequence[Option], place: int) -> float:
    """Seconds that a dollar saves from this option to the next."""
    first, second = hull[place], hull[place + 1]
    return (first.seconds - second.seconds) / (second.sure_cost - first.sure_cost)


def _hull(options: Sequence[Option]) -> list[Option]:
    """Options from the cheapest to the fastest, of which each dollar more saves less time than the one before."""
    found: list[Option] = []
    for option in sorted(options, key=lambda one: (one.sure_cost, one.seconds)):
        if found and (option.seconds >= found[-1].seconds or option.sure_cost <= found[-1].sure_cost):
            continue
        while len(found) > 1 and _saved([found[-1], option], 0) >= _saved([found[-2], found[-1]], 0):
            found.pop()
        found.append(option)
    return found
