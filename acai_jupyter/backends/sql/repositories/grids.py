"""Grids and the jobs of their rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select, update

from acai_jupyter.backends.sql.repositories.job_rows import read_job
from acai_jupyter.backends.sql.repositories.job_statements import select_jobs
from acai_jupyter.backends.sql.session import Session, chunks, to_json
from acai_jupyter.backends.sql.tables import grids, jobs, projects, users
from acai_jupyter.domain.grids import Command, Grid, GridSummary
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.jobs import TERMINAL, Job, Status


class SqlGrids:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, project_id: UUID, user_id: UUID, name: str | None, command: Command, row_count: int) -> Grid:
        number = self._session.run(
            update(projects)
            .where(projects.c.id == project_id)
            .values(grid_number=projects.c.grid_number + 1)
            .returning(projects.c.grid_number)
        ).scalar_one()
        own = {"project_id": project_id, "id": new_id(), "number": number, "user_id": user_id, "created_at": self._session.now}
        given = {"name": name, "command": to_json(command), "row_count": row_count}
        self._session.run(self._session.insert(grids).values(**own, **given))
        grid = self.by_number(project_id, number)
        assert grid is not None
        return grid

    def get(self, project_id: UUID, grid_id: UUID) -> Grid | None:
        return self._one(_select().where(grids.c.project_id == project_id, grids.c.id == grid_id))

    def by_number(self, project_id: UUID, number: int) -> Grid | None:
        return self._one(_select().where(grids.c.project_id == project_id, grids.c.number == number))

    def page(self, project_id: UUID, before: int | None, limit: int) -> list[Grid]:
        wanted = _select().where(grids.c.project_id == project_id)
        if before is not None:
            wanted = wanted.where(grids.c.number < before)
        return [_grid(row) for row in self._session.run(wanted.order_by(grids.c.number.desc()).limit(limit))]

    def current_ids(self, grid: Grid) -> list[UUID]:
        current = _current(grid.project_id, [grid.id]).subquery()
        own = (jobs.c.project_id == grid.project_id, jobs.c.number == current.c.number)
        wanted = select(jobs.c.id).select_from(jobs.join(current, and_(*own))).order_by(current.c.grid_row)
        return list(self._session.run(wanted).scalars())

    def rows(self, grid: Grid, after: int, limit: int) -> list[Job]:
        some = _current(grid.project_id, [grid.id]).where(jobs.c.grid_row > after).order_by(jobs.c.grid_row).limit(limit)
        numbers = {row.number for row in self._session.run(some)}
        found: list[Job] = []
        for part in chunks(sorted(numbers)):
            wanted = select_jobs().where(jobs.c.project_id == grid.project_id, jobs.c.number.in_(part))
            found += [read_job(row) for row in self._session.run(wanted)]
        return sorted(found, key=lambda job: job.spec.grid_row or 0)

    def summaries(self, project_id: UUID, grid_ids: Sequence[UUID]) -> dict[UUID, GridSummary]:
        found: dict[UUID, GridSummary] = {}
        for part in chunks(grid_ids):
            found |= self._summaries(project_id, part)
        return found

    def _summaries(self, project_id: UUID, grid_ids: Sequence[UUID]) -> dict[UUID, GridSummary]:
        current = _current(project_id, grid_ids).subquery()
        joined = jobs.join(current, and_(jobs.c.project_id == project_id, jobs.c.number == current.c.number))
        numbers = (func.count().label("rows"), func.count(jobs.c.late_at).label("late"))
        counted = select(current.c.grid_id, jobs.c.status, *numbers).select_from(joined)
        counts: dict[UUID, dict[Status, int]] = {grid_id: {} for grid_id in grid_ids}
        late: dict[UUID, int] = dict.fromkeys(grid_ids, 0)
        for row in self._session.run(counted.group_by(current.c.grid_id, jobs.c.status)):
            counts[row.grid_id][Status(row.status)] = int(row.rows)
            late[row.grid_id] += int(row.late)
        of_grids = (jobs.c.project_id == project_id, jobs.c.grid_id.in_(grid_ids))
        sums = select(jobs.c.grid_id, func.sum(jobs.c.cost).label("cost"), func.sum(jobs.c.runtime).label("runtime"))
        spent = {row.grid_id: row for row in self._session.run(sums.where(*of_grids).group_by(jobs.c.grid_id))}
        return {
            grid_id: GridSummary(own, int(spent[grid_id].cost or 0), int(spent[grid_id].runtime or 0), late[grid_id])
            for grid_id, own in counts.items()
            if grid_id in spent
        }

    def to_kill(self, grid: Grid, limit: int) -> list[Job]:
        own = (jobs.c.project_id == grid.project_id, jobs.c.grid_id == grid.id, jobs.c.kill_requested_at.is_(None))
        unended = jobs.c.status.not_in([status.value for status in TERMINAL])
        waiting_first = (jobs.c.status != Status.QUEUED.value, jobs.c.number.desc())
        wanted = select_jobs().where(*own, unended).order_by(*waiting_first).limit(limit)
        return [read_job(row) for row in self._session.run(wanted)]

    def _one(self, statement: Select[Any]) -> Grid | None:
        row = self._session.run(statement).one_or_none()
        return row and _grid(row)


def _current(project_id: UUID, grid_ids: Sequence[UUID]) -> Select[Any]:
    """The rows of grids, with the number of their current job."""
    own = (jobs.c.project_id == project_id, jobs.c.grid_id.in_(grid_ids))
    wanted = select(jobs.c.grid_id, jobs.c.grid_row, func.max(jobs.c.number).label("number"))
    return wanted.where(*own).group_by(jobs.c.grid_id, jobs.c.grid_row)


def _select() -> Select[Any]:
    creator = and_(users.c.project_id == grids.c.project_id, users.c.id == grids.c.user_id)
    return select(grids, users.c.name.label("creator")).select_from(grids.join(users, creator))


def _grid(row: Row[Any]) -> Grid:
    command = json.loads(row.command)
    return Grid(
        row.project_id,
        row.id,
        row.number,
        row.user_id,
        row.creator,
        row.name,
        command if isinstance(command, str) else tuple(command),
        row.row_count,
        row.created_at,
    )
