"""A law plus boosted trees on what the law leaves over: they follow jumps that no smooth process can. Only among the runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from acai_jupyter.provision.models.runs import Floats
from acai_jupyter.provision.models.trended import FittedProcess

if TYPE_CHECKING:
    from sklearn.ensemble import GradientBoostingRegressor

_TREES, _RATE, _DEPTH, _SHARE = 80, 0.12, 5, 0.7


@dataclass(frozen=True, eq=False)
class Boosted:
    """Trees about the law of `process`, whose spread they borrow: trees alone don't know how far off they are."""

    process: FittedProcess
    trees: GradientBoostingRegressor

    @classmethod
    def on(cls, process: FittedProcess) -> Boosted:
        """Learn from the runs of `process` what its law leaves over."""
        from sklearn.ensemble import GradientBoostingRegressor

        runs = process.runs
        left = runs.log_seconds - process.trend(runs.points)
        trees = GradientBoostingRegressor(
            n_estimators=_TREES, learning_rate=_RATE, max_depth=_DEPTH, subsample=_SHARE, random_state=0
        )
        return cls(process, trees.fit(process.view(runs.points), left))

    def log_seconds(self, points: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the logarithm of the seconds."""
        _, spread = self.process.log_seconds(points)
        left = np.asarray(self.trees.predict(self.process.view(points)), dtype=np.float64)
        return self.process.trend(points) + left, spread
