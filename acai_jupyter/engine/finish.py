"""Finishing a job: one transaction takes its output into the lake, makes its edge and ends it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import AcaiError, JobEnded, Unavailable, UploadNotFound
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.jobs import Job, Outcome, Phases, Progress, Reason, Sample, Status, Used
from acai_jupyter.domain.pricing import hourly_price, microdollars
from acai_jupyter.domain.provenance import ActionKind
from acai_jupyter.domain.uploads import Purpose, UploadSession, UploadState
from acai_jupyter.engine.logs import take_last_line
from acai_jupyter.lake.commit import commit_output, commit_snapshot
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_NOT_ITS: Final = "The agent's report names an upload that is not this job's."


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended, by its agent or by what the launcher saw. The uploads are sealed sessions of this attempt."""

    outcome: Outcome
    phases: Phases = field(default_factory=Phases)
    used: Used = field(default_factory=Used)
    output_upload: UUID | None = None
    kept_upload: UUID | None = None


def finish(store: Store, job: Job, ending: Ending) -> Job:
    """End a job. Where what it wrote can't be taken, a job that would be FINISHED is FAILED, and any says why; an output that can
    be no version is kept with the job then, if that works.

    Raises JobEnded where it has ended already, Unavailable where it must be tried again.
    """
    try:
        return _finish(store, job, ending)
    except (JobEnded, Unavailable):
        raise
    except AcaiError as error:
        failed = Ending(_without_files(ending.outcome, error), ending.phases, ending.used)
    if ending.outcome.status is Status.FINISHED and ending.output_upload is not None:
        try:
            return _finish(store, job, replace(failed, outcome=_with_kept(failed.outcome), kept_upload=ending.output_upload))
        except (JobEnded, Unavailable):
            raise
        except AcaiError:
            pass  # told already: it is the same bytes that are not there
    return _finish(store, job, failed)


def _with_kept(outcome: Outcome) -> Outcome:
    return replace(outcome, detail=f"{outcome.detail} What the job wrote is kept with it.")


def _without_files(outcome: Outcome, error: AcaiError) -> Outcome:
    if outcome.status is Status.FINISHED:
        return Outcome(Status.FAILED, Reason.OUTPUT, error.message, outcome.exit_code)
    said = f"The output folder could not be kept: {error.message}"
    return replace(outcome, detail=f"{outcome.detail} {said}" if outcome.detail else said)


def _finish(store: Store, job: Job, ending: Ending) -> Job:
    with store.begin() as unit:
        unit.lock_project(job.project_id)
        return finish_in(unit, job, ending)


def finish_in(unit: UnitOfWork, job: Job, ending: Ending) -> Job:
    """End a job, as a part of what `unit` does, which has locked the project. Raises JobEnded, and any AcaiError where what it
    wrote can't be taken."""
    take_last_line(unit, job)
    _tell_late(unit, job, ending)
    output = _take_output(unit, job, ending)
    kept = _take_kept(unit, job, ending)
    ended = unit.jobs.move(job, ending.outcome.status, outcome=ending.outcome)
    runtime = _runtime(unit, ended, ending.phases)
    cost = None if runtime is None else _cost(ended, runtime)
    used = ending.used
    if used.peak_memory is None:  # its agent died: what it had told until then is known
        used = replace(used, peak_memory=unit.samples.peak_memory(job))
    ended = unit.jobs.set_result(ended, phases=ending.phases, used=used, runtime=runtime, cost=cost, output=output, kept=kept)
    unit.logs.finish(ended)
    unit.access.revoke_job_tokens(job.project_id, job.id, unit.now())
    unit.events.append(job.project_id, EventKind.JOB_ENDED, **job_ids(job))
    return ended


def _tell_late(unit: UnitOfWork, job: Job, ending: Ending) -> None:
    """A job that was over before its agent's first heartbeat has told all in its report: where it was when, and what it used."""
    command_time, used = ending.phases.command_time, ending.used
    if command_time is None or job.running_at is None or job.progress is not Progress.DOWNLOADING:
        return
    began = job.running_at + int((ending.phases.download_time or 0.0) * SECOND)
    now = unit.now()
    reached = {Progress.RUNNING: began, Progress.UPLOADING: began + int(command_time * SECOND)}
    unit.jobs.add_progress(job, {progress: min(at, now) for progress, at in reached.items()})
    if used.cpu_time is not None:
        throttled = used.throttled_time or 0.0
        sums = (used.cpu_time, used.peak_memory or 0, used.read_bytes or 0, used.written_bytes or 0, throttled)
        unit.samples.add(job, [Sample(job.attempt, 0, command_time, *sums)])


def _take_output(unit: UnitOfWork, job: Job, ending: Ending) -> UUID | None:
    """The output becomes a version with its edge only where the job FINISHED."""
    if ending.outcome.status is not Status.FINISHED or ending.output_upload is None or job.spec.output_name is None:
        return None
    session = _session(unit, job, ending.output_upload)
    if session.purpose is not Purpose.OUTPUT:
        raise UploadNotFound(_NOT_ITS)
    version = commit_output(unit, session, job.spec.output_name, job.id)
    sources = [] if job.spec.input_id is None else [job.spec.input_id]
    unit.provenance.add(job.project_id, ActionKind.JOB, job.user_id, sources, [version.id], job.id)
    unit.metadata.copy_staged(job.project_id, job.id, version.id)
    return version.id


def _take_kept(unit: UnitOfWork, job: Job, ending: Ending) -> UUID | None:
    if ending.kept_upload is None:
        return None
    session = _session(unit, job, ending.kept_upload)
    folder = (job.spec.output_path or "/") if session.purpose is Purpose.OUTPUT else ""
    return commit_snapshot(unit, session, folder).id


def _session(unit: UnitOfWork, job: Job, upload_id: UUID) -> UploadSession:
    session = unit.uploads.get(job.project_id, upload_id, lock=True)
    if session is None or (session.job_id, session.attempt) != (job.id, job.attempt):
        raise UploadNotFound(_NOT_ITS)
    session.require(UploadState.SEALED)
    return session


def _runtime(unit: UnitOfWork, job: Job, phases: Phases) -> int | None:
    """Microseconds in RUNNING as the agent measured them, or, where it died over that, until it was heard last: time without a
    server is nobody's cost."""
    if job.running_at is None:
        return None
    parts = [part for part in (phases.download_time, phases.command_time, phases.upload_time) if part is not None]
    if parts:
        return int(sum(parts) * SECOND)
    heard = max((rank.lost_at or rank.heartbeat_at or 0 for rank in unit.jobs.ranks(job)), default=0)
    return max(heard - job.running_at, 0)


def _cost(job: Job, runtime: int) -> int:
    """Micro-dollars, of the timeout at most: that is what a budget has set aside for the job."""
    charged = runtime if job.spec.timeout is None else min(runtime, job.spec.timeout)
    return microdollars(hourly_price(job.spec.resources, job.spec.prices) * charged / SECOND / 3600)
