"""Which resources to take under a bound: the whole grid predicted, filtered by the bound, the best of the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from acai_jupyter.domain.errors import InvalidRequest, ResourcesOutOfBounds
from acai_jupyter.domain.pricing import PriceTable, hourly_price
from acai_jupyter.domain.quotes import CONFIDENCE, Choice, Given, Limits, Option, percent
from acai_jupyter.domain.resources import Bounds, Resources, cpus_in_words

if TYPE_CHECKING:
    from acai_jupyter.provision.models.memory import Need
    from acai_jupyter.provision.models.runs import Column, Fitted, Floats

_ALTERNATIVES = 3
_HARDLY = 0.5
"""Times the probability with which a limit may be broken: the share of it by which one option may be expected to overshoot more
than another and still come about as near. At 90 % that is 5 %, by which runs of one job differ anyway."""
_LEAST = 1e-300
_ENDS_AT = NormalDist().inv_cdf(0.95)
"""Where a two-sided range of 90 % ends, in standard deviations."""
_MOST_SECONDS = 1e10
"""Three centuries: more is not told of any job, and is no prediction."""
FREE = Given()


@dataclass(frozen=True, slots=True)
class Limited:
    """A figure of every option, seconds or dollars, and its limit. `high`: the end of its 90 % range; `sure`: what it does not
    exceed with the confidence asked for."""

    likely: Sequence[float]
    high: Sequence[float]
    sure: Sequence[float]
    limit: float

    def overshoot(self, number: int) -> float:
        """By what share of the limit option `number` is expected to exceed it: nothing where it keeps it, times taken as
        log-normal."""
        middle = math.log(max(self.likely[number], _LEAST) / self.limit)
        spread = max(math.log(max(self.high[number], _LEAST) / max(self.likely[number], _LEAST)) / _ENDS_AT, 1e-9)
        cdf = NormalDist().cdf
        return math.exp(min(middle + spread**2 / 2, 700)) * cdf(middle / spread + spread) - cdf(middle / spread)


def resource_grid(
    bounds: Bounds, most_cpu: float, most_memory_mb: int, whole_cpus: bool = False
) -> tuple[tuple[Resources, ...], tuple[str, ...]]:
    """The grid of `bounds` up to what the launcher can hold, on `whole_cpus` where it can give no others, and what was cut, in
    words."""
    cpus = [bounds.cpu_min + step * bounds.cpu_step for step in range(_steps(bounds.cpu_min, bounds.cpu_max, bounds.cpu_step))]
    memories = range(bounds.memory_min_mb, bounds.memory_max_mb + 1, bounds.memory_step_mb)
    cut = []
    if most_cpu < bounds.cpu_max:
        cut.append(f"more than {cpus_in_words(most_cpu)}: there are no more here")
    if most_memory_mb < bounds.memory_max_mb:
        cut.append(f"more than {most_memory_mb} MB: there is no more here")
    if whole_cpus and any(cpu % 1 for cpu in cpus):
        cut.append("parts of a CPU: this machine can only give whole CPUs")
        cpus = [cpu for cpu in cpus if not cpu % 1]
    held = tuple(Resources(cpu, memory) for cpu in cpus for memory in memories if cpu <= most_cpu and memory <= most_memory_mb)
    return held, tuple(cut)


def predict_options(
    fitted: Fitted,
    columns: Sequence[Column],
    values: Sequence[float],
    grid: Sequence[Resources],
    prices: PriceTable,
    confidence: float = CONFIDENCE,
) -> tuple[Option, ...]:
    """Every configuration of `grid` with its times. `values` are the arguments, in the order of their columns.

    Raises InvalidRequest for values so far from what was profiled that no configuration would end within centuries.
    """
    if not grid:
        return ()
    import numpy as np

    def told(seconds: Floats) -> Floats:
        return np.minimum(np.nan_to_num(seconds, nan=_MOST_SECONDS, posinf=_MOST_SECONDS), _MOST_SECONDS)

    points = np.array([_point(columns, values, resources) for resources in grid], dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        shown = fitted.predict(points, 0.9)
        sure = fitted.predict(points, max(2 * confidence - 1, 0.0)).high  # two-sided 80 % ends where one-sided 90 % does
    if not (shown.seconds < _MOST_SECONDS).any():
        raise InvalidRequest(
            "These values lie so far from what was profiled that nothing can be told: profile values nearer to them."
        )
    figures = (told(each) for each in (shown.seconds, shown.low, shown.high, sure))
    rows = zip(grid, *figures, shown.extrapolated, strict=True)
    return tuple(
        Option(one, float(mid), float(low), float(high), float(most), hourly_price(one, prices), bool(far))
        for one, mid, low, high, most, far in rows
    )


def choose(
    options: Sequence[Option], limits: Limits, need: Need | None = None, cut: Sequence[str] = (), given: Given = FREE
) -> Choice:
    """The best option: least time under a bound on cost, least cost under one on time or both, else the cheapest.

    Only what is `given` is taken; alternatives are free of it. Configurations with less memory than `need` are left out, whatever
    they promise. Raises ResourcesOutOfBounds where that leaves none.
    """
    excluded = list(cut)
    enough = _enough(options, need)
    if need is not None and len(enough) < len(options):
        excluded.append(f"less than {need.memory_mb:.0f} MB: {need.why}")
    held = [option for option in enough if given.allows(option.resources)]
    if not held:
        most = f"{given}" if given != FREE else f"at most {max((one.resources.memory_mb for one in options), default=0)} MB"
        raise ResourcesOutOfBounds(f"Nothing here is large enough, {most}: {'; '.join(excluded) or 'no resources'}.")
    if given != FREE:
        excluded.append(f"other than {given}: as asked for")
    limited = _limited(held, limits)
    number, met = best([_objective(option, limits) for option in held], limited, limits.confidence)
    chosen = held[number]
    why = _why(chosen, limits) if met else _why_not(chosen, held[_nearest(limited, len(held))], limits)
    return Choice(chosen, met, _alternatives(enough, chosen), why, tuple(excluded))


def open_to(options: Sequence[Option], need: Need | None, given: Given) -> list[Option]:
    """The options with enough memory, of what is `given`."""
    return [option for option in _enough(options, need) if given.allows(option.resources)]


def _enough(options: Sequence[Option], need: Need | None) -> Sequence[Option]:
    return [option for option in options if need is None or option.resources.memory_mb >= need.memory_mb]


def as_submitted(options: Sequence[Option], chosen: Option, need: Need | None, cut: Sequence[str]) -> Choice:
    """`chosen`, as that is what the job would be given; whether it is enough is said."""
    enough = _enough(options, need)
    why = "what it would be given, as no bound was given"
    starves = need is not None and chosen.resources.memory_mb < need.memory_mb
    if need is not None and starves:
        why += f"; but it needs at least {need.memory_mb:.0f} MB: {need.why}"
    return Choice(chosen, not starves, _alternatives(enough, chosen), why, tuple(cut))


def best(objective: Sequence[float], limited: Sequence[Limited], confidence: float = CONFIDENCE) -> tuple[int, bool]:
    """The number of the least objective whose every limited figure surely keeps its limit, and True.

    Where there is none, False, and of what is expected to overshoot its limits hardly more than what comes nearest, the least
    objective: what is ten times as slow does not come nearer for being a hundredth cheaper, or for being known better.
    """
    count = len(objective)
    within = [number for number in range(count) if all(one.sure[number] <= one.limit for one in limited)]
    if within:
        return min(within, key=lambda number: objective[number]), True
    over = _overshoots(limited, count)
    least = min(over) + _HARDLY * (1 - confidence)
    near = [number for number, share in enumerate(over) if share <= least]
    return min(near, key=lambda number: (objective[number], over[number])), False


def _overshoots(limited: Sequence[Limited], count: int) -> list[float]:
    """By what share each of `count` options is expected to exceed its limits, at worst."""
    return [max((one.overshoot(number) for one in limited), default=0.0) for number in range(count)]


def _nearest(limited: Sequence[Limited], count: int) -> int:
    over = _overshoots(limited, count)
    return over.index(min(over))


def _limited(options: Sequence[Option], limits: Limits) -> list[Limited]:
    found = []
    if limits.max_time is not None:
        seconds = [one.seconds for one in options], [one.high for one in options], [one.sure for one in options]
        found.append(Limited(*seconds, limits.max_time))
    if limits.max_cost is not None:
        dollars = [one.cost for one in options], [one.cost_range[1] for one in options], [one.sure_cost for one in options]
        found.append(Limited(*dollars, limits.max_cost))
    return found


def front(options: Sequence[Option]) -> list[Option]:
    """The options that no other beats in both time and cost, fastest first."""
    found: list[Option] = []
    for option in sorted(options, key=lambda one: (one.seconds, one.cost)):
        if not found or option.cost < found[-1].cost * (1 - 1e-9):
            found.append(option)
    return found


def _objective(option: Option, limits: Limits) -> float:
    only_cost_is_bound = limits.max_cost is not None and limits.max_time is None
    return option.seconds if only_cost_is_bound else option.cost


def _alternatives(options: Sequence[Option], chosen: Option) -> tuple[Option, ...]:
    """The fastest, the cheapest and the middle of the front, without the choice."""
    others = [option for option in front(options) if option.resources != chosen.resources]
    if len(others) <= _ALTERNATIVES:
        return tuple(others)
    return others[0], others[len(others) // 2], others[-1]


def _why(chosen: Option, limits: Limits) -> str:
    bounds = _bounds(limits)
    if not bounds:
        return "the cheapest, as no bound was given"
    aim = "fastest" if limits.max_time is None else "cheapest"
    return f"the {aim} that stays within {bounds}"


def _why_not(chosen: Option, nearest: Option, limits: Limits) -> str:
    if chosen.resources == nearest.resources:
        return f"nothing stays within {_bounds(limits)}; this comes nearest: {_at_worst(nearest)}"
    better = "faster" if limits.max_time is None else "cheaper"
    other = f"{nearest.resources} comes nearest: {_at_worst(nearest)}"
    return f"nothing stays within {_bounds(limits)}; this comes about as near and is {better}: {_at_worst(chosen)}; {other}"


def _at_worst(option: Option) -> str:
    return f"{option.sure:.3g} s and ${option.sure_cost:.3g} at worst"


def _bounds(limits: Limits) -> str:
    held = [f"{limits.max_time:g} s"] if limits.max_time is not None else []
    held += [f"${limits.max_cost:g}"] if limits.max_cost is not None else []
    return f"{' and '.join(held)} with {percent(limits.confidence)} confidence" if held else ""


def _point(columns: Sequence[Column], values: Sequence[float], resources: Resources) -> list[float]:
    given = {"cpu": resources.cpu, "memory": float(resources.memory_mb)}
    if len(values) != sum(column.role.value not in given for column in columns):
        raise InvalidRequest(f"{len(values)} values do not fit this profile: give one for every hint of its template.")
    arguments = iter(values)
    return [given[column.role.value] if column.role.value in given else next(arguments) for column in columns]


def _steps(least: float, most: float, step: float) -> int:
    return int((most - least) / step + 1e-9) + 1
