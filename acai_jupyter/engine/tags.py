"""Metadata and metrics that jobs print (paper 3.2.3): lines of a log that are tags."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.log_tags import MOST_LINE_BYTES, MOST_POINTS_A_JOB, STEP, STEPS, LogTag, parse_line
from acai_jupyter.domain.metadata import MOST_KEYS_AN_ARTIFACT, Artifact, ArtifactKind, Value
from acai_jupyter.domain.tables import NewPoint
from acai_jupyter.ports.store.unit import UnitOfWork

_TOO_MANY_KEYS: Final = f"The log sets more than {MOST_KEYS_AN_ARTIFACT} keys; the others were left out."
_TOO_MANY_POINTS: Final = (
    f"The log sets numbers more than {MOST_POINTS_A_JOB:,} times; from there on only the last values are kept."
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of lines: the last step that a tag named, how many points there are more, and how far these lines say that
    the job is, of how many steps."""

    step: float | None
    measured: int
    reached: float | None = None
    total: float | None = None


def take_tags(unit: UnitOfWork, job: Job, lines: Sequence[bytes], step: float | None) -> Taken:
    """Set the metadata that these lines of a job's log hold, and continue the series of its numbers.

    `step` is the last one that a tag named before.
    """
    artifact = Artifact(ArtifactKind.JOBS, job.id)
    tags = list(_parsed(unit, job, lines))
    if not tags:
        return Taken(step, 0)
    numbers = {tag.key: tag.value for tag in tags if isinstance(tag.value, float) and tag.target is ArtifactKind.JOBS}
    known = set(unit.metadata.keys(job.project_id, artifact))
    values: dict[bool, dict[str, Value]] = {False: {}, True: {}}
    points: list[NewPoint] = []
    for tag in tags:
        staged = tag.target is ArtifactKind.FILESETS
        if (tag.key, staged) not in known and len(known) >= MOST_KEYS_AN_ARTIFACT:
            unit.jobs.add_note(job, _TOO_MANY_KEYS)
            continue
        known.add((tag.key, staged))
        values[staged][tag.key] = tag.value
        if isinstance(tag.value, float):
            if tag.key == STEP:
                step = tag.value if math.isfinite(tag.value) else None
            else:
                points.append(NewPoint(tag.key, tag.value, step))
    for staged, found in values.items():
        unit.metadata.set(job.project_id, artifact, found, staged)
    return Taken(step, _add_points(unit, job, points), numbers.get(STEP), numbers.get(STEPS))


def _parsed(unit: UnitOfWork, job: Job, lines: Sequence[bytes]) -> Iterator[LogTag]:
    """The tags in these lines; what means to be one and is not goes into the job's notes."""
    for line in lines:
        try:
            tag = parse_line(line.decode(errors="replace"))
        except InvalidRequest as error:
            unit.jobs.add_note(job, error.message)
            continue
        if tag is not None:
            yield tag


def _add_points(unit: UnitOfWork, job: Job, points: Sequence[NewPoint]) -> int:
    if not points:
        return 0
    room = max(0, MOST_POINTS_A_JOB - unit.metrics.count(job.project_id, job.id))
    if len(points) > room:
        unit.jobs.add_note(job, _TOO_MANY_POINTS)
    unit.metrics.add(job.project_id, job.id, points[:room])
    return min(room, len(points))


def split_lines(line: bytes, data: bytes) -> tuple[list[bytes], bytes]:
    """The lines that are whole now and might be tags, and the beginning of the next; progress bars end lines with a
    carriage return. A line too long for a tag is kept only as far as tells that it is too long."""
    pieces = (line + data).replace(b"\r", b"\n").split(b"\n")
    whole = [piece for piece in pieces[:-1] if b"[ACAI_TAG" in piece and len(piece) <= MOST_LINE_BYTES]
    return whole, pieces[-1][: MOST_LINE_BYTES + 1]
