"""Jobs and grids by their number or id."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import GridNotFound, JobNotFound
from acai_jupyter.domain.grids import Grid
from acai_jupyter.domain.ids import Kind, read
from acai_jupyter.domain.jobs import Job
from acai_jupyter.ports.store.unit import UnitOfWork

_NUMBER: Final = re.compile("[0-9]{1,18}", re.ASCII)


def find_job(unit: UnitOfWork, project_id: UUID, reference: str) -> Job:
    """A job by its number or id. Raises JobNotFound."""
    if _NUMBER.fullmatch(reference):
        job = unit.jobs.by_number(project_id, int(reference))
    elif reference.startswith(f"{Kind.JOB}_"):
        job = unit.jobs.get(project_id, read(Kind.JOB, reference))
    else:
        job = None
    if job is None:
        raise JobNotFound(f"There is no job {reference[:80]}: see what there is with acai job ls.")
    return job


def find_grid(unit: UnitOfWork, project_id: UUID, reference: str) -> Grid:
    """A grid by its number or id. Raises GridNotFound."""
    if _NUMBER.fullmatch(reference):
        grid = unit.grids.by_number(project_id, int(reference))
    elif reference.startswith(f"{Kind.GRID}_"):
        grid = unit.grids.get(project_id, read(Kind.GRID, reference))
    else:
        grid = None
    if grid is None:
        raise GridNotFound(f"There is no grid {reference[:80]}: see what there is with acai grid ls.")
    return grid
