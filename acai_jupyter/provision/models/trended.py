"""A law plus a Gaussian process on what the law leaves over: near the runs it corrects, far away the law speaks alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.stats import norm

from acai_jupyter.provision.models.features import Logs, kernel_features
from acai_jupyter.provision.models.gaussian import Process, Scales, learn_scales
from acai_jupyter.provision.models.law import in_words
from acai_jupyter.provision.models.runs import Floats, Predictions, Role, Runs, outside
from acai_jupyter.provision.models.scale_out import scale_out_law

_ARGUMENT_POWER, _ARGUMENT_POWER_SPREAD = 0.5, 0.6
_CPU_POWER, _CPU_POWER_SPREAD = -0.5, 0.4
_OTHER_POWER_SPREAD = 0.5


class Trend(Enum):
    """The law that a process corrects; the value is the model's name."""

    LOG_LINEAR = "gp, log-linear prior"
    SCALE_OUT = "gp, scale-out"
    SCALE_OUT_POWERS = "gp, scale-out, powers"


@dataclass(frozen=True, eq=False)
class View:
    """How a point becomes the features of the process: standardised by the runs, without what never varied."""

    runs: Runs
    logs: Logs
    middle: Floats
    spread: Floats
    varies: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @classmethod
    def of(cls, runs: Runs) -> View:
        logs = Logs.of(runs)
        shown = kernel_features(runs, logs, runs.points)
        spread = shown.std(axis=0)
        varies = spread > 1e-9
        return cls(runs, logs, shown.mean(axis=0), np.where(varies, spread, 1.0), varies)

    def __call__(self, points: Floats) -> Floats:
        shown = kernel_features(self.runs, self.logs, points)
        return np.asarray(((shown - self.middle) / self.spread)[:, self.varies], dtype=np.float64)

    def prior_powers(self) -> tuple[Floats, Floats]:
        """Exponents expected of a job nobody has seen, and their spread, in units of the features."""
        arguments = len(self.runs.numbers(Role.ARGUMENT))
        expected, spread = np.zeros(len(self.middle)), np.full(len(self.middle), _OTHER_POWER_SPREAD)
        expected[:arguments], spread[:arguments] = _ARGUMENT_POWER, _ARGUMENT_POWER_SPREAD
        if self.runs.first(Role.CPU) is not None:
            expected[arguments], spread[arguments] = _CPU_POWER, _CPU_POWER_SPREAD
        unit = self.spread[self.varies]
        return expected[self.varies] * unit, spread[self.varies] * unit


@dataclass(frozen=True)
class TrendedProcess:
    """A Gaussian process about a law."""

    trend: Trend = Trend.SCALE_OUT

    @property
    def name(self) -> str:
        return self.trend.value

    def fit(self, runs: Runs) -> FittedProcess:
        view = View.of(runs)
        law, slopes = self._law(runs, view)
        left = runs.log_seconds - law(runs.points)
        signal = 0.3 * float(left.std()) + 0.05 if slopes.any() else max(float(np.sqrt(np.mean(left**2))), 0.03)
        scales = learn_scales(view(runs.points), left, slopes, 2.0 if slopes.any() else 1.5, signal)
        return FittedProcess(runs, view, law, Process.on(view(runs.points), left, slopes, scales))

    def again(self, runs: Runs, view: View, scales: Scales) -> FittedProcess:
        """Fit to other runs of the same job with scales already learnt: cheap, for cross-validation."""
        law, slopes = self._law(runs, view)
        return FittedProcess(runs, view, law, Process.on(view(runs.points), runs.log_seconds - law(runs.points), slopes, scales))

    def _law(self, runs: Runs, view: View) -> tuple[Callable[[Floats], Floats], Floats]:
        if self.trend is Trend.LOG_LINEAR:
            expected, spread = view.prior_powers()
            level = float(runs.log_seconds.mean())
            return lambda points: level + view(points) @ expected, spread
        found = scale_out_law(runs, powers=self.trend is Trend.SCALE_OUT_POWERS)
        return found.log_seconds, np.zeros(int(view.varies.sum()))


@dataclass(frozen=True, eq=False)
class FittedProcess:
    """See TrendedProcess."""

    runs: Runs
    view: View
    trend: Callable[[Floats], Floats]
    process: Process

    def log_seconds(self, points: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the logarithm of the seconds."""
        correction, spread = self.process.at(self.view(points))
        return self.trend(points) + correction, spread

    def predict(self, points: Floats, confidence: float = 0.9) -> Predictions:
        middle, spread = self.log_seconds(points)
        half = float(norm.ppf((1 + confidence) / 2)) * spread
        return Predictions(np.exp(middle), np.exp(middle - half), np.exp(middle + half), outside(self.runs, points))

    def law(self) -> str:
        return in_words(self.runs)
