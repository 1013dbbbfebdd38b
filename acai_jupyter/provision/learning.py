"""From jobs to models: what a profile's trials, and other jobs of its template, teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.jobs import Job, Reason, Status
from acai_jupyter.domain.profiles import ProfileTrial
from acai_jupyter.domain.templates import Template
from acai_jupyter.provision.paces import NOTHING, StepRule, Told, Values, values_of

if TYPE_CHECKING:
    from acai_jupyter.provision.models.memory import MemoryRun
    from acai_jupyter.provision.models.paced import Paced
    from acai_jupyter.provision.models.runs import Column, Fitted, Floats, Runs

LOG_LINEAR: Final = "log-linear"
"""The paper's model; everything else is the blend."""
_MB: Final = 1024 * 1024
_ENOUGH_PACED: Final = 2 / 3
"""So many of the runs must have told their pace for it to be what predictions are made of."""
Known = tuple[Values, Job]
Measured = tuple[Values, Job, float]


@dataclass(frozen=True)
class Learnt:
    """A fitted model, the columns that it takes, what the runs tell of memory, and how many steps a job reports. `count` is how
    many runs there were."""

    fitted: Fitted
    columns: tuple[Column, ...]
    runs: Runs
    memory: tuple[MemoryRun, ...]
    rule: StepRule | None
    count: int


def columns_of(template: Template) -> tuple[Column, ...]:
    """A column for every hint, then CPUs and memory."""
    from acai_jupyter.provision.models.runs import Column, Role

    arguments = [Column(hint.name, Role.ARGUMENT) for hint in template.hints]
    return (*arguments, Column("cpu", Role.CPU), Column("memory", Role.MEMORY))


def learn(
    template: Template,
    made: Sequence[ProfileTrial],
    others: Sequence[Known] = (),
    model: str | None = None,
    told: Told = NOTHING,
) -> Learnt:
    """Fit `model` (by default the blend) on what FINISHED, trials and `others` (values and job) alike, and on what steps told of
    trials that did not run to their end.

    Raises InvalidRequest where nothing is known.
    """
    from acai_jupyter.provision.models.runs import Runs

    known = [(values_of(trial), trial.job) for trial in made]
    known += [other for other in others if other[1].id not in {job.id for _, job in known}]
    measured = measured_runs(known, told)
    columns = columns_of(template)
    runs = Runs(columns, *_columns(measured))
    fitted = _fitted(columns, runs, measured, model, told)
    return Learnt(fitted, columns, runs, tuple(_memory_runs(known)), told.rule, len(measured))


def _fitted(columns: tuple[Column, ...], runs: Runs, measured: Sequence[Measured], model: str | None, told: Told) -> Fitted:
    from acai_jupyter.provision.models.blend import Blend
    from acai_jupyter.provision.models.law import in_words
    from acai_jupyter.provision.models.log_linear import LogLinear
    from acai_jupyter.provision.models.paced import fit_pace
    from acai_jupyter.provision.models.runs import Runs

    if model == LOG_LINEAR:
        return LogLinear().fit(runs)
    paced = _paced(columns, measured, told)
    if paced is None:
        return Blend().fit(runs)
    said = in_words(Runs(columns, *_columns([*measured, *_shorter(measured, told)])))
    return fit_pace(paced, Blend(), said)


def measured_runs(known: Sequence[Known], told: Told = NOTHING) -> list[Measured]:
    """The seconds of what FINISHED, and of what was stopped early, as its steps told."""
    found = []
    for values, job in known:
        if job.status is Status.FINISHED and job.runtime:
            found.append((values, job, job.runtime / SECOND))
        elif job.status is Status.KILLED and (whole := told.whole(values, job)) is not None:
            found.append((values, job, whole[0]))
    return found


def _paced(columns: tuple[Column, ...], measured: Sequence[Measured], told: Told) -> Paced | None:
    """The runs that told their pace, None where they are too few of all."""
    import numpy as np

    from acai_jupyter.provision.models.paced import Paced
    from acai_jupyter.provision.models.runs import Runs

    rule = told.rule
    with_pace = [(row, told.paces[row[1].id]) for row in measured if row[1].id in told.paces]
    if rule is None or rule.hint is None or len(with_pace) < _ENOUGH_PACED * len(measured):
        return None
    hint, factor, offset = rule.hint, rule.factor, rule.offset
    return Paced(
        Runs(columns, *_columns([row for row, _ in with_pace])),
        np.array([seen.start_up for _, seen in with_pace]),
        np.array([seen.per_step for _, seen in with_pace]),
        hint,
        lambda points: factor * points[:, hint] + offset,
    )


def _shorter(measured: Sequence[Measured], told: Told) -> list[Measured]:
    """Runs of half as many steps: what a run's own steps tell of start-up and slope, which its total time alone hides."""
    rule, found = told.rule, []
    if rule is None or rule.hint is None:
        return []
    for values, job, seconds in measured:
        seen = told.paces.get(job.id)
        half = tuple(value / 2 if place == rule.hint else value for place, value in enumerate(values))
        if seen is not None and rule.steps(half) > 0:
            less = seconds - seen.per_step * (rule.steps(values) - rule.steps(half))
            if less > 0:
                found.append((half, job, less))
    return found


def _columns(rows: Sequence[Measured]) -> tuple[Floats, Floats]:
    import numpy as np

    points = [[*values, job.spec.resources.cpu, job.spec.resources.memory_mb] for values, job, _ in rows]
    return np.array(points, dtype=np.float64), np.array([seconds for _, _, seconds in rows], dtype=np.float64)


def _memory_runs(known: Sequence[Known]) -> list[MemoryRun]:
    """What ran tells of memory: its peak, where it was measured (as far as it came, where it was stopped before its end), or that
    its limit was too little."""
    from acai_jupyter.provision.models.memory import MemoryRun

    found = []
    for values, job in known:
        killed = job.outcome is not None and job.outcome.reason is Reason.OUT_OF_MEMORY
        cut = job.status is Status.KILLED
        if killed or cut or job.status is Status.FINISHED:
            peak = None if killed or job.used.peak_memory is None else job.used.peak_memory / _MB
            found.append(MemoryRun(values, job.spec.resources.memory_mb, peak or None, killed, cut))
    return found
