"""The job registry (paper 4.2): submissions are checked, pinned and kept here."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import JobEnded, JobNotEnded, SnapshotNotFound
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.ids import Kind, read, write
from acai_jupyter.domain.jobs import Job, JobSpec, Sample, Status, Transition
from acai_jupyter.domain.origins import environment_record
from acai_jupyter.domain.references import check_fileset_name, parse_fileset
from acai_jupyter.domain.resources import Resources, on_grid, parse_duration, parse_memory
from acai_jupyter.domain.submissions import Chosen, JobDetails, Submission
from acai_jupyter.engine.budgets import check_budget
from acai_jupyter.engine.kills import kill_job
from acai_jupyter.engine.lookup import find_job
from acai_jupyter.engine.placement import check_size
from acai_jupyter.engine.predecessors import copy_arguments, jobs_before, retried, source_job
from acai_jupyter.engine.repeated_calls import request_digest
from acai_jupyter.engine.secrets import require_secrets
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.engine.submission_checks import check_command, check_texts, output_path
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.launcher import Capacity
from acai_jupyter.ports.store.unit import Store, UnitOfWork


class Registry:
    """Keeps jobs. `images_used` says whether the launcher runs jobs in container images, `capacity` what it can hold."""

    def __init__(self, store: Store, settings: EngineSettings, images_used: bool, capacity: Callable[[], Capacity]) -> None:
        self._store = store
        self._capacity = capacity
        self._settings = settings
        self._images_used = images_used

    def submit(
        self,
        principal: Principal,
        wanted: Submission,
        key: str | None = None,
        chosen: Chosen | None = None,
    ) -> JobDetails:
        """A QUEUED job with everything pinned. `key` makes a repeated call return the first one's job; `chosen` tells how its
        resources were found.

        Raises EmptyCommand, ResourcesOutOfBounds, InvalidRequest, InvalidName, InvalidReference, FilesetNotFound,
        SnapshotNotFound, SecretNotFound, BudgetExceeded, TimeoutRequired, Forbidden.
        """
        principal.require(Right.WRITE)
        spec, notes = self.check(wanted)
        asked = json.dumps(asdict(wanted), sort_keys=True)
        if chosen is not None:
            spec, notes, asked = replace(spec, bound=chosen.bound), [chosen.note, *notes], chosen.asked

        def add(unit: UnitOfWork) -> Job:
            pinned = self.pin(unit, principal, spec, wanted)
            return _add(unit, principal, pinned, notes, jobs_before(unit, principal.project_id, wanted))

        return self._once(principal, key, asked, add)

    def add(self, unit: UnitOfWork, principal: Principal, wanted: Submission) -> Job:
        """`submit`, as a part of what `unit` does, which has locked the project. Raises what `submit` does."""
        principal.require(Right.WRITE)
        spec, notes = self.check(wanted)
        after = jobs_before(unit, principal.project_id, wanted)
        return _add(unit, principal, self.pin(unit, principal, spec, wanted), notes, after)

    def retry(self, principal: Principal, reference: str, key: str | None = None) -> JobDetails:
        """A new job with the same pins, whose output folder begins with what the ended one left there. `key` makes a
        repeated call return the first one's job.

        Raises JobNotFound, JobNotEnded, ResourcesOutOfBounds, SecretNotFound, BudgetExceeded, TimeoutRequired, Forbidden.
        """
        principal.require(Right.WRITE)

        def add(unit: UnitOfWork) -> Job:
            job = self._find(unit, principal, reference)
            if not job.ended:
                raise JobNotEnded(f"Job {job.number} is {job.status}: wait for its end, or kill it, before you retry it.")
            self.check_room(job.spec.resources)
            require_secrets(unit, principal, job.spec.secrets)
            again = retried(unit, job)
            new = _add(unit, principal, again.spec, [], again.after)
            copy_arguments(unit, principal.project_id, {job.id: new.id})
            return new

        return self._once(principal, key, f"retry {reference}", add)

    def _once(self, principal: Principal, key: str | None, asked: str, add: Callable[[UnitOfWork], Job]) -> JobDetails:
        """Add a job, unless the call with this key has added it before."""
        digest = request_digest(asked)
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            first = key and unit.idempotency.answer(principal.project_id, principal.user_id, key, digest)
            if first:
                return _details(unit, self._find(unit, principal, first))
            job = add(unit)
            if key:
                unit.idempotency.keep(principal.project_id, principal.user_id, key, digest, write(Kind.JOB, job.id))
            return _details(unit, job)

    def get(self, principal: Principal, reference: str) -> JobDetails:
        """A job by its number or id. Raises JobNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return _details(unit, self._find(unit, principal, reference))

    def page(
        self, principal: Principal, statuses: Sequence[Status], before: int | None, limit: int, grids: bool = True
    ) -> list[Job]:
        """Jobs of the project, newest first, from the first below the number `before`; without `grids` those left out that are
        rows of one."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.jobs.page(principal.project_id, statuses, before, limit, grids)

    def environment(self, principal: Principal, reference: str) -> dict[str, Any] | None:
        """What the job was submitted with: interpreter, platform, packages. None where that is not known. Raises JobNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            job = self._find(unit, principal, reference)
            digest = job.spec.environment
            content = None if digest is None else unit.environments.get(principal.project_id, digest)
        return None if content is None else dict(json.loads(content))

    def history(self, principal: Principal, reference: str) -> list[Transition]:
        """Every state that a job was in. Raises JobNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.jobs.history(self._find(unit, principal, reference))

    def usage(self, principal: Principal, reference: str, after: tuple[int, int] | None, limit: int) -> list[Sample]:
        """What the job used over time, from the first sample after (attempt, position). Raises JobNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.samples.page(principal.project_id, self._find(unit, principal, reference).id, after, limit)

    def kill(self, principal: Principal, reference: str) -> JobDetails:
        """End a job. One that waits is KILLED at once, one that runs as soon as its agent has ended it.

        Raises JobNotFound, JobEnded, Forbidden.
        """
        principal.require(Right.WRITE)
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            job = self._find(unit, principal, reference)
            if job.ended:
                raise JobEnded(f"Job {job.number} has ended already: it is {job.status}.")
            return _details(unit, kill_job(unit, principal, job))

    def unended(self) -> int:
        """How many jobs of all projects have not ended."""
        with self._store.read() as unit:
            return unit.jobs.count_unended()

    def check(self, wanted: Submission) -> tuple[JobSpec, list[str]]:
        """What a submission asks for, as far as it can be checked without looking into the store, and what is to be said of it.

        Raises EmptyCommand, ResourcesOutOfBounds, InvalidRequest, InvalidName, InvalidReference.
        """
        check_command(wanted.command)
        check_texts(wanted)
        default = self._settings.default_resources
        memory_mb = default.memory_mb if wanted.memory is None else parse_memory(wanted.memory)
        resources = Resources(default.cpu if wanted.cpu is None else wanted.cpu, memory_mb, wanted.gpu)
        rounded = on_grid(resources, self._settings.bounds)
        self.check_room(rounded.resources)
        notes = [*rounded.said, *self._said_of_place(rounded.resources)]
        if wanted.image and not self._images_used:
            notes.append(f"image {wanted.image} is not used: jobs run as local processes here")
        spec = JobSpec(
            command=wanted.command,
            resources=rounded.resources,
            prices=self._settings.prices,
            name=wanted.name,
            output_name=wanted.output and check_fileset_name(wanted.output),
            output_path=output_path(wanted),
            image=wanted.image,
            python=wanted.python,
            requirements=wanted.requirements,
            env=tuple(sorted(wanted.env.items())),
            timeout=None if wanted.timeout is None else int(parse_duration(wanted.timeout) * SECOND),
            priority=wanted.priority,
            git=wanted.git,
            secrets=tuple(dict.fromkeys(wanted.secrets)),
        )
        return spec, notes

    def check_room(self, resources: Resources) -> None:
        """Whether jobs of this size can still run here. Raises ResourcesOutOfBounds."""
        check_size(resources, self._capacity())

    def _said_of_place(self, resources: Resources) -> list[str]:
        """What a user should know about where a job of this size runs."""
        if not self._capacity().whole_cpus or resources.cpu == math.ceil(resources.cpu):
            return []
        return [f"cpu={resources.cpu:g} is held to {math.ceil(resources.cpu)}: this machine can only give whole CPUs"]

    @staticmethod
    def pin(unit: UnitOfWork, principal: Principal, spec: JobSpec, wanted: Submission) -> JobSpec:
        """The versions that a submission's references mean now.

        Raises FilesetNotFound, SnapshotNotFound, SecretNotFound, JobNotFound, InvalidReference, InvalidRequest.
        """
        require_secrets(unit, principal, spec.secrets)
        resolver = Resolver(unit, principal.project_id)
        if wanted.input_job is not None:
            source = source_job(unit, principal.project_id, wanted.input_job)
            spec = replace(spec, input_job_id=source.id)
        if wanted.input is not None:
            spec = replace(spec, input_id=resolver.fileset(parse_fileset(wanted.input)).id)
        if wanted.environment is not None:
            record = environment_record(wanted.environment)
            unit.environments.add(principal.project_id, record)
            spec = replace(spec, environment=record.digest)
        if wanted.code is None:
            return spec
        if not wanted.code.startswith(f"{Kind.SNAPSHOT}_"):
            return replace(spec, code_fileset_id=resolver.fileset(parse_fileset(wanted.code)).id)
        snapshot = unit.snapshots.get(principal.project_id, read(Kind.SNAPSHOT, wanted.code))
        if snapshot is None:
            raise SnapshotNotFound(f"There is no code {wanted.code}: upload it again.")
        return replace(spec, code_snapshot_id=snapshot.id)

    @staticmethod
    def _find(unit: UnitOfWork, principal: Principal, reference: str) -> Job:
        return find_job(unit, principal.project_id, reference)


def _add(unit: UnitOfWork, principal: Principal, spec: JobSpec, notes: Sequence[str], after: Collection[UUID]) -> Job:
    check_budget(unit, principal, [spec])
    job = unit.jobs.add(principal.project_id, principal.user_id, spec, notes, after)
    unit.events.append(principal.project_id, EventKind.JOB_SUBMITTED, **job_ids(job))
    return job


def _details(unit: UnitOfWork, job: Job) -> JobDetails:
    before = (unit.jobs.get(job.project_id, one) for one in unit.chains.predecessors(job))
    after = tuple(one.number for one in before if one is not None)
    return JobDetails(job, tuple(unit.jobs.history(job)), after)
