"""Jobs that have run for a while: the database's clock can't be moved, so what they have told lies in the past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import insert, update

from acai_jupyter.backends.sql.tables import job_steps, jobs
from acai_jupyter.backends.sql.unit import SqlUnitOfWork
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.jobs import Job
from acai_jupyter.ports.store.unit import Store


def have_told(
    store: Store,
    job: Job,
    moments: Sequence[float],
    total: float | None = None,
    tagged: bool = True,
    ago: float = 0,
    restarts: int = 0,
) -> None:
    """A running job has reached step 1, 2, 3 … so many seconds after it began, the last of them just now, or so long ago."""
    with store.begin() as unit:
        session = cast(SqlUnitOfWork, unit).session
        begun = unit.now() - int((moments[-1] + ago) * SECOND)
        own = {"project_id": job.project_id, "job_id": job.id, "attempt": job.attempt}
        at = [begun + int(seconds * SECOND) for seconds in moments]
        rows = [{**own, "at": moment, "step": float(step)} for step, moment in enumerate(at, 1)]
        session.run(insert(job_steps), rows)
        told = {
            "step": float(len(at)),
            "step_total": total,
            "step_tagged": tagged,
            "step_restarts": restarts,
            "stepped_at": at[-1],
        }
        mine = (jobs.c.project_id == job.project_id, jobs.c.id == job.id)
        session.run(update(jobs).where(*mine).values(running_at=begun, **told))
