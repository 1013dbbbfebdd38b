"""Adaptive profiling: the next trial is the one that teaches most for its price, until the trials or the dollars are used up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.budgets import most_cost
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.jobs import Reason
from acai_jupyter.domain.pricing import MICRODOLLARS, PriceTable, hourly_price, microdollars
from acai_jupyter.domain.profiles import NewProfile, ProfileRequest, ProfileTrial
from acai_jupyter.domain.resources import MOST_SECONDS, Resources, parse_duration
from acai_jupyter.domain.templates import Template, Trial
from acai_jupyter.provision.learning import measured_runs
from acai_jupyter.provision.paces import NOTHING, Told, Values, values_of

_LEAST_SECONDS: Final = 1.0
"""A trial that could be paid for less is not begun."""
_MOST_DOLLARS: Final = 1e9
_ENOUGH_FAILED: Final = 3
"""After so many failures, and nothing else, more of the same teaches nothing."""
_SPARE: Final = 0.1
"""At most this part of what can be paid is kept for a trial's end at its timeout."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What trials cost, and how many seconds one may take to end at its timeout (`kill_grace`)."""

    prices: PriceTable
    ending: float


@dataclass(frozen=True, slots=True)
class Following:
    """A trial to be run, and the timeout in seconds that its profile's budget sets, None without one."""

    trial: Trial
    timeout: float | None = None


def check_adaptive(wanted: ProfileRequest, grid: Sequence[Trial], prices: PriceTable) -> None:
    """Raises InvalidRequest for a number of trials, or a budget, with which there is nothing to begin."""
    if wanted.max_trials is not None and not 1 <= wanted.max_trials <= len(grid):
        raise InvalidRequest(f"trials={wanted.max_trials} can't be: this profile has 1 to {len(grid)} trials.")
    if wanted.max_cost is None:
        return
    if not 0 < wanted.max_cost <= _MOST_DOLLARS:  # NaN is not either
        raise InvalidRequest(f"budget={wanted.max_cost:g} can't be: give dollars above 0, and at most {_MOST_DOLLARS:g}.")
    cheapest = min(grid, key=lambda trial: _hourly(trial, prices))
    second = _hourly(cheapest, prices) / 3600
    if microdollars(wanted.max_cost) < second * _LEAST_SECONDS * MICRODOLLARS:
        size = Resources(cheapest.cpu, cheapest.memory_mb)
        raise InvalidRequest(
            f"budget={wanted.max_cost:g} pays no trial: one second of the cheapest ({size}) costs ${second:.7f}. Give more."
        )


def first_trials(new: NewProfile, template: Template, rates: Rates) -> list[Following]:
    """With what an adaptive profile begins. Raises InvalidRequest where that is nothing."""
    first = choose_trial(new, template, (), rates)
    if first is None:
        raise InvalidRequest("The budget pays no trial: not one second of the cheapest. Give more.")
    return [first]


def choose_trial(
    new: NewProfile, template: Template, made: Sequence[ProfileTrial], rates: Rates, told: Told = NOTHING
) -> Following | None:
    """The trial to run next, None where the profile has enough: its trials or its dollars are used up, nothing is left, or
    nothing but failures was seen."""
    if (new.max_trials is not None and len(made) >= new.max_trials) or _only_fails(made, told):
        return None
    tried, starved = {trial.trial for trial in made}, [_asked(trial.trial) for trial in made if _starved(trial)]
    money = None if new.max_cost is None else new.max_cost - sum(map(_spent_or_reserved, made))
    paid = {
        trial: _seconds_paid(trial, money, rates.prices)
        for trial in new.grid
        if trial not in tried and not _too_small(trial, starved)
    }
    left = [trial for trial, seconds in paid.items() if seconds >= _LEAST_SECONDS]
    if not left:
        return None
    dollars_left = None if money is None else money / MICRODOLLARS
    number = _next(template, left, new.grid, made, rates.prices, told, dollars_left)
    if number is None:
        return None
    return Following(left[number], _timeout(paid[left[number]], rates.ending, new.submission.timeout))


def _only_fails(made: Sequence[ProfileTrial], told: Told) -> bool:
    failed = [trial for trial in made if trial.job.ended and not _starved(trial)]
    return len(failed) >= _ENOUGH_FAILED and not measured_runs([(values_of(trial), trial.job) for trial in failed], told)


def _spent_or_reserved(trial: ProfileTrial) -> int:
    """Micro-dollars of a profile's budget that are not there for another trial."""
    return (trial.job.cost if trial.job.ended else most_cost(trial.job.spec)) or 0


def _seconds_paid(trial: Trial, money: int | None, prices: PriceTable) -> float:
    hourly = _hourly(trial, prices)
    return math.inf if money is None or hourly == 0 else money / MICRODOLLARS / hourly * 3600


def _timeout(paid: float, ending: float, own: str | float | None) -> float | None:
    """The timeout that keeps a trial, and its end, within what can be paid; None where its own one does, or nothing has to."""
    if math.isinf(paid):
        return None
    seconds = min(max(paid - ending, paid * (1 - _SPARE)), MOST_SECONDS)
    if own is not None and parse_duration(own) <= seconds:
        return None
    return math.floor(seconds * 1000) / 1000


def _next(
    template: Template,
    left: Sequence[Trial],
    grid: Sequence[Trial],
    made: Sequence[ProfileTrial],
    prices: PriceTable,
    told: Told,
    dollars_left: float | None,
) -> int | None:
    import numpy as np

    from acai_jupyter.provision.learning import columns_of, measured_runs
    from acai_jupyter.provision.models.next_trial import next_trial
    from acai_jupyter.provision.models.runs import Runs

    columns = columns_of(template)
    done = measured_runs([(values_of(trial), trial.job) for trial in made], told)
    runs = None
    if done:
        points = [[*values, job.spec.resources.cpu, float(job.spec.resources.memory_mb)] for values, job, _ in done]
        runs = Runs(columns, np.array(points), np.array([seconds for _, _, seconds in done]))
    found = next_trial(
        columns,
        np.array([_point(trial) for trial in left]),
        np.array([_hourly(trial, prices) for trial in left]),
        np.array([_point(trial) for trial in grid]),
        np.array([_hourly(trial, prices) for trial in grid]),
        runs,
        np.inf if dollars_left is None else dollars_left,
    )
    return None if found is None else found.number


def _starved(trial: ProfileTrial) -> bool:
    return trial.job.outcome is not None and trial.job.outcome.reason is Reason.OUT_OF_MEMORY


def _asked(trial: Trial) -> tuple[Values, int]:
    return tuple(float(text) for text in trial.values), trial.memory_mb


def _too_small(trial: Trial, starved: Sequence[tuple[Values, int]]) -> bool:
    """Whether a trial that is no larger was killed for want of at least as much memory."""
    if not starved:
        return False
    values, memory_mb = _asked(trial)
    return any(
        had >= memory_mb and all(one <= other for one, other in zip(smaller, values, strict=True)) for smaller, had in starved
    )


def _point(trial: Trial) -> list[float]:
    return [*(float(text) for text in trial.values), trial.cpu, float(trial.memory_mb)]


def _hourly(trial: Trial, prices: PriceTable) -> float:
    return hourly_price(Resources(trial.cpu, trial.memory_mb), prices)
