"""Quotes: what a job is predicted to take and to cost before it is submitted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.resources import Resources, cpus_in_words

CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a choice: seconds and dollars, None for no bound, met with probability `confidence`.

    Raises InvalidRequest for a bound that nothing can meet, and for a confidence that is no probability.
    """

    max_time: float | None = None
    max_cost: float | None = None
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        for name, bound in (("max_time", self.max_time), ("max_cost", self.max_cost)):
            if bound is not None and not bound > 0:
                raise InvalidRequest(f"{name}={bound:g} can't be met: give a bound above 0.")
        if not 0 < self.confidence < 1:
            raise InvalidRequest(f"confidence={self.confidence:g} is no probability: give one between 0 and 1, like 0.9.")

    @property
    def bound(self) -> bool:
        """Whether there is any bound."""
        return self.max_time is not None or self.max_cost is not None


@dataclass(frozen=True, slots=True)
class Given:
    """Resources that a person asked for: what is named is kept to, the rest is free."""

    cpu: float | None = None
    memory_mb: int | None = None

    def allows(self, resources: Resources) -> bool:
        return self.cpu in (None, resources.cpu) and self.memory_mb in (None, resources.memory_mb)

    def __str__(self) -> str:
        named = [cpus_in_words(self.cpu)] if self.cpu is not None else []
        named += [f"{self.memory_mb} MB"] if self.memory_mb is not None else []
        return " and ".join(named)


@dataclass(frozen=True, slots=True)
class Option:
    """A configuration with its predicted seconds, their 90 % range, and the seconds not exceeded with the limits' confidence.

    `hourly` is its price in dollars an hour; costs follow from the seconds. `warning`: why a job may not get through with it.
    """

    resources: Resources
    seconds: float
    low: float
    high: float
    sure: float
    hourly: float
    extrapolated: bool
    warning: str | None = None

    @property
    def cost(self) -> float:
        return self.hourly * self.seconds / 3600

    @property
    def cost_range(self) -> tuple[float, float]:
        return self.hourly * self.low / 3600, self.hourly * self.high / 3600

    @property
    def sure_cost(self) -> float:
        return self.hourly * self.sure / 3600


@dataclass(frozen=True, slots=True)
class Choice:
    """What to take. Where `met` is False, nothing meets the limits, and `chosen` comes nearest.

    `alternatives`: up to three others that nothing beats in both time and cost. `why`: a sentence. `excluded`: in words, what was
    left out of the search.
    """

    chosen: Option
    met: bool
    alternatives: tuple[Option, ...]
    why: str
    excluded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A choice for the job that `profile` predicts with these values. `law`: what the profile found, in words; `runs`: how many
    runs it learnt from; `steps`: how many the job is expected to report, None where that is not known."""

    profile: str
    command: str
    values: tuple[float, ...]
    limits: Limits
    choice: Choice
    law: str
    runs: int
    steps: float | None = None


@dataclass(frozen=True, slots=True)
class GridQuote:
    """What the rows of a grid get under `limits`, of which `max_time` is each row's and `max_cost` that of all together. Where
    `met` is False, nothing meets them, and the rows' choices come nearest. `why`: a sentence."""

    limits: Limits
    rows: tuple[Quote, ...]
    met: bool
    why: str

    @property
    def cost(self) -> float:
        return sum(row.choice.chosen.cost for row in self.rows)

    @property
    def cost_range(self) -> tuple[float, float]:
        """Dollars of all rows. The bounds of each are added up, so that it holds at least as often as each of theirs."""
        ranges = [row.choice.chosen.cost_range for row in self.rows]
        return sum(low for low, _ in ranges), sum(high for _, high in ranges)

    @property
    def seconds(self) -> float:
        """Of all rows, one after the other."""
        return sum(row.choice.chosen.seconds for row in self.rows)

    @property
    def sure_cost(self) -> float:
        """Dollars that all rows together don't exceed with the limits' confidence."""
        return sum(row.choice.chosen.sure_cost for row in self.rows)


def time_range(low: float, high: float) -> str:
    """`12–19 min`: in the unit that fits the upper end."""
    unit, seconds = next((name, size) for name, size in (("h", 3600.0), ("min", 60.0), ("s", 0.0)) if high >= 1.5 * size)
    return f"{_pair(low / (seconds or 1.0), high / (seconds or 1.0))} {unit}"


def cost_range(low: float, high: float) -> str:
    """`$0.03–0.05`."""
    return f"${_pair(low, high)}"


def percent(share: float) -> str:
    """A share as it was given, never rounded to a certainty: `90%`, `99.9%`."""
    return f"{(Decimal(repr(float(share))) * 100).normalize():f}%"


def _pair(low: float, high: float) -> str:
    digits = _digits(high)
    texts = [f"{value:.{digits}f}" for value in (low, high)]
    return texts[0] if texts[0] == texts[1] else "–".join(texts)


def _digits(value: float) -> int:
    """Decimals that show two significant digits."""
    if not value > 0:
        return 2
    return max(0, 1 - math.floor(math.log10(value)))
