"""The shipped model: laws and processes weighted, point by point, by how well each foretold what it had not seen.

Where a point lies within the runs, the evidence is what the members said about runs left out among others; where it lies beyond
them in some columns, what they said about the far end of those columns. The same checks tell how wide an interval must be.
Where the runs are many, boosted trees join in for the points within them, and only there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from acai_jupyter.provision.models.boosted import Boosted
from acai_jupyter.provision.models.folds import Checks, extrapolation, interpolation, reach
from acai_jupyter.provision.models.law import in_words
from acai_jupyter.provision.models.runs import Floats, Mask, Predictions, Runs, beyond_columns, was_run
from acai_jupyter.provision.models.trended import FittedProcess, Trend, TrendedProcess


@dataclass(frozen=True, slots=True)
class Member:
    """A model in the blend, and how much it is believed before any evidence, within and beyond the runs."""

    model: TrendedProcess
    inside: float
    beyond: float


MEMBERS = (
    Member(TrendedProcess(Trend.SCALE_OUT), 8.0, 9.0),
    Member(TrendedProcess(Trend.SCALE_OUT_POWERS), 3.0, 3.0),
    Member(TrendedProcess(Trend.LOG_LINEAR), 0.6, 0.0),  # never saturates, so it must not speak beyond the runs
)


_BOOSTED = 9.0
"""How much trees are believed before any evidence, within the runs."""
_MANY = 60
"""Trees need so many runs to be worth a check."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How evidence about one kind of point turns into weights and widths.

    `power`: how decisively errors turn belief. `half`: the number of checks at which the evidence counts half. `factor`: by how
    much errors exceed the members' own spread where there is no evidence; it counts as `worth` checks. Beyond the runs two checks
    count as one (`share`), because whole ends of an axis are left out at a time.
    """

    power: float
    half: float
    factor: float
    worth: float
    share: float


_INSIDE = Judgement(power=4.0, half=10.0, factor=1.3, worth=20.0, share=1.0)
_BEYOND = Judgement(power=14.0, half=10.0, factor=2.4, worth=25.0, share=0.5)
_LEAST_ERROR = 0.02
_MOST_ERROR = 1.5
_MOST_SCORE = 4.0
_DISAGREEMENT = 0.5
"""How much of the members' disagreement, squared, is added to the spread."""
_REACH = 0.03
"""Spread per unit of logarithm beyond the runs, besides what the members say themselves."""
_UNSEEN_POWER = 0.7
"""The same in a column that never varied: its exponent is not known at all."""
_JITTER = 0.05
"""The least relative spread of a job's time."""
_TAILS = 5.0
"""Degrees of freedom of the errors' tails."""
_CALIBRATED_AT, _CALIBRATED = 0.9, 1.645
_MOST_RUNS = 300
"""More runs of a job teach hardly more, and would cost seconds to learn from."""


@dataclass(frozen=True)
class Blend:
    """The blend of `members`."""

    name: str = "default"
    members: tuple[Member, ...] = MEMBERS

    def fit(self, runs: Runs) -> FittedBlend:
        runs = runs.thinned(_MOST_RUNS)
        models = [member.model for member in self.members]
        fitted = tuple(model.fit(runs) for model in models)
        boosted = Boosted.on(fitted[0]) if len(runs) >= _MANY else None
        inside = interpolation(models, fitted, runs, boosted=boosted is not None) if len(runs) > 1 else None
        return FittedBlend(runs, self.members, fitted, boosted, inside, extrapolation(models, fitted, runs))


@dataclass(frozen=True, eq=False)
class FittedBlend:
    """See Blend."""

    runs: Runs
    members: tuple[Member, ...]
    fitted: tuple[FittedProcess, ...]
    boosted: Boosted | None
    inside: Checks | None
    beyond: dict[int, Checks]

    def predict(self, points: Floats, confidence: float = 0.9) -> Predictions:
        middle, spread = self.log_seconds(points)
        tails = student.ppf((1 + confidence) / 2, _TAILS) / student.ppf((1 + _CALIBRATED_AT) / 2, _TAILS)
        half = _CALIBRATED * float(tails) * spread
        beyond = np.asarray(beyond_columns(self.runs, points).any(axis=1), dtype=np.bool_)
        return Predictions(np.exp(middle), np.exp(middle - half), np.exp(middle + half), beyond)

    def log_seconds(self, points: Floats) -> tuple[Floats, Floats]:
        """Mean and calibrated standard deviation of the logarithm of the seconds."""
        said = [one.log_seconds(points) for one in self.fitted] + [one.log_seconds(points) for one in self._trees()]
        middles, spreads = (np.array([one[number] for one in said]) for number in (0, 1))
        asked = Checks(middles, spreads, np.zeros(len(points)), reach(self.fitted[0].view, self.runs, points))
        middle, spread = np.zeros(len(points)), np.zeros(len(points))
        for rows, pattern in _alike(beyond_columns(self.runs, points)):
            weights, factor = self._judge(pattern)
            middle[rows], spread[rows] = _blended(weights, asked.only(rows))
            spread[rows] *= factor
        spread = np.where(was_run(self.runs, points), np.minimum(spread, self._repeats()), spread)
        return middle, np.hypot(spread, _UNSEEN_POWER * self._unseen(points))

    def _repeats(self) -> float:
        """How far a run differs from another one of the same: both of them by the noise that the job was seen to have."""
        noise = np.array([one.process.scales.noise for one in self.fitted])
        return float(np.sqrt(2 * np.average(noise**2, weights=[member.inside for member in self.members])))

    def law(self) -> str:
        return in_words(self.runs)

    def _judge(self, pattern: Mask) -> tuple[Floats, float]:
        """Weights of the members, and the factor of their spread, for points beyond the runs in the columns of `pattern`."""
        if pattern.any():
            evidence = [checks for number, checks in self.beyond.items() if pattern[number]]
            weights, factor = _judge(evidence, _BEYOND, np.array([member.beyond for member in self.members]))
            return np.append(weights, [0.0 for _ in self._trees()]), factor
        evidence = [self.inside] if self.inside is not None else []
        beliefs = [member.inside for member in self.members] + [_BOOSTED for _ in self._trees()]
        return _judge(evidence, _INSIDE, np.array(beliefs))

    def _trees(self) -> tuple[Boosted, ...]:
        return () if self.boosted is None else (self.boosted,)

    def _unseen(self, points: Floats) -> Floats:
        """How far points lie from the runs in columns that never varied."""
        constant = np.ptp(self.runs.points, axis=0) == 0
        return reach(self.fitted[0].view, self.runs, np.where(constant, points, self.runs.points[0]))


def _judge(evidence: Sequence[Checks], by: Judgement, beliefs: Floats) -> tuple[Floats, float]:
    if not evidence:
        return beliefs / beliefs.sum(), by.factor
    errors = np.concatenate([np.minimum(np.abs(one.middles - one.measured), _MOST_ERROR) for one in evidence], axis=1)
    count = errors.shape[1] * by.share
    weights = beliefs * (errors.mean(axis=1) + _LEAST_ERROR) ** (-by.power * count / (count + by.half))
    weights /= weights.sum()
    scores = np.concatenate([_scores(weights, one) for one in evidence])
    return weights, float(np.sqrt((by.worth * by.factor**2 + count * np.mean(scores**2)) / (by.worth + count)))


def _scores(weights: Floats, checks: Checks) -> Floats:
    middle, spread = _blended(weights, checks)
    return np.minimum(np.abs(checks.measured - middle) / spread, _MOST_SCORE)


def _blended(weights: Floats, said: Checks) -> tuple[Floats, Floats]:
    """Mean and spread, before calibration, of what the members say."""
    middle = weights @ said.middles
    own = weights @ said.spreads**2
    between = _DISAGREEMENT * (weights @ (said.middles - middle) ** 2)
    return middle, np.sqrt(own + between + (_REACH * said.reach) ** 2 + _JITTER**2)


def _alike(beyond: Mask) -> Iterator[tuple[Mask, Mask]]:
    """Points that lie beyond the runs in the same columns: (which points, which columns)."""
    patterns, which = np.unique(beyond, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        yield which.ravel() == number, pattern
