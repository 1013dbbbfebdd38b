"""Gaussian processes on logarithms: what is left when a law is taken away, smooth in arguments and resources (Matérn 5/2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from acai_jupyter.provision.models.runs import Floats

_ROOT5 = float(np.sqrt(5.0))
_CONSTANT = 1e-4
_PRIOR_NOISE = 0.05
_PRIOR_LENGTH_SPREAD = 1.2
_FARTHEST = 4.0
"""How far, in logarithms, a scale may move from its prior; keeps the arithmetic finite."""
_MOST_TO_TUNE_ON = 200
"""Length scales are learnt on at most so many runs, evenly chosen; the process itself always holds all."""


@dataclass(frozen=True, eq=False)
class Scales:
    """What a process has learnt about itself: standard deviations of signal and noise, and a length scale a feature."""

    signal: float
    noise: float
    lengths: Floats


@dataclass(frozen=True, eq=False)
class Process:
    """A process conditioned on what was seen. `slopes` are prior standard deviations of a linear part; zeros leave it out."""

    features: Floats
    slopes: Floats
    scales: Scales
    inverse: Floats
    weights: Floats

    @classmethod
    def on(cls, features: Floats, values: Floats, slopes: Floats, scales: Scales) -> Process:
        """Condition on `values` (about zero) seen at `features`."""
        covariance = _kernel(features, features, scales) + _linear(features, features, slopes)
        covariance.flat[:: len(values) + 1] += scales.noise**2
        inverse = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
        return cls(features, slopes, scales, inverse, inverse @ values)

    def at(self, features: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of new values, noise included."""
        cross = _kernel(features, self.features, self.scales) + _linear(features, self.features, self.slopes)
        own = self.scales.signal**2 + _level(self.slopes) + ((features * self.slopes) ** 2).sum(axis=1)
        variance = own + self.scales.noise**2 - ((cross @ self.inverse) * cross).sum(axis=1)
        return cross @ self.weights, np.sqrt(np.maximum(variance, 1e-10))

    def together(self, left: Floats, right: Floats) -> Floats:
        """How new values at `left` and at `right` vary together, noise left aside."""
        prior = _kernel(left, right, self.scales) + _linear(left, right, self.slopes)
        seen_left, seen_right = (
            _kernel(side, self.features, self.scales) + _linear(side, self.features, self.slopes) for side in (left, right)
        )
        return np.asarray(prior - seen_left @ self.inverse @ seen_right.T, dtype=np.float64)

    def left_out(self) -> tuple[Floats, Floats]:
        """For every value seen: how far it lies from what the others say (seen minus said), and that one's standard deviation."""
        diagonal = np.diag(self.inverse)
        return self.weights / diagonal, np.sqrt(1 / diagonal)


def _level(slopes: Floats) -> float:
    """The prior variance of the level: wide where the process carries the law itself, narrow where it corrects one."""
    return 1.0 if slopes.any() else _CONSTANT


def _kernel(left: Floats, right: Floats, scales: Scales) -> Floats:
    gaps = left[:, None, :] / scales.lengths - right[None, :, :] / scales.lengths
    distance = _ROOT5 * np.sqrt((gaps**2).sum(axis=2) + 1e-12)
    return np.asarray(scales.signal**2 * (1 + distance + distance**2 / 3) * np.exp(-distance), dtype=np.float64)


def _linear(left: Floats, right: Floats, slopes: Floats) -> Floats:
    return np.asarray((left * slopes) @ (right * slopes).T + _level(slopes), dtype=np.float64)


def learn_scales(features: Floats, values: Floats, slopes: Floats, length: float, signal: float) -> Scales:
    """The scales most probable for `values` at `features`, priors about `length` and `signal` included."""
    if len(values) > _MOST_TO_TUNE_ON:
        rows = np.unique(np.linspace(0, len(values) - 1, _MOST_TO_TUNE_ON).astype(int))
        features, values = features[rows], values[rows]
    width = features.shape[1]
    prior = np.concatenate([[np.log(signal), np.log(_PRIOR_NOISE)], np.full(width, np.log(length))])
    spread = np.concatenate([[1.0, 1.0], np.full(width, _PRIOR_LENGTH_SPREAD)])
    likelihood = _Likelihood(features, values, _linear(features, features, slopes), prior, spread)
    bounds = np.column_stack([prior - _FARTHEST, prior + _FARTHEST])
    best = minimize(likelihood, prior, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30}).x
    return Scales(float(np.exp(best[0])), float(np.exp(best[1])), np.exp(best[2:]))


class _Likelihood:
    """The negative logarithm of the scales' probability, and its gradient; scales as logarithms."""

    def __init__(self, features: Floats, values: Floats, linear: Floats, prior: Floats, spread: Floats) -> None:
        self.values, self.linear, self.prior, self.spread = values, linear, prior, spread
        self.gaps = np.stack([(column[:, None] - column[None, :]) ** 2 for column in features.T]) if features.shape[1] else None

    def __call__(self, scales: Floats) -> tuple[float, Floats]:
        count = len(self.values)
        signal, noise, inverse_lengths = np.exp(2 * scales[0]), np.exp(2 * scales[1]), np.exp(-2 * scales[2:])
        squared = 0.0 if self.gaps is None else np.tensordot(inverse_lengths, self.gaps, 1)
        distance = _ROOT5 * np.sqrt(squared + 1e-12 + np.zeros((count, count)))
        fall = np.exp(-distance)
        smooth = signal * (1 + distance + distance**2 / 3) * fall
        covariance = smooth + self.linear
        covariance.flat[:: count + 1] += noise
        try:
            factor = cho_factor(covariance, lower=True)
        except LinAlgError:
            return 1e6, np.zeros_like(scales)
        inverse = cho_solve(factor, np.eye(count))
        weights = inverse @ self.values
        misfit = inverse - np.outer(weights, weights)
        gradient = np.zeros_like(scales)
        gradient[0] = np.sum(misfit * smooth)
        gradient[1] = np.trace(misfit) * noise
        if self.gaps is not None:
            pull = misfit * (signal * (5 / 3) * (1 + distance) * fall)
            gradient[2:] = 0.5 * np.tensordot(self.gaps, pull, 2) * inverse_lengths
        pulled = (scales - self.prior) / self.spread
        value = 0.5 * self.values @ weights + np.log(np.diag(factor[0])).sum() + 0.5 * pulled @ pulled
        return float(value), gradient + pulled / self.spread
