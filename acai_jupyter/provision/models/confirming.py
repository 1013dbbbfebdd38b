"""What a trial on resources that might be chosen is worth: by how much the choices under all kinds of bounds would get better."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from acai_jupyter.domain.quotes import CONFIDENCE
from acai_jupyter.provision.models.runs import Fitted, Floats, Runs, was_run

_SHARES = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85)
"""Bounds asked for lie anywhere among the times and costs that there are."""
BOUNDS = 2 * len(_SHARES)
_CASES = norm.ppf((np.arange(15) + 0.5) / 15)
_REPEATS = 1.06
"""A bound is kept by what has been run once, if that was by this factor within it."""


def gains(fitted: Fitted, runs: Runs, targets: Floats, hourly: Floats) -> Floats:
    """For every target, the sum over bounds of what is expected to be saved, as a share, by knowing its time.

    `hourly` are prices in dollars an hour. What has been run already gains nothing.
    """
    seconds = fitted.predict(targets).seconds
    sure = fitted.predict(targets, 2 * CONFIDENCE - 1).high
    spread = np.log(sure / seconds) / norm.ppf(CONFIDENCE)
    cases = seconds[:, None] * np.exp(spread[:, None] * _CASES)
    price = hourly / 3600
    total = np.zeros(len(targets))
    for share in _SHARES:
        total += _saved(seconds * price, sure, cases * price[:, None], cases, float(np.quantile(seconds, share)))
        total += _saved(seconds, sure * price, cases, cases * price[:, None], float(np.quantile(seconds * price, share)))
    return np.where(was_run(runs, targets), 0.0, total)


def _saved(objective: Floats, sure: Floats, objectives: Floats, figures: Floats, limit: float) -> Floats:
    """What each target saves under one bound, over the cases (columns) of `objectives` and bound `figures`."""
    within = sure <= limit
    number = int(np.argmin(np.where(within, objective, np.inf)) if within.any() else np.argmin(sure))
    better = np.maximum(objective[number] / objectives - 1, 0.0) + max(sure[number] / limit - 1, 0.0)
    return np.asarray(np.where(figures * _REPEATS <= limit, better, 0.0).mean(axis=1), dtype=np.float64)
