"""Runs that told their steps: start-up and time per step, each on its own, so that long runs follow from short ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from acai_jupyter.provision.models.non_negative import non_negative
from acai_jupyter.provision.models.runs import Fitted, Floats, Model, Predictions, Role, Runs, outside


@dataclass(frozen=True, eq=False)
class Paced:
    """Runs, seconds of start-up and for each step of each, and how many steps a point means."""

    runs: Runs
    start_up: Floats
    per_step: Floats
    hint: int
    steps: Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class FittedPace:
    """A run takes its start-up, and for its steps in proportion what `inner` learnt of runs whose hint was `reference`."""

    paced: Paced
    inner: Fitted
    said: str
    reference: float
    start_up: Floats

    def predict(self, points: Floats, confidence: float = 0.9) -> Predictions:
        """Times at `points`, with two-sided intervals at `confidence`."""
        same = points.copy()
        same[:, self.paced.hint] = self.reference
        work = self.inner.predict(same, confidence)
        begun = _parts(self.paced.runs, points) @ self.start_up
        share = np.maximum(self.paced.steps(points), 0.0) / self.paced.steps(same)
        seconds, low, high = (begun + some * share for some in (work.seconds, work.low, work.high))
        return Predictions(seconds, low, high, outside(self.paced.runs, points))

    def law(self) -> str:
        return self.said


def fit_pace(paced: Paced, model: Model, said: str) -> FittedPace:
    """Learn from runs that all told their pace, `model` the time that equally many steps take. `said` is the law in words."""
    runs = paced.runs
    reference = float(runs.points[:, paced.hint].max())
    same = runs.points.copy()
    same[:, paced.hint] = reference
    seconds = paced.per_step * paced.steps(same)
    begun = non_negative(_parts(runs, runs.points), np.maximum(paced.start_up, 0.0))
    return FittedPace(paced, model.fit(Runs(runs.columns, same, seconds)), said, reference, begun)


def _parts(runs: Runs, points: Floats) -> Floats:
    """Start-up is made of a part that CPUs don't change and one that they share."""
    cpu = runs.numbers(Role.CPU)
    shared = [1.0 / points[:, number] for number in cpu[:1]]
    return np.column_stack([np.ones(len(points)), *shared])
