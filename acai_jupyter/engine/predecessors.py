"""Jobs that a submission or a retry refers to: those that must finish first, and the one whose output is the input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import InvalidRequest, LimitExceeded
from acai_jupyter.domain.grids import ARGUMENT
from acai_jupyter.domain.ids import Kind
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.engine.lookup import find_grid, find_job
from acai_jupyter.ports.store.engine import NewJob
from acai_jupyter.ports.store.unit import UnitOfWork

_MOST_NAMED: Final = 10_000

MOST_LINKS: Final = 100_000
"""A submission makes at most so many links to jobs that must finish first."""


def jobs_before(unit: UnitOfWork, project_id: UUID, wanted: Submission) -> frozenset[UUID]:
    """The jobs that must finish before one that is `wanted`.

    Raises JobNotFound, GridNotFound, InvalidRequest, LimitExceeded.
    """
    found: set[UUID] = set()
    if wanted.input_job is not None:
        found.add(source_job(unit, project_id, wanted.input_job).id)
    references = dict.fromkeys(wanted.after)
    if len(references) > _MOST_NAMED:
        raise LimitExceeded(
            f"after names {len(references):,} jobs or grids, and at most {_MOST_NAMED:,} can be: name a grid of them."
        )
    for reference in references:
        if reference.startswith((f"{Kind.GRID}_", "grid:")):
            grid = find_grid(unit, project_id, reference.removeprefix("grid:"))
            found |= set(unit.grids.current_ids(grid))
        else:
            found.add(find_job(unit, project_id, reference).id)
        if len(found) > MOST_LINKS:
            raise LimitExceeded(f"A job waits for at most {MOST_LINKS:,} others.")
    return frozenset(found)


def source_job(unit: UnitOfWork, project_id: UUID, reference: str) -> Job:
    """The job whose output is to be an input. Raises JobNotFound, InvalidRequest where it will never have one."""
    job = find_job(unit, project_id, reference)
    if job.spec.output_name is None:
        raise InvalidRequest(f"Job {job.number} names no output, so its output can't be an input: submit it with output=….")
    return job


def retried(unit: UnitOfWork, job: Job) -> NewJob:
    """An ended job once more, going on from what it left. Where it never had its turn, it waits for its predecessors as they
    were retried."""
    spec = replace(job.spec, retry_of=job.id, start_snapshot_id=job.kept_snapshot_id)
    if not job.waits_for:
        return NewJob(spec)
    latest = {one: unit.chains.latest_retry(job.project_id, one) for one in unit.chains.predecessors(job)}
    if spec.input_job_id is not None:
        spec = replace(spec, input_id=None, input_job_id=latest[spec.input_job_id])
    return NewJob(spec, frozenset(latest.values()))


def copy_arguments(unit: UnitOfWork, project_id: UUID, pairs: Mapping[UUID, UUID]) -> None:
    """Jobs that are retries have the arguments of the jobs before them."""
    known = unit.metadata.values_of(project_id, ArtifactKind.JOBS, list(pairs), ARGUMENT)
    unit.metadata.set_many(project_id, ArtifactKind.JOBS, {pairs[one]: values for one, values in known.items()})
