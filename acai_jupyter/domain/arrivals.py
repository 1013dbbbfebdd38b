"""When a running job is expected to end: its bound, the steps that it reports, and the pace that they show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

PROGRESS_BARS: Final = r"(?P<step>[0-9.]+[kMGT]?)/(?P<steps>[0-9.]+[kMGT]?) \[[0-9:]+<"
"""What tqdm prints, and what looks like it: ` 30%|███       | 3/10 [00:03<00:07,  1.00s/it]`."""

_Z: Final = 1.645
"""A 90 % interval of the normal distribution reaches so many standard deviations to each side."""
_CLOCK: Final = 0.05
"""Seconds by which the moments of steps are off, as logs come in batches."""
_LEAST_POINTS: Final = 4


@dataclass(frozen=True, slots=True)
class Bound:
    """What a job was submitted under, and what its profile predicted then. Times in microseconds, `max_cost` in micro-dollars;
    `steps` is how many it is expected to report. `enforce`: it is ended at the bound."""

    max_time: int | None
    max_cost: int | None
    enforce: bool
    predicted: int
    low: int
    high: int
    steps: float | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """How far a job says that it is, at the moment `at` (microseconds). `tagged`: by tags, not by progress bars; `restarts`
    counts how often the steps began anew; it is negative where a bar may be one of many."""

    done: float
    total: float | None
    tagged: bool
    restarts: int
    at: int


@dataclass(frozen=True, slots=True)
class StepPoint:
    """A step that was reached so many seconds after the job was RUNNING."""

    step: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a job is expected to end, with a 90 % interval, as it was seen at the moment `at`; all in microseconds."""

    end: int
    low: int
    high: int
    at: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds until the first step began, seconds for each step, how they scatter (a variance for each step), and the last step
    with its moment."""

    start_up: float
    per_step: float
    scatter: float
    covered: float
    points: int
    last: StepPoint

    def seconds(self, total: float) -> tuple[float, float, float]:
        """Seconds in all of a job with `total` steps, and their 90 % interval. Steps differ, and so does their mean seen."""
        left = max(total - self.last.step, 0.0)
        middle = self.last.seconds + left * self.per_step
        freedom = self.points - 2
        wide = _Z * (1 + (_Z * _Z + 1) / (4 * freedom))  # of Student's distribution, nearly
        variance = self.scatter * left * (1 + left / self.covered) + 2 * (_CLOCK * left / self.covered) ** 2 + _CLOCK**2
        half = wide * math.sqrt(variance)
        return middle, max(middle - half, self.last.seconds), middle + half


def pace(points: Sequence[StepPoint]) -> Pace | None:
    """What a job's steps show of its pace, None where they are too few."""
    if len(points) < _LEAST_POINTS or points[-1].step <= points[0].step or points[-1].seconds <= points[0].seconds:
        return None
    first, last = points[0], points[-1]
    covered = last.step - first.step
    per_step = (last.seconds - first.seconds) / covered
    pairs = [(b.step - a.step, b.seconds - a.seconds) for a, b in pairwise(points) if b.step > a.step]
    off = sum((seconds - per_step * steps) ** 2 / steps for steps, seconds in pairs)
    scatter = off / max(len(pairs) - 1, 1)
    return Pace(max(first.seconds - per_step * first.step, 0.0), per_step, scatter, covered, len(pairs) + 1, last)


def revised(predicted: tuple[float, float, float], seen: tuple[float, float, float]) -> tuple[float, float, float]:
    """What was predicted of a job (middle, low, high), revised by what it shows itself: together they are surer; where they
    contradict each other, the job is right."""
    if seen[1] > predicted[2] or seen[2] < predicted[1]:
        return seen
    spreads = [max((high - low) / (2 * _Z), 1e-6) for _, low, high in (predicted, seen)]
    weights = [1 / (spread * spread) for spread in spreads]
    middle = (predicted[0] * weights[0] + seen[0] * weights[1]) / sum(weights)
    half = _Z / math.sqrt(sum(weights))
    return middle, middle - half, middle + half
