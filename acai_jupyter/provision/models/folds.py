"""How a blend's members are checked: on runs left out among others (interpolation), on the far end of an axis (extrapolation)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from acai_jupyter.provision.models.boosted import Boosted
from acai_jupyter.provision.models.runs import Floats, Mask, Rows, Runs
from acai_jupyter.provision.models.trended import FittedProcess, TrendedProcess, View

_MOST_FOLDS = 9
_BOOSTED_FOLDS = 3
"""Trees are slow to grow: with them, so many of the folds have to do."""
_LEAST_TO_LEARN_FROM = 4
_FAR_SHARES = (0.5, 0.75)
"""The far end of an axis: what lies above these shares of its values."""


@dataclass(frozen=True, eq=False)
class Checks:
    """What the members said about runs that they had not seen: a row a member, a column a run. `middles` and `spreads` are of the
    logarithm; `reach` is how far a run lay beyond those that were seen, in logarithms."""

    middles: Floats
    spreads: Floats
    measured: Floats
    reach: Floats

    def only(self, rows: Rows | Mask) -> Checks:
        """What was said about the runs at `rows`."""
        return Checks(self.middles[:, rows], self.spreads[:, rows], self.measured[rows], self.reach[rows])


def interpolation(
    members: Sequence[TrendedProcess], fitted: Sequence[FittedProcess], runs: Runs, *, boosted: bool = False
) -> Checks:
    """Every run once, said by what was learnt from the others. With `boosted`, some runs, and trees have the last say."""
    count = min(len(runs), _MOST_FOLDS)
    order = np.random.default_rng(0).permutation(len(runs))
    folds = [order[start::count] for start in range(count)]
    return _check(members, fitted, runs, folds[:_BOOSTED_FOLDS] if boosted else folds, boosted=boosted)


def extrapolation(members: Sequence[TrendedProcess], fitted: Sequence[FittedProcess], runs: Runs) -> dict[int, Checks]:
    """For every column with enough values: the runs at its far end, said by what was learnt from the rest."""
    found = {}
    for number, column in enumerate(runs.points.T):
        folds = [np.flatnonzero(column > cut) for cut in _cuts(column)]
        folds = [rows for rows in folds if len(runs) - len(rows) >= _LEAST_TO_LEARN_FROM]
        if folds:
            found[number] = _check(members, fitted, runs, folds)
    return found


def _cuts(column: Floats) -> Iterator[float]:
    values = np.unique(column)
    if len(values) < 3:  # what remains must still vary
        return
    for share in _FAR_SHARES:
        cut = values[max(int(np.ceil(len(values) * share)) - 1, 1)]
        if cut < values[-1]:
            yield float(cut)


def _check(
    members: Sequence[TrendedProcess],
    fitted: Sequence[FittedProcess],
    runs: Runs,
    folds: Sequence[Rows],
    *,
    boosted: bool = False,
) -> Checks:
    parts = []
    for left_out in folds:
        rest = np.setdiff1d(np.arange(len(runs)), left_out)
        seen, asked = runs.only(rest), runs.points[left_out]
        learnt = [member.again(seen, whole.view, whole.process.scales) for member, whole in zip(members, fitted, strict=True)]
        said = [one.log_seconds(asked) for one in learnt]
        said += [Boosted.on(learnt[0]).log_seconds(asked)] if boosted else []
        middles, spreads = (np.array([one[number] for one in said]) for number in (0, 1))
        parts.append(Checks(middles, spreads, runs.log_seconds[left_out], reach(fitted[0].view, seen, asked)))
    return Checks(*(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in Checks.__dataclass_fields__))


def reach(view: View, runs: Runs, points: Floats) -> Floats:
    """How far points lie beyond the runs, in logarithms summed over the columns."""
    seen, asked = view.logs(runs.points), view.logs(points)
    over = np.maximum(asked - seen.max(axis=0), 0) + np.maximum(seen.min(axis=0) - asked, 0)
    return np.asarray(over.sum(axis=1), dtype=np.float64)
