"""How far a job says that it is: by tags, or by progress bars in its log."""

from __future__ import annotations

import math
import re
from typing import Final

from acai_jupyter.domain.jobs import Job
from acai_jupyter.engine.tags import Taken
from acai_jupyter.ports.store.unit import UnitOfWork

_MOST_LOOKED_AT: Final = 16_384
"""Bytes of a piece of a log: only the last bar says where the job is."""
_MOST_STEPS: Final = 2.0**53
_UNITS: Final = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def take_steps(unit: UnitOfWork, job: Job, taken: Taken, text: bytes, bars: re.Pattern[str]) -> None:
    """Keep how far a job is, where this piece of its log says so. Who prints tags is not judged by bars."""
    before = job.steps
    if taken.reached is not None or taken.total is not None:
        known = before.done if before is not None and before.tagged else 0.0
        _keep(unit, job, known if taken.reached is None else taken.reached, taken.total, tagged=True)
        return
    if before is not None and before.tagged:
        return
    found = last_bar(text, bars)
    if found is not None and (before is None or found != (before.done, before.total)):
        _keep(unit, job, *found, tagged=False)


def last_bar(text: bytes, bars: re.Pattern[str]) -> tuple[float, float] | None:
    """The step and the number of steps that the last progress bar in a text shows, None where there is none."""
    found = None
    for found in bars.finditer(text[-_MOST_LOOKED_AT:].decode(errors="replace")):  # noqa: B007 - the last one
        pass
    if found is None:
        return None
    step, steps = _number(found["step"]), _number(found["steps"])
    return None if step is None or steps is None or step > steps else (step, steps)


def _keep(unit: UnitOfWork, job: Job, step: float, total: float | None, *, tagged: bool) -> None:
    whole = [number for number in (step, total) if number is not None]
    if all(math.isfinite(number) and 0 <= number < _MOST_STEPS for number in whole):
        unit.arrivals.add_step(job, step, total, tagged)


def _number(text: str | None) -> float | None:
    """`10.0k` is ten thousand."""
    if not text:
        return None
    try:
        return float(text.rstrip("kMGT")) * _UNITS.get(text[-1], 1.0)
    except ValueError:
        return None
