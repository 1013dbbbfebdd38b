"""Which trial to run next: the one that teaches most, about the times asked for, per dollar; then what would be chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acai_jupyter.provision.models.blend import Blend
from acai_jupyter.provision.models.confirming import BOUNDS, gains
from acai_jupyter.provision.models.gaussian import Process, Scales, learn_scales
from acai_jupyter.provision.models.runs import Column, Floats, Role, Runs
from acai_jupyter.provision.models.trended import View

_ENOUGH_FOR_SCALES = 5
_NOISE, _LENGTH, _SIGNAL = 0.05, 2.0, 0.3
_COST_POWER = 0.25
"""How much a trial's price counts against what it teaches: 0 not at all, 1 in proportion."""
_FRONT_POWER = 2.0
"""How much less a target counts that another one beats by some factor in both time and cost."""


_CONFIRM_FROM = 7
"""So many runs tell enough of a job for the rest to be run on what may be chosen."""
_CONFIRM_COST_POWER = 0.5


@dataclass(frozen=True, slots=True)
class NextTrial:
    """Candidate number `number`.

    `teaches`: the share of the variance asked about that it is expected to remove; of one that confirms what may be chosen, the
    share of time or cost that choices are expected to save, a bound. `dollars`: what it will probably cost, None before the first
    run.
    """

    number: int
    teaches: float
    dollars: float | None


def next_trial(
    columns: tuple[Column, ...],
    candidates: Floats,
    hourly: Floats,
    targets: Floats,
    target_hourly: Floats,
    runs: Runs | None = None,
    dollars_left: float = np.inf,
) -> NextTrial | None:
    """The candidate to run next, None where there are none, or none that is expected to cost at most `dollars_left`.

    `hourly` and `target_hourly` are prices in dollars an hour. `targets`: the points among which will be chosen, so whose times
    shall be known. `runs`: what has been measured so far; without any, what is expected of a job that nobody has seen decides.
    """
    if not len(candidates):
        return None
    if runs is not None and len(runs) >= _CONFIRM_FROM and _same_arguments(runs, targets):
        found = _confirming(runs, candidates, hourly, targets, target_hourly, dollars_left)
        if found is not None:
            return found
    return _teaching(columns, candidates, hourly, targets, target_hourly, runs, dollars_left)


def _same_arguments(runs: Runs, targets: Floats) -> bool:
    return bool((np.ptp(targets[:, runs.numbers(Role.ARGUMENT)], axis=0) == 0).all())


def _confirming(
    runs: Runs, candidates: Floats, hourly: Floats, targets: Floats, target_hourly: Floats, dollars_left: float
) -> NextTrial | None:
    """The candidate that, were its time known, would make choices among the targets better, None where none would."""
    fitted = Blend().fit(runs)
    saved = gains(fitted, runs, targets, target_hourly)
    same = (candidates[:, None, :] == targets[None, :, :]).all(axis=2)
    dollars = fitted.predict(candidates).seconds * hourly / 3600
    worth = np.where(dollars <= dollars_left, same @ saved / dollars**_CONFIRM_COST_POWER, 0.0)
    number = int(np.argmax(worth))
    if worth[number] <= 0:
        return None
    return NextTrial(number, float((same @ saved)[number]) / BOUNDS, float(dollars[number]))


def _teaching(
    columns: tuple[Column, ...],
    candidates: Floats,
    hourly: Floats,
    targets: Floats,
    target_hourly: Floats,
    runs: Runs | None,
    dollars_left: float,
) -> NextTrial | None:
    """The candidate that removes most of the variance at the targets for its price."""
    seen = runs.points if runs is not None else candidates[:0]
    everything = np.vstack([candidates, targets, seen])
    view = View.of(Runs(columns, everything, np.ones(len(everything))))
    process, expected = _process(view, runs)
    here, there = view(candidates), view(targets)
    seconds = np.exp(here @ expected + process.at(here)[0])  # in units of the runs' level
    own = np.diag(process.together(here, here)) + process.scales.noise**2
    matters = _matters(np.exp(there @ expected + process.at(there)[0]), target_hourly)
    removed = matters @ process.together(there, here) ** 2 / own
    level = float(np.exp(runs.log_seconds.mean())) if runs is not None else None
    worth = removed / np.maximum(seconds * hourly, 1e-12) ** _COST_POWER
    if level is not None:
        worth[level * seconds * hourly / 3600 > dollars_left] = -np.inf
    number = int(np.argmax(worth))
    if worth[number] == -np.inf:
        return None
    unknown = float(matters @ np.diag(process.together(there, there)))
    dollars = level * float(seconds[number] * hourly[number]) / 3600 if level is not None else None
    return NextTrial(number, float(removed[number]) / max(unknown, 1e-12), dollars)


def _matters(seconds: Floats, hourly: Floats) -> Floats:
    """How much every target counts: less, the more clearly another one is both faster and cheaper."""
    dollars = seconds * hourly
    beaten = np.minimum(seconds[:, None] / seconds[None, :], dollars[:, None] / dollars[None, :]).max(axis=1)
    return np.asarray(beaten**-_FRONT_POWER, dtype=np.float64)


def _process(view: View, runs: Runs | None) -> tuple[Process, Floats]:
    """A process about a log-linear law, whose exponents it learns too, and the exponents expected beforehand."""
    expected, slopes = view.prior_powers()
    scales = Scales(_SIGNAL, _NOISE, np.full(len(expected), _LENGTH))
    if runs is None:
        return Process.on(np.zeros((0, len(expected))), np.zeros(0), slopes, scales), expected
    features = view(runs.points)
    left = runs.log_seconds - runs.log_seconds.mean() - features @ expected
    if len(runs) >= _ENOUGH_FOR_SCALES:
        scales = learn_scales(features, left, slopes, _LENGTH, 0.3 * float(left.std()) + 0.05)
    return Process.on(features, left, slopes, scales), expected
