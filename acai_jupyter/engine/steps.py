"""How far a job says that it is: by tags, or by progress bars in its log."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final, Protocol

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.jobs import Job
from acai_jupyter.engine.bars import Bar, follow
from acai_jupyter.engine.tags import Taken
from acai_jupyter.ports.store.unit import UnitOfWork

_MOST_LOOKED_AT: Final = 16_384
"""Bytes of a piece of a log: what bars show further up is over."""
_MOST_STEPS: Final = 2.0**53
_UNITS: Final = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_STALE_SECONDS: Final = 60
_STALE_STEPS: Final = 5
"""A bar that has stood still for so long, and for the time of so many of its steps, has been left."""


class Pattern(Protocol):
    """Finds progress bars: its groups `step` and `steps` are how far the job is, and of how many."""

    def finditer(self, text: str, /) -> Iterator[Any]: ...


def take_steps(unit: UnitOfWork, job: Job, taken: Taken, line: bytes, new: bytes, pattern: Pattern) -> None:
    """Keep how far a job is, where this piece of its log says so: `new`, after the `line` that was begun before. Who prints tags
    is not judged by bars."""
    before = job.steps
    if taken.reached is not None or taken.total is not None:
        known = before.done if before is not None and before.tagged else 0.0
        reached = known if taken.reached is None else taken.reached
        began_anew = before is not None and before.tagged and reached < before.done
        restarts = before.restarts + began_anew if before is not None and before.tagged else 0
        is_other = before is not None and not before.tagged
        _keep(unit, job, reached, taken.total, tagged=True, restarts=restarts, anew=began_anew or is_other)
        return
    if before is not None and before.tagged:
        return
    shown = bars_in(line, new, pattern)
    if not shown:
        return
    known_bar = None if before is None or before.total is None else Bar(before.done, before.total, before.restarts)
    found = follow(known_bar, shown, known_bar is not None and _is_stale(job, unit.now()))
    if found is not None and found != known_bar:
        _keep(unit, job, found.done, found.total, tagged=False, restarts=found.restarts, anew=found.anew)


def bars_in(line: bytes, new: bytes, pattern: Pattern) -> list[tuple[float, float]]:
    """The steps and the numbers of steps that the progress bars in `new` show; the first may have begun in `line` before it."""
    text = (line + new)[-_MOST_LOOKED_AT:]
    seen = len(text[: max(len(text) - len(new), 0)].decode(errors="replace"))
    found = []
    for match in pattern.finditer(text.decode(errors="replace")):
        step, steps = _number(match["step"]), _number(match["steps"])
        if match.end() > seen and step is not None and steps is not None and step <= steps:
            found.append((step, steps))
    return found


def _is_stale(job: Job, now: int) -> bool:
    steps = job.steps
    if steps is None or job.running_at is None:
        return False
    each = (steps.at - job.running_at) / max(steps.done, 1.0)
    return now - steps.at > max(_STALE_SECONDS * SECOND, _STALE_STEPS * each)


def _keep(unit: UnitOfWork, job: Job, step: float, total: float | None, *, tagged: bool, restarts: int, anew: bool) -> None:
    whole = [number for number in (step, total) if number is not None]
    if all(math.isfinite(number) and 0 <= number < _MOST_STEPS for number in whole):
        unit.arrivals.add_step(job, step, total, tagged, restarts, anew)


def _number(text: str | None) -> float | None:
    """`10.0k` is ten thousand."""
    if not text:
        return None
    try:
        return float(text.rstrip("kMGT")) * _UNITS.get(text[-1], 1.0)
    except ValueError:
        return None
