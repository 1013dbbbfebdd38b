"""From jobs to models: what a profile's trials, and other jobs of its template, teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.jobs import Job, Reason, Status
from acai_jupyter.domain.profiles import Profile, ProfileTrial
from acai_jupyter.domain.templates import Template

if TYPE_CHECKING:
    from acai_jupyter.provision.models.memory import MemoryRun
    from acai_jupyter.provision.models.runs import Column, Fitted, Runs

LOG_LINEAR = "log-linear"
"""The paper's model; everything else is the blend."""


@dataclass(frozen=True)
class Learnt:
    """A fitted model, the columns that it takes, and what the runs tell of memory."""

    fitted: Fitted
    columns: tuple[Column, ...]
    runs: Runs
    memory: tuple[MemoryRun, ...]


def columns_of(template: Template) -> tuple[Column, ...]:
    """A column for every hint, then CPUs and memory."""
    from acai_jupyter.provision.models.runs import Column, Role

    arguments = [Column(hint.name, Role.ARGUMENT) for hint in template.hints]
    return (*arguments, Column("cpu", Role.CPU), Column("memory", Role.MEMORY))


def learn(
    profile: Profile,
    template: Template,
    made: Sequence[ProfileTrial],
    others: Sequence[tuple[tuple[float, ...], Job]] = (),
    model: str | None = None,
) -> Learnt:
    """Fit `model` (by default the blend) on what FINISHED, trials and `others` (values and job) alike.

    Raises InvalidRequest where nothing finished.
    """
    from acai_jupyter.provision.models.blend import Blend
    from acai_jupyter.provision.models.log_linear import LogLinear

    known = [(tuple(float(text) for text in trial.trial.values), trial.job) for trial in made]
    known += [other for other in others if other[1].id not in {job.id for _, job in known}]
    runs = _runs(template, known)
    fitted = (LogLinear() if model == LOG_LINEAR else Blend()).fit(runs)
    return Learnt(fitted, runs.columns, runs, tuple(_memory_runs(known)))


def _runs(template: Template, known: Sequence[tuple[tuple[float, ...], Job]]) -> Runs:
    import numpy as np

    from acai_jupyter.provision.models.runs import Runs

    finished = [(values, job) for values, job in known if job.status is Status.FINISHED and job.runtime]
    points = [[*values, job.spec.resources.cpu, job.spec.resources.memory_mb] for values, job in finished]
    seconds = [(job.runtime or 0) / SECOND for _, job in finished]
    return Runs(columns_of(template), np.array(points, dtype=np.float64), np.array(seconds, dtype=np.float64))


def _memory_runs(known: Sequence[tuple[tuple[float, ...], Job]]) -> list[MemoryRun]:
    from acai_jupyter.provision.models.memory import MemoryRun

    found = []
    for values, job in known:
        killed = job.outcome is not None and job.outcome.reason is Reason.OUT_OF_MEMORY
        if killed or job.status is Status.FINISHED:
            found.append(MemoryRun(values, job.spec.resources.memory_mb, None, killed))
    return found
