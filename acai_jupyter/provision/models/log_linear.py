"""The paper's model (4.2.3): seconds = a · product of value^b, by linear regression of logarithms. Others must beat it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student
from sklearn.linear_model import LinearRegression

from acai_jupyter.provision.models.features import Logs
from acai_jupyter.provision.models.runs import Floats, Predictions, Runs, outside

WIDEST = 20.0
"""A half width in logarithms beyond which nothing is said any more; keeps bounds finite."""


@dataclass(frozen=True)
class LogLinear:
    """Log-linear regression with scikit-learn."""

    name: str = "log-linear"

    def fit(self, runs: Runs) -> FittedLogLinear:
        logs = Logs.of(runs)
        features = logs(runs.points)
        regression = LinearRegression().fit(features, runs.log_seconds)
        residuals = runs.log_seconds - regression.predict(features)
        design = np.column_stack([np.ones(len(runs)), features])
        freedom = len(runs) - int(np.linalg.matrix_rank(design))
        spread = float(np.sqrt(residuals @ residuals / freedom)) if freedom > 0 else np.inf
        return FittedLogLinear(runs, logs, regression, np.linalg.pinv(design.T @ design), spread, max(freedom, 1))


@dataclass(frozen=True, eq=False)
class FittedLogLinear:
    """See LogLinear. Its interval is the regression's own: too narrow outside what was measured."""

    runs: Runs
    logs: Logs
    regression: LinearRegression
    inverse: Floats
    spread: float
    freedom: int

    def predict(self, points: Floats, confidence: float = 0.9) -> Predictions:
        features = self.logs(points)
        middle = self.regression.predict(features)
        design = np.column_stack([np.ones(len(points)), features])
        leverage = np.einsum("ij,jk,ik->i", design, self.inverse, design)
        factor = student.ppf((1 + confidence) / 2, self.freedom)
        half = np.minimum(factor * self.spread * np.sqrt(1 + leverage), WIDEST)
        beyond = outside(self.runs, points)
        return Predictions(np.exp(middle), np.exp(middle - half), np.exp(middle + half), beyond)

    def law(self) -> str:
        powers = [
            f"{column.name}^{power:.2f}"
            for column, power in zip(self.runs.columns, self.regression.coef_, strict=True)
            if abs(power) >= 0.005
        ]
        return f"{np.exp(self.regression.intercept_):.3g} s" + "".join(f" × {power}" for power in powers)
