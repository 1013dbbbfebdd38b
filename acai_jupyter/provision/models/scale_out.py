"""Scale-out laws (Amdahl, USL, Ernest): seconds as a sum of parts that are never negative, by non-negative least squares.

A part is fixed (start-up), proportional to the work, divided by the CPUs (or the memory), or grows with them (coordination). As
no part is negative, a law neither reaches zero nor falls without end, so it may be carried on beyond what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from acai_jupyter.provision.models.features import Logs, directions, exponents
from acai_jupyter.provision.models.law import in_words
from acai_jupyter.provision.models.non_negative import non_negative
from acai_jupyter.provision.models.runs import Floats, Predictions, Role, Runs, outside

_SHRINK = 1e-2
"""How strongly parts that the runs do not tell apart share the time between them."""
_LEAST_SHARE = 1e-6
"""Of the fastest run: the least that a law ever predicts."""
_POWERS = (0.2, 1.5)
"""The exponents that an argument's work may have."""


@dataclass(frozen=True, eq=False)
class Parts:
    """The columns of which a law is made, as functions of a point, scaled by what was measured."""

    runs: Runs
    scale: Floats
    least: Floats
    direction: Floats
    power: Floats
    cpu: int | None
    memory: int | None
    nodes: int | None

    @classmethod
    def of(cls, runs: Runs, *, powers: bool) -> Parts:
        logs = Logs.of(runs)
        scale = np.where(runs.points.max(axis=0, initial=0.0) > 0, runs.points.max(axis=0, initial=0.0), 1.0)
        least = 2 * logs.floor / scale
        learnt = np.clip(np.abs(exponents(runs, logs)), *_POWERS)
        many = np.array([len(np.unique(column)) > 2 for column in runs.points.T], dtype=bool)
        power = np.where(many & powers, learnt, 1.0)
        cpu, memory, nodes = (runs.first(role) for role in (Role.CPU, Role.MEMORY, Role.NODES))
        return cls(runs, scale, np.minimum(least, 1.0), directions(runs, logs), power, cpu, memory, nodes)

    def __call__(self, points: Floats) -> Floats:
        shares = np.maximum(points, 0) / self.scale
        work = self._work(shares)
        columns = list(work)
        if self.cpu is not None:
            per_cpu = self._inverse(shares, self.cpu)
            coordination = np.maximum(np.log(2 * shares[:, self.cpu] / self._measured_least(self.cpu)), 0.1)
            columns += [part * per_cpu for part in work] + [coordination, shares[:, self.cpu]]
        if self.memory is not None:
            columns += [part * self._inverse(shares, self.memory) for part in work]
        if self.nodes is not None and self.cpu is not None:
            columns += self._node_size(points)
        columns += [part for number in self._others() for part in (shares[:, number], self._inverse(shares, number))]
        return np.column_stack(columns)

    def _work(self, shares: Floats) -> list[Floats]:
        """Fixed work, each argument's own, and the product of all."""
        single = []
        for number in self.runs.numbers(Role.ARGUMENT):
            amount = shares[:, number] if self.direction[number] >= 0 else self._inverse(shares, number)
            single.append(amount ** self.power[number])
        product = [np.prod(single, axis=0)] if len(single) > 1 else []
        return [np.ones(len(shares)), *single, *product]

    def _inverse(self, shares: Floats, number: int) -> Floats:
        return np.asarray(self.least[number] / np.maximum(shares[:, number], self.least[number] / 4), dtype=np.float64)

    def _measured_least(self, number: int) -> float:
        return float(self.runs.points[:, number].min() / self.scale[number])

    def _node_size(self, points: Floats) -> list[Floats]:
        """Parts that grow and fall with the CPUs of one node."""
        measured = self.runs.points[:, self.cpu] / self.runs.points[:, self.nodes]
        size = points[:, self.cpu] / np.maximum(points[:, self.nodes], 1e-9)
        return [size / measured.max(), measured.min() / np.maximum(size, 1e-9)]

    def _others(self) -> list[int]:
        taken = {*self.runs.numbers(Role.ARGUMENT), self.cpu, self.memory, self.nodes}
        return [
            number for number in range(len(self.runs.columns)) if number not in taken and np.ptp(self.runs.points[:, number]) > 0
        ]


@dataclass(frozen=True, eq=False)
class ScaleOutLaw:
    """A fitted sum of parts."""

    parts: Parts
    amounts: Floats
    least_seconds: float

    def log_seconds(self, points: Floats) -> Floats:
        return np.asarray(np.log(np.maximum(self.parts(points) @ self.amounts, self.least_seconds)), dtype=np.float64)


def scale_out_law(runs: Runs, *, powers: bool = False) -> ScaleOutLaw:
    """The law that fits `runs` best in relative terms. With `powers`, work grows with a power of each argument that is learnt."""
    parts = Parts.of(runs, powers=powers)
    relative = parts(runs.points) / runs.seconds[:, None]
    shrink = np.sqrt(_SHRINK) * np.diag(np.sqrt((relative**2).mean(axis=0)))
    matrix = np.vstack([relative, shrink])
    target = np.concatenate([np.ones(len(runs)), np.zeros(len(shrink))])
    return ScaleOutLaw(parts, non_negative(matrix, target), _LEAST_SHARE * float(runs.seconds.min()))


@dataclass(frozen=True)
class ScaleOut:
    """The scale-out law alone, with the band that its own residuals give."""

    powers: bool = False

    @property
    def name(self) -> str:
        return "scale-out, powers" if self.powers else "scale-out"

    def fit(self, runs: Runs) -> FittedScaleOut:
        law = scale_out_law(runs, powers=self.powers)
        used = int((law.amounts > 0).sum())
        residuals = runs.log_seconds - law.log_seconds(runs.points)
        return FittedScaleOut(runs, law, float(np.sqrt(residuals @ residuals / max(len(runs) - used, 1))))


@dataclass(frozen=True, eq=False)
class FittedScaleOut:
    """See ScaleOut."""

    runs: Runs
    law_found: ScaleOutLaw
    spread: float

    def predict(self, points: Floats, confidence: float = 0.9) -> Predictions:
        middle = self.law_found.log_seconds(points)
        half = float(norm.ppf((1 + confidence) / 2)) * self.spread
        return Predictions(np.exp(middle), np.exp(middle - half), np.exp(middle + half), outside(self.runs, points))

    def law(self) -> str:
        return in_words(self.runs)
