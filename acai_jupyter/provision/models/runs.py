"""What every model learns from and answers with: runs, points, predictions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from acai_jupyter.domain.errors import InvalidRequest

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


class Role(Enum):
    """What a column means to the laws of scaling."""

    ARGUMENT = "argument"
    CPU = "cpu"
    MEMORY = "memory"
    NODES = "nodes"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Column:
    """One value of a run that may change its time; `name` is how it is called to people."""

    name: str
    role: Role


@dataclass(frozen=True, eq=False)
class Runs:
    """Measured runs: `points[i, j]` is what column j was in run i, `seconds[i]` how long it took.

    Raises InvalidRequest where nothing can be learnt from them: no run, a value that is no finite number or is negative, a time
    that is not positive.
    """

    columns: tuple[Column, ...]
    points: Floats
    seconds: Floats

    def __post_init__(self) -> None:
        seconds = np.asarray(self.seconds, dtype=np.float64)
        points = np.asarray(self.points, dtype=np.float64)
        if not self.columns or points.size != len(seconds) * len(self.columns):
            raise InvalidRequest(f"{len(seconds)} runs of {len(self.columns)} values each do not fit {points.size} values.")
        object.__setattr__(self, "seconds", seconds)
        object.__setattr__(self, "points", points.reshape(len(seconds), len(self.columns)))
        if not len(self.seconds):
            raise InvalidRequest("No trial has finished, so nothing is known about this job's time: look at the trials' logs.")
        if not np.isfinite(self.points).all() or (self.points < 0).any():
            raise InvalidRequest("A run's arguments and resources must be numbers of at least 0.")
        if not (np.isfinite(self.seconds) & (self.seconds > 0)).all():
            raise InvalidRequest("A run's time must be a number of seconds above 0.")

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def log_seconds(self) -> Floats:
        return np.log(self.seconds)

    def only(self, rows: Rows | Mask) -> Runs:
        """The runs at `rows`."""
        return Runs(self.columns, self.points[rows], self.seconds[rows])

    def thinned(self, most: int) -> Runs:
        """At most about `most` of the runs, from the shortest to the longest, every column's extremes among them."""
        if len(self) <= most:
            return self
        even = np.argsort(self.seconds, kind="stable")[np.linspace(0, len(self) - 1, most).astype(int)]
        return self.only(np.unique(np.concatenate([even, self.points.argmin(axis=0), self.points.argmax(axis=0)])))

    def numbers(self, role: Role) -> list[int]:
        """The numbers of the columns with this role."""
        return [number for number, column in enumerate(self.columns) if column.role is role]

    def first(self, role: Role) -> int | None:
        """The first column with this role whose values vary and are positive, None where there is none."""
        for number in self.numbers(role):
            values = self.points[:, number]
            if values.min() > 0 and np.ptp(values) > 0:
                return number
        return None


@dataclass(frozen=True, eq=False)
class Predictions:
    """Seconds for every point asked about, and the bounds within which the time lies with the chosen confidence.

    `extrapolated` marks points that lie outside what was measured.
    """

    seconds: Floats
    low: Floats
    high: Floats
    extrapolated: Mask


class Fitted(Protocol):
    """A model that has learnt."""

    def predict(self, points: Floats, confidence: float = 0.9) -> Predictions:
        """Times at `points` (one row each, columns as in the runs), with two-sided intervals at `confidence`."""
        ...

    def law(self) -> str:
        """What was found, in a sentence for people."""
        ...


class Model(Protocol):
    """A way to learn times from runs."""

    @property
    def name(self) -> str: ...

    def fit(self, runs: Runs) -> Fitted:
        """Learn from `runs`; one run is enough, and then says little."""
        ...


def outside(runs: Runs, points: Floats) -> npt.NDArray[np.bool_]:
    """True for the points that lie beyond the measured values in any column."""
    return np.asarray(beyond_columns(runs, points).any(axis=1), dtype=np.bool_)


def beyond_columns(runs: Runs, points: Floats) -> Mask:
    """True per point and column where a point lies beyond the measured values."""
    slack = 1e-9 * np.maximum(np.abs(runs.points).max(axis=0, initial=0.0), 1.0)
    beyond: Mask = (points > runs.points.max(axis=0) + slack) | (points < runs.points.min(axis=0) - slack)
    return beyond


def was_run(runs: Runs, points: Floats) -> Mask:
    """True for the points at which there is a run."""
    return np.asarray((points[:, None, :] == runs.points[None, :, :]).all(axis=2).any(axis=1), dtype=np.bool_)
