"""The job monitor (paper 4.2): what agents say, and what becomes of those that say nothing."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from acai_jupyter.domain.access import JobScope, Principal, Right
from acai_jupyter.domain.errors import AcaiError, AgentSuperseded, Forbidden, InvalidRequest, JobEnded, Unavailable
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.jobs import Job, Outcome, Progress, Rank, Sample, Status
from acai_jupyter.domain.submissions import Report
from acai_jupyter.engine.cleaning import Cleaner
from acai_jupyter.engine.dispatch import Dispatch
from acai_jupyter.engine.endings import DIED, lost_ending, readable_report, told_ending
from acai_jupyter.engine.finish import finish, finish_in
from acai_jupyter.engine.patience import UNSPOKEN, HangPatience, KillPatience
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.ports.launcher import Launcher, Observation, Sign
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_LOG: Final = logging.getLogger(__name__)
_SAMPLE_NUMBERS: Final = 7
_MOST_NUMBER: Final = 2.0**53


class Monitor:
    """Follows active jobs. Nothing here depends on a message arriving: `check` finds every silent death. `tried_again` counts the
    attempts that others have to follow: they wait to be launched, and no event tells so."""

    def __init__(
        self,
        store: Store,
        launcher: Launcher,
        settings: EngineSettings,
        dispatch: Dispatch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._launcher = launcher
        self._settings = settings
        self._dispatch = dispatch
        self._patience = KillPatience(settings, clock)
        self._hanging = HangPatience(settings, clock)
        self._cleaner = Cleaner(store, launcher, clock)
        self.tried_again = 0

    def claim(self, principal: Principal, instance: UUID) -> Job:
        """An agent asks for its job. The first instance gets it, once per attempt and rank; the job is RUNNING then.

        Raises AgentSuperseded for any other, Forbidden for who is no agent.
        """
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            job, scope = self._job(unit, principal)
            if job.kill_requested_at is not None and job.status is Status.LAUNCHING:
                ended = unit.jobs.move(job, Status.KILLED, outcome=Outcome(Status.KILLED, detail=job.kill_requested_by))
                unit.events.append(job.project_id, EventKind.JOB_ENDED, **job_ids(ended))
                return ended
            if not unit.jobs.claim(job, scope.rank, instance):
                raise AgentSuperseded("Another agent has this job: leave without running it.")
            if job.status is Status.LAUNCHING:
                job = unit.jobs.move(job, Status.RUNNING, progress=Progress.DOWNLOADING)
                unit.events.append(job.project_id, EventKind.JOB_CHANGED, **job_ids(job))
        return job

    def current(self, principal: Principal) -> Job:
        """The job of an agent that has claimed it. Raises AgentSuperseded, Forbidden."""
        with self._store.read() as unit:
            return self._job(unit, principal)[0]

    def heartbeat(
        self,
        principal: Principal,
        instance: UUID,
        progress: Progress | None,
        enforced: Mapping[str, str] | None = None,
        samples: Sequence[Sequence[float]] = (),
        salvages: bool = False,
        steps: int | None = None,
    ) -> bool:
        """An agent is alive, and where it is; returns whether it shall end the job. `enforced` tells, once it is known, by what
        the job's resources are held; `samples` are what it used, as the agent sends them. `steps` grow as long as its work goes
        on. One that `salvages` what another has left has no claim, and is only alive.

        Raises AgentSuperseded, Forbidden.
        """
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            job, scope = self._job(unit, principal)
            if salvages:
                unit.jobs.heartbeat(job, scope.rank, None if steps is None else f"salvaging {steps}")
                return False
            self._require_instance(unit, job, scope, instance)
            unit.jobs.heartbeat(job, scope.rank, None if steps is None else f"{progress or job.progress} {steps}")
            if samples:
                unit.samples.add(job, [_sample(job, told) for told in samples])
                unit.events.append(job.project_id, EventKind.JOB_SAMPLED, **job_ids(job))
            if enforced is not None and enforced != job.enforced:
                unit.jobs.set_enforced(job, enforced)
            if progress is not None and progress is not job.progress:
                unit.jobs.set_progress(job, progress)
                unit.events.append(job.project_id, EventKind.JOB_CHANGED, **job_ids(job))
        return job.kill_requested_at is not None

    def report(self, principal: Principal, instance: UUID, given: Mapping[str, Any], report: Report) -> Job:
        """An agent has ended; `given` is its report as it came. The job ends with the last rank's, in the same transaction.

        Raises AgentSuperseded, Forbidden.
        """
        try:
            with self._store.begin() as unit:
                job = self._take_report(unit, principal, instance, given, report)
                return finish_in(unit, job, told_ending(job, report)) if _all_reported(unit, job) else job
        except (JobEnded, Unavailable, AgentSuperseded, Forbidden):
            raise
        except AcaiError:  # what it wrote can't be taken: the report counts nevertheless
            with self._store.begin() as unit:
                job = self._take_report(unit, principal, instance, given, report)
        return self._end(job, report)

    def _take_report(
        self, unit: UnitOfWork, principal: Principal, instance: UUID, given: Mapping[str, Any], report: Report
    ) -> Job:
        unit.lock_project(principal.project_id)
        job, scope = self._job(unit, principal)
        self._require_instance(unit, job, scope, instance)
        unit.jobs.report(job, scope.rank, json.dumps(given))
        if report.enforced is not None and job.enforced is None:
            job = unit.jobs.set_enforced(job, report.enforced)
        return job

    def check(self) -> int:
        """Look after every active job: deliver kills, end what died in silence, and clear away what ended jobs left; returns
        how many were looked at."""
        with self._store.read() as unit:
            active = unit.jobs.active()
            ranks = unit.jobs.active_ranks()
            now = unit.now()
        watched = [(job, rank, rank.handle) for job in active for rank in ranks.get(job.id, ()) if rank.handle is not None]
        handles = [handle for _, _, handle in watched]
        self._patience.begin_tick(handles)
        self._hanging.begin_tick(handles)
        for (job, rank, handle), observation in zip(watched, self._launcher.poll(handles), strict=True):
            try:
                self._look(job, rank, handle, observation, now)
            except AcaiError as error:
                _LOG.warning("Job %s can't be looked after at the moment: %s", job.number, error.message)
            except Exception:  # what is wrong with one job is no harm to the others
                _LOG.exception("Job %s can't be looked after.", job.number)
        self._cleaner.run()
        return len(watched)

    def _look(self, job: Job, rank: Rank, handle: str, seen: Observation, now: int) -> None:
        if seen.sign is Sign.ALIVE:
            if job.kill_requested_at is not None:
                self._launcher.kill(handle, force=self._patience.is_over(job, rank, handle))
            elif (why := self._hanging.why_over(job, rank, handle, now)) is not None:
                self._end_hung(job, handle, why)
            elif self._hanging.never_spoke(job, rank, handle):
                self._end_unspoken(job, handle)
            return
        report = readable_report(seen.report) or readable_report(self._stored_report(job, rank))
        if report is not None:
            self._end(job, report)
        elif rank.claimed_at is None and job.kill_requested_at is None and job.attempt < self._settings.attempts:
            self._try_again(job, f"attempt {job.attempt} ended before its agent spoke")
        elif rank.claimed_at is None or not self._dispatch.salvage(job, handle, seen.detail or DIED):
            self._end(job, None, seen)

    def _end_hung(self, job: Job, handle: str, why: str) -> None:
        """End an agent that will never end its job, with the job, and have brought home what that had written."""
        self._launcher.kill(handle, force=True)
        if not self._dispatch.salvage(job, handle, why):
            self._end(job, None, Observation(Sign.GONE, detail=why))

    def _end_unspoken(self, job: Job, handle: str) -> None:
        """Try again without an agent that lives and never claimed its job. First it loses its right, so that it can't begin any
        more when it wakes up; its process ends with what its attempt left."""
        if job.attempt < self._settings.attempts:
            self._try_again(job, f"attempt {job.attempt} did not speak")
            return
        try:
            finish(self._store, job, lost_ending(job, Observation(Sign.GONE, detail=UNSPOKEN)))
        except JobEnded:
            return  # it spoke up after all, or another server was first
        self._launcher.kill(handle, force=True)

    def _stored_report(self, job: Job, rank: Rank) -> str | None:
        """What the agent had delivered before a server died over it."""
        if rank.reported_at is None:
            return None
        with self._store.read() as unit:
            return unit.jobs.reports(job)[0]

    def _try_again(self, job: Job, why: str) -> None:
        """The next attempt; an agent of this one that speaks up after all is turned away."""
        with self._store.begin() as unit:
            unit.lock_project(job.project_id)
            try:
                unit.jobs.move(job, Status.LAUNCHING, attempt=job.attempt + 1, why=why)
            except JobEnded:
                return  # it spoke up, or another server was first
            unit.access.revoke_job_tokens(job.project_id, job.id, unit.now())
            unit.events.append(job.project_id, EventKind.JOB_CHANGED, **job_ids(job))
        self.tried_again += 1

    def _end(self, job: Job, report: Report | None, seen: Observation | None = None) -> Job:
        ending = lost_ending(job, seen) if report is None else told_ending(job, report)
        try:
            return finish(self._store, job, ending)
        except JobEnded:
            return job  # by another way meanwhile

    @staticmethod
    def _job(unit: UnitOfWork, principal: Principal) -> tuple[Job, JobScope]:
        principal.require(Right.SUPERVISE)
        scope = principal.job
        if scope is None:
            raise Forbidden("This token belongs to no job.")
        job = unit.jobs.get(principal.project_id, scope.job_id, lock=True)
        if job is None or job.ended or job.attempt != scope.attempt:
            raise AgentSuperseded("This job needs this agent no longer: leave.")
        return job, scope

    @staticmethod
    def _require_instance(unit: UnitOfWork, job: Job, scope: JobScope, instance: UUID) -> None:
        owner = next((rank.instance for rank in unit.jobs.ranks(job) if rank.rank == scope.rank), None)
        if owner != instance:
            raise AgentSuperseded("Another agent has this job: leave.")


def _all_reported(unit: UnitOfWork, job: Job) -> bool:
    return all(rank.reported_at is not None for rank in unit.jobs.ranks(job))


def _sample(job: Job, told: Sequence[float]) -> Sample:
    """Raises InvalidRequest for what can't be one."""
    if len(told) != _SAMPLE_NUMBERS or not all(0 <= number < _MOST_NUMBER for number in told):
        raise InvalidRequest(
            "A sample is a position, seconds, CPU seconds, bytes of memory, read and written, throttled seconds."
        )
    position, elapsed, cpu_time, memory, read, written, throttled = told
    return Sample(job.attempt, int(position), elapsed, cpu_time, int(memory), int(read), int(written), throttled)
