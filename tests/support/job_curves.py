"""Made-up jobs whose law is known, for the tests of the models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from acai_jupyter.provision.models.runs import Column, Role, Runs

EPOCHS = Column("epochs", Role.ARGUMENT)
CPU = Column("cpu", Role.CPU)
MEMORY = Column("memory", Role.MEMORY)


def measured(
    columns: Sequence[Column], values: Sequence[Sequence[float]], seconds: Callable[..., float], noise: float = 0.0, seed: int = 0
) -> Runs:
    """A run at every combination of `values`, each off by a factor of about 1 ± `noise`."""
    points = np.array(list(product(*values)), dtype=float)
    exact = np.array([seconds(*point) for point in points])
    return Runs(tuple(columns), points, exact * np.exp(noise * np.random.default_rng(seed).normal(size=len(points))))


def points(*rows: Sequence[float]) -> np.ndarray:
    return np.array(rows, dtype=float)
