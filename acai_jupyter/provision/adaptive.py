"""Adaptive profiling: the next trial is the one that teaches most for its price, until the trials or the dollars are used up."""

from __future__ import annotations

from collections.abc import Sequence

from acai_jupyter.domain.jobs import Reason
from acai_jupyter.domain.pricing import MICRODOLLARS, PriceTable, hourly_price
from acai_jupyter.domain.profiles import Profile, ProfileTrial
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.templates import Template, Trial
from acai_jupyter.provision.paces import NOTHING, Told, values_of


def choose_trial(
    profile: Profile, template: Template, made: Sequence[ProfileTrial], prices: PriceTable, told: Told = NOTHING
) -> Trial | None:
    """The trial to run next, None where the profile has enough: its trials or its dollars are used up, or nothing is left."""
    new = profile.new
    if new.max_trials is not None and len(made) >= new.max_trials:
        return None
    tried = {trial.trial for trial in made}
    left = [trial for trial in new.grid if trial not in tried and not _too_small(trial, made)]
    if not left:
        return None
    dollars_left = None
    if new.max_cost is not None and made:
        dollars_left = (new.max_cost - sum(trial.job.cost or 0 for trial in made)) / MICRODOLLARS
        if dollars_left < 0:
            return None
    number = _next(template, left, new.grid, made, prices, told, dollars_left)
    return None if number is None else left[number]


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


def _too_small(trial: Trial, made: Sequence[ProfileTrial]) -> bool:
    """Whether a trial that is no larger was killed for want of at least as much memory."""
    asked = [float(text) for text in trial.values]
    for other in made:
        starved = other.job.outcome is not None and other.job.outcome.reason is Reason.OUT_OF_MEMORY
        smaller = all(float(text) <= value for text, value in zip(other.trial.values, asked, strict=True))
        if starved and smaller and other.trial.memory_mb >= trial.memory_mb:
            return True
    return False


def _point(trial: Trial) -> list[float]:
    return [*(float(text) for text in trial.values), trial.cpu, float(trial.memory_mb)]


def _hourly(trial: Trial, prices: PriceTable) -> float:
    return hourly_price(Resources(trial.cpu, trial.memory_mb), prices)
