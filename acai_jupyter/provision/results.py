"""How a profile ends, and why."""

from __future__ import annotations

from collections.abc import Sequence

from acai_jupyter.domain.budgets import dollars_text
from acai_jupyter.domain.jobs import Reason, Status
from acai_jupyter.domain.profiles import Profile, ProfileStatus, ProfileTrial
from acai_jupyter.domain.templates import Template
from acai_jupyter.provision.learning import learn, measured_runs
from acai_jupyter.provision.paces import Told, values_of

End = tuple[ProfileStatus, str | None, str | None]


def result_of(profile: Profile, template: Template, made: Sequence[ProfileTrial], progress: Told, why: str | None = None) -> End:
    """How a profile ends: (status, law, why it failed, or `why` it ended early)."""
    if not measured_runs([(values_of(trial), trial.job) for trial in made], progress):
        return ProfileStatus.FAILED, None, f"none of {len(made)} trials finished: {why or _why_none(profile, made)}"
    return ProfileStatus.FITTED, learn(template, made, told=progress).fitted.law(), why


def _why_none(profile: Profile, made: Sequence[ProfileTrial]) -> str:
    budget = profile.new.max_cost
    failed = [trial.job for trial in made if trial.job.status is Status.FAILED]
    out_of_time = [job for job in failed if job.outcome is not None and job.outcome.reason is Reason.TIMEOUT]
    if budget is not None and profile.new.submission.timeout is None and failed == out_of_time != []:
        return f"each was ended where the budget of {dollars_text(budget)} paid no more; give more, or smaller values"
    return f"acai job logs {(failed or [made[0].job])[0].number} may say why"
