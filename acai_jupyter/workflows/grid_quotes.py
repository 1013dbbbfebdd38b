"""What a grid would take and cost, and the resources that its bounds choose for every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import BoundNotMet, LimitExceeded, ProfileNotFound, ResourcesOutOfBounds
from acai_jupyter.domain.grids import GridSubmission, combinations
from acai_jupyter.domain.jobs import JobSpec
from acai_jupyter.domain.quotes import GridQuote, Limits, Option, Quote, cost_range, percent
from acai_jupyter.provision.autoprovision import bound_of, ends, require_bound
from acai_jupyter.provision.quotes import Quotes
from acai_jupyter.provision.shares import share_cost

_MOST_ROWS: Final = 1000


@dataclass(frozen=True, slots=True)
class GridBounds:
    """`max_time` holds for every job of a grid, `max_cost` for all of them together; `enforce` ends jobs there."""

    limits: Limits
    enforce: bool = False


class GridQuotes:
    def __init__(self, quotes: Quotes) -> None:
        self._quotes = quotes

    def quote(self, principal: Principal, wanted: GridSubmission, limits: Limits) -> GridQuote:
        """Every row is predicted by the profile that knows its command. A bound on time alone takes each row's cheapest within
        it; a bound on cost is shared out so that all rows together are done soonest; both take the cheapest within the time.

        Raises ProfileNotFound, ProfileNotFitted, ResourcesOutOfBounds, LimitExceeded, and what an unfit template raises.
        """
        if wanted.input_grid is not None:
            raise ProfileNotFound(
                "The inputs are what another grid's rows write, so nothing is known about these jobs, and nothing is guessed: "
                "submit the grid without bounds."
            )
        commands = [one.command for one in combinations(wanted.job.command, 1, hints_needed=True)]
        if len(commands) > _MOST_ROWS:
            raise LimitExceeded(f"A grid under bounds has at most {_MOST_ROWS:,} jobs, not {len(commands):,}.")
        alone = replace(limits, max_cost=None)
        rows = self._quotes.rows(principal, wanted.job, commands, alone)
        if limits.max_cost is None:
            return _under_time([quote for quote, _ in rows], limits)
        if limits.max_time is not None:
            return _under_both([quote for quote, _ in rows], limits)
        if not all(options for _, options in rows):
            raise ResourcesOutOfBounds("Nothing here is large enough for some of the grid's jobs: ask without bounds for why.")
        chosen, met = share_cost([options for _, options in rows], limits.max_cost)
        return _told(_with_options([quote for quote, _ in rows], chosen, met), limits, met)

    def choose(self, principal: Principal, wanted: GridSubmission, bounds: GridBounds) -> GridQuote:
        """The same, to be submitted. Raises BoundNotMet where nothing meets the bounds, too."""
        require_bound(bounds.limits, bounds.enforce)
        quote = self.quote(principal, wanted, bounds.limits)
        if not quote.met:
            raise BoundNotMet(f"Nothing was submitted: {quote.why}.")
        return quote


def under_bounds(spec: JobSpec, quote: GridQuote, number: int, enforce: bool) -> JobSpec:
    """The job of row `number` (from 0) with its resources and its bounds: of the cost it has the share that it was predicted."""
    row = quote.rows[number]
    limits = quote.limits
    if limits.max_cost is not None:
        limits = replace(limits, max_cost=limits.max_cost * row.choice.chosen.sure_cost / quote.sure_cost)
    own = replace(row, limits=limits)
    timeout = spec.timeout
    if enforce:
        timeout = min([*([] if timeout is None else [timeout]), *(round(end * SECOND) for end in ends(own))])
    return replace(spec, resources=row.choice.chosen.resources, timeout=timeout, bound=bound_of(own, enforce))


def said_of(quote: GridQuote) -> str:
    """For the notes of the rows' jobs."""
    names = ", ".join(sorted({row.profile for row in quote.rows}))
    return f"resources chosen row by row by profile {names}: {quote.why}"


def _under_time(rows: Sequence[Quote], limits: Limits) -> GridQuote:
    return _told(rows, limits, all(row.choice.met for row in rows))


def _under_both(rows: Sequence[Quote], limits: Limits) -> GridQuote:
    sure = sum(row.choice.chosen.sure_cost for row in rows)
    met = all(row.choice.met for row in rows) and limits.max_cost is not None and sure <= limits.max_cost
    return _told(rows, limits, met)


def _with_options(rows: Sequence[Quote], chosen: Sequence[Option], met: bool) -> list[Quote]:
    return [
        replace(row, choice=replace(row.choice, chosen=option, met=met, why="its share of the grid's cost"))
        for row, option in zip(rows, chosen, strict=True)
    ]


def _told(rows: Sequence[Quote], limits: Limits, met: bool) -> GridQuote:
    quote = GridQuote(limits, tuple(rows), met, "")
    predicted = f"{len(rows)} jobs, {cost_range(*quote.cost_range)} in all"
    held = [f"{limits.max_time:g} s each"] if limits.max_time is not None else []
    held += [f"${limits.max_cost:g} in all"] if limits.max_cost is not None else []
    if not held:
        return replace(quote, why=f"what they would be given, as no bound was given: {predicted}")
    bounds, sure = " and ".join(held), f"with {percent(limits.confidence)} confidence"
    if not met:
        longest = max(row.choice.chosen.sure for row in rows)
        nearest = f"{longest:.3g} s for the longest and ${quote.sure_cost:.3g} in all at worst"
        return replace(quote, why=f"nothing stays within {bounds} {sure}; this comes nearest: {nearest}")
    aim = "soonest done" if limits.max_time is None else "cheapest"
    return replace(quote, why=f"the {aim} that stays within {bounds} {sure}: {predicted}")
