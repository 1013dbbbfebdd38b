"""How arguments and resources are shown to the models: logarithms that survive zeros, directions, distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acai_jupyter.provision.models.runs import Floats, Role, Runs

_RIDGE = 0.5
_EXPONENT_RIDGE = 0.05


@dataclass(frozen=True, eq=False)
class Logs:
    """Logarithms of points. A zero counts as half of the smallest positive value that was measured in its column."""

    floor: Floats

    @classmethod
    def of(cls, runs: Runs) -> Logs:
        return cls(np.array([_floor(column) for column in runs.points.T]))

    def __call__(self, points: Floats) -> Floats:
        return np.asarray(np.log(np.maximum(points, self.floor)), dtype=np.float64)


def _floor(column: Floats) -> float:
    positive = column[column > 0]
    return float(positive.min()) / 2 if len(positive) else 1.0


def kernel_features(runs: Runs, logs: Logs, points: Floats) -> Floats:
    """Logarithms in which neighbours are alike: arguments, CPUs, memory per CPU, CPUs per node, the rest."""
    values = logs(points)
    cpu, memory, nodes = (runs.first(role) for role in (Role.CPU, Role.MEMORY, Role.NODES))
    shown = [values[:, number] for number in runs.numbers(Role.ARGUMENT)]
    taken = set(runs.numbers(Role.ARGUMENT))
    if cpu is not None:
        shown.append(values[:, cpu])
        taken.add(cpu)
    if memory is not None and cpu is not None:
        shown.append(values[:, memory] - values[:, cpu])
        taken.add(memory)
    if nodes is not None and cpu is not None:
        shown.append(values[:, cpu] - values[:, nodes])
        taken.add(nodes)
    shown.extend(values[:, number] for number in range(len(runs.columns)) if number not in taken)
    return np.column_stack(shown) if shown else np.zeros((len(points), 0))


def exponents(runs: Runs, logs: Logs) -> Floats:
    """The exponent of every column in a shrunken log-linear law."""
    return _ridge(logs(runs.points), runs.log_seconds, _EXPONENT_RIDGE, scaled=False)


def directions(runs: Runs, logs: Logs) -> Floats:
    """+1 for every column with which the time grows, -1 where it falls, 0 where nothing is seen."""
    return np.asarray(np.sign(_ridge(logs(runs.points), runs.log_seconds, _RIDGE, scaled=True)), dtype=np.float64)


def _ridge(features: Floats, target: Floats, strength: float, *, scaled: bool) -> Floats:
    centred = features - features.mean(axis=0)
    if scaled:
        centred = centred / (centred.std(axis=0) + 1e-9)
    gram = centred.T @ centred + strength * np.eye(centred.shape[1])
    return np.asarray(np.linalg.solve(gram, centred.T @ (target - target.mean())), dtype=np.float64)
