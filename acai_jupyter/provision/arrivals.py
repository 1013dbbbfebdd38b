"""When running jobs will end: what was predicted, revised by the steps that they report; a coming miss of a bound is told."""

from __future__ import annotations

import logging
from typing import Final

from acai_jupyter.domain.arrivals import Arrival, Bound, StepPoint, pace, revised
from acai_jupyter.domain.bounds import bound_end, bound_text
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.quotes import time_range
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_LOG: Final = logging.getLogger(__name__)
_MOST_AT_ONCE: Final = 1000
_FURTHEST_SECONDS: Final = 20 * 365 * 86_400.0
"""What comes later than this is no arrival but a job that tells nonsense of its steps."""

_APART: Final = 50
"""An arrival is revised again after this part of the job's time, and a second at the earliest."""


class Arrivals:
    """Writes to running jobs when they are expected to end."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def advance(self) -> None:
        """Revise what is due. May be called at any time, by any number of servers."""
        with self._store.read() as unit:
            now = unit.now()
            found = [(job, unit.arrivals.steps(job)) for job in unit.arrivals.expected(_MOST_AT_ONCE) if _is_due(job, now)]
        for job, points in found:
            try:
                self._revise(job, points, now)
            except AcaiError as error:
                _LOG.warning("When job %s ends can't be told at the moment: %s", job.number, error.message)

    def _revise(self, job: Job, points: list[StepPoint], now: int) -> None:
        found = expected_seconds(job, points)
        late = _miss(job, found, now)
        if found is None and late is None:
            return
        with self._store.begin() as unit:
            unit.lock_project(job.project_id)
            if found is not None:
                begun = job.running_at or now
                end, low, high = (begun + int(seconds * SECOND) for seconds in found)
                unit.arrivals.set_arrival(job, Arrival(end, low, high, now))
                _tell(unit, job, EventKind.JOB_CHANGED)
            if late is not None and unit.arrivals.set_late(job):
                unit.jobs.add_note(job, late)
                _tell(unit, job, EventKind.JOB_LATE)


def expected_seconds(job: Job, points: list[StepPoint]) -> tuple[float, float, float] | None:
    """Seconds that the job will have taken when it ends, with a 90 % interval, None where nobody can know."""
    bound, steps = job.spec.bound, job.steps
    predicted = None if bound is None else (bound.predicted / SECOND, bound.low / SECOND, bound.high / SECOND)
    if steps is None or steps.restarts:
        return predicted  # one round of many says nothing of the whole
    total = steps.total
    if total is None and bound is not None:
        total = bound.steps
    shown = None if total is None else _shown(points, total)
    if shown is None or predicted is None:
        return shown or predicted
    return revised(predicted, shown)


def _shown(points: list[StepPoint], total: float) -> tuple[float, float, float] | None:
    """What the steps until now show of the whole; None where they are too few, or nonsense."""
    try:
        seen = pace(points)
        seconds = None if seen is None else seen.seconds(total)
    except OverflowError:
        return None
    return seconds if seconds is not None and max(seconds) < _FURTHEST_SECONDS else None


def _is_due(job: Job, now: int) -> bool:
    if job.running_at is None:
        return False
    if job.arrival is None:
        return True
    stepped = job.steps is not None and job.steps.at > job.arrival.at
    if stepped and now - job.arrival.at >= max(SECOND, (now - job.running_at) // _APART):
        return True
    limit = _limit(job)
    return job.late_at is None and limit is not None and now - job.running_at > limit * SECOND


def _limit(job: Job) -> float | None:
    return None if job.spec.bound is None else bound_end(job.spec.bound, job.spec)


def _miss(job: Job, found: tuple[float, float, float] | None, now: int) -> str | None:
    """That the job will miss its bound, in words, None while that is not sure."""
    bound, limit = job.spec.bound, _limit(job)
    if bound is None or limit is None or job.late_at is not None or job.running_at is None:
        return None
    gone = (now - job.running_at) / SECOND
    if gone <= limit and (found is None or found[1] <= limit):
        return None
    when = f"expected to take {time_range(found[1], found[2])}" if found is not None and found[1] > limit else "still running"
    return f"It is {when}, more than its bound of {bound_text(bound, limit)}{_ending(bound)}."


def _ending(bound: Bound) -> str:
    return ": it will be ended there" if bound.enforce else ""


def _tell(unit: UnitOfWork, job: Job, kind: EventKind) -> None:
    unit.events.append(job.project_id, kind, **job_ids(job))
