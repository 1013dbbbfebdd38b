"""What jobs used over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, tuple_

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import job_samples
from acai_jupyter.domain.jobs import Job, Sample

_MOST_POSITION: Final = 10_000
"""An agent that kept to its own bound would not get there in ten thousand years."""


class SqlSamples:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, job: Job, samples: Sequence[Sample]) -> None:
        rows = [
            {"project_id": job.project_id, "job_id": job.id, **asdict(sample)}
            for sample in samples
            if sample.position < _MOST_POSITION
        ]
        if rows:
            self._session.run(self._session.insert_new(job_samples, "project_id", "job_id", "attempt", "position"), rows)

    def page(self, project_id: UUID, job_id: UUID, after: tuple[int, int] | None, limit: int) -> list[Sample]:
        own = job_samples.c
        wanted = select(job_samples).where(own.project_id == project_id, own.job_id == job_id)
        if after is not None:
            wanted = wanted.where(tuple_(own.attempt, own.position) > after)
        rows = self._session.run(wanted.order_by(own.attempt, own.position).limit(limit))
        return [Sample(**{name: getattr(row, name) for name in Sample.__dataclass_fields__}) for row in rows]

    def peak_memory(self, job: Job) -> int | None:
        own = job_samples.c
        mine = (own.project_id == job.project_id, own.job_id == job.id, own.attempt == job.attempt)
        peak: int | None = self._session.run(select(func.max(own.memory)).where(*mine)).scalar()
        return peak
