"""What the steps of trials tell: start-up and time per step, apart, and how long a trial takes that was not run to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from acai_jupyter.domain.arrivals import Pace, pace
from acai_jupyter.domain.jobs import Job, Status
from acai_jupyter.domain.profiles import ProfileTrial
from acai_jupyter.ports.store.unit import UnitOfWork

_NEARLY: Final = 0.02
"""Steps and an argument are in proportion where they are off by no more than this."""
_SURE: Final = 0.05
"""A trial's time is known where its 90 % interval reaches no further than this part of it to each side."""
_WORTH: Final = 0.25
"""Less than this part of a trial left is not worth ending it for."""
_LEAST_LEFT: Final = 2.0
_TO_THE_END: Final = 0.8
"""Steps tell of the whole where the last one came after this part of a job's time."""

Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StepRule:
    """The last step is `factor` × the value of hint number `hint` + `offset` (-1 where steps count from 0); without a hint it is
    `factor`."""

    factor: float
    hint: int | None = None
    offset: float = 0.0

    def steps(self, values: Values) -> float:
        return self.factor if self.hint is None else self.factor * values[self.hint] + self.offset


@dataclass(frozen=True)
class Told:
    """What trials told by their steps: their paces, by job; how steps follow from arguments; whether the totals that they tell
    are reached."""

    paces: Mapping[UUID, Pace] = field(default_factory=dict)
    rule: StepRule | None = None
    totals: bool = False

    def whole(self, values: Values, job: Job) -> tuple[float, float, float] | None:
        """The seconds that a job would have taken to its end, with a 90 % interval, None where its steps don't tell."""
        steps, seen = job.steps, self.paces.get(job.id)
        if steps is None or seen is None or not (steps.tagged or self.totals):
            return None
        total = steps.total if self.totals else None
        if total is None and self.rule is not None:
            total = self.rule.steps(values)
        return None if total is None or total < steps.done else seen.seconds(total)

    def is_known(self, values: Values, job: Job) -> bool:
        """Whether a running job needs no longer run, as far as its time is to be learnt."""
        seen, found = self.paces.get(job.id), self.whole(values, job)
        if seen is None or found is None:
            return False
        middle, low, high = found
        left = middle - seen.last.seconds
        return left > max(_LEAST_LEFT, _WORTH * middle) and high - low <= 2 * _SURE * middle


NOTHING: Final = Told()


def told(unit: UnitOfWork, made: Sequence[ProfileTrial]) -> Told:
    """What the steps of trials tell: nothing until one FINISHED whose steps went on until it ended, and nothing where one that
    FINISHED began its steps anew, or went on for long after the last of them."""
    finished = [trial for trial in made if trial.job.status is Status.FINISHED and _shows(trial.job)]
    if not finished or not all(_to_the_end(trial.job) for trial in finished):
        return NOTHING
    stepped = [trial for trial in made if trial.job.steps is not None and not trial.job.steps.restarts]
    found = {trial.job.id: pace(unit.arrivals.steps(trial.job)) for trial in stepped}
    last = [(values_of(trial), trial.job.steps) for trial in finished]
    counts = [(values, steps.done) for values, steps in last if steps is not None]
    reached = [steps.done == steps.total for _, steps in last if steps is not None and not (steps.tagged and steps.total is None)]
    paces = {job: one for job, one in found.items() if one is not None}
    return Told(paces, step_rule(counts), bool(reached) and all(reached))


def _shows(job: Job) -> bool:
    """Whether a job's steps are worth to look at; of a bar nobody knows that may be one of many."""
    return job.steps is not None and job.steps.restarts >= 0


def _to_the_end(job: Job) -> bool:
    """Whether the steps of a job that FINISHED are of all of it: they may be of its beginning, or of one round of many."""
    if job.steps is None or job.steps.restarts or job.running_at is None or job.ended_at is None:
        return False
    return job.steps.at - job.running_at >= _TO_THE_END * (job.ended_at - job.running_at)


def values_of(trial: ProfileTrial) -> Values:
    return tuple(float(text) for text in trial.trial.values)


def step_rule(last: Sequence[tuple[Values, float]]) -> StepRule | None:
    """How the last steps of runs follow from their arguments, None where that can't be seen, or more than one hint may be it."""
    if not last:
        return None
    found: dict[int, StepRule] = {}
    for hint in range(len(last[0][0])):
        for offset in (-1.0, 0.0):
            factor = _factor([(values[hint], steps - offset) for values, steps in last])
            if factor is not None:
                found[hint] = StepRule(factor, hint, offset)
    if found:
        return next(iter(found.values())) if len(found) == 1 else None
    steps = {count for _, count in last}
    return StepRule(steps.pop()) if len(steps) == 1 and len({values for values, _ in last}) > 1 else None


def _factor(pairs: Sequence[tuple[float, float]]) -> float | None:
    """What leads from values to steps, None where nothing does. One value alone shows it only where both are the same."""
    if any(value <= 0 or steps <= 0 for value, steps in pairs):
        return None
    ratios = [steps / value for value, steps in pairs]
    if max(ratios) > min(ratios) * (1 + _NEARLY):
        return None
    if len({value for value, _ in pairs}) == 1 and ratios[0] != 1:
        return None
    return sum(ratios) / len(ratios)
