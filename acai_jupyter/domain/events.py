"""Events: facts in the past tense, numbered per project. They carry ids; readers fetch through the authorised API."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.jobs import Job


class EventKind(StrEnum):
    FILES_COMMITTED = "files.committed"  # upload
    FILES_DELETED = "files.deleted"  # reference: what was asked to go
    FILES_RESTORED = "files.restored"  # reference: what was asked to come back
    OBJECTS_CHECKED = "objects.checked"  # a check has noted objects as missing or damaged, or as whole again
    FILESET_CREATED = "fileset.created"  # fileset version
    FILESET_DELETED = "fileset.deleted"  # fileset version
    JOB_SUBMITTED = "job.submitted"  # job, as in all of these; and the grid that it is a row of
    JOB_CHANGED = "job.changed"  # job: status or progress
    JOB_ENDED = "job.ended"  # job
    JOB_LOGGED = "job.logged"  # job: its log grew
    JOB_LATE = "job.late"  # job: it is expected to miss its bound
    JOB_MEASURED = "job.measured"  # job: the series of its numbers grew
    JOB_SAMPLED = "job.sampled"  # job: there is more to read of what it uses
    PROFILE_ENDED = "profile.ended"  # profile: it predicts, or failed, or was killed
    GRID_SUBMITTED = "grid.submitted"  # grid: all of its jobs
    GRID_RETRIED = "grid.retried"  # grid: jobs for the rows that had not finished
    METADATA_CHANGED = "metadata.changed"  # artifact


OF_THE_LAKE: Final = frozenset(
    {
        EventKind.FILES_COMMITTED,
        EventKind.FILES_DELETED,
        EventKind.FILES_RESTORED,
        EventKind.OBJECTS_CHECKED,
        EventKind.FILESET_CREATED,
        EventKind.FILESET_DELETED,
    }
)
"""What tells that files or file sets are others than before, or that their bytes have to be looked for."""


@dataclass(frozen=True, slots=True)
class Event:
    """`ids` name what it is about, by kind (`job`, `fileset`, `upload` …), as they are written outside."""

    project_id: UUID
    number: int
    kind: EventKind
    ids: tuple[tuple[str, str], ...]
    at: int


def job_ids(job: Job) -> dict[str, str]:
    """What an event about a job names: the job, and the grid that it is a row of."""
    ids = {"job": write(Kind.JOB, job.id)}
    return ids if job.spec.grid_id is None else {**ids, "grid": write(Kind.GRID, job.spec.grid_id)}
