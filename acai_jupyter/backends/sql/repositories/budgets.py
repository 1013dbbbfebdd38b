"""What projects may spend, and have spent."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, select, update

from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import jobs, projects
from acai_jupyter.domain.budgets import Budget
from acai_jupyter.domain.jobs import TERMINAL


class SqlBudgets:
    def __init__(self, session: Session) -> None:
        self._session = session

    def limit(self, project_id: UUID) -> int | None:
        limit: int | None = self._session.run(_limit(), {"project": project_id}).scalar_one()
        return limit

    def get(self, project_id: UUID) -> Budget:
        limit = self.limit(project_id)
        ended = jobs.c.status.in_(sorted(status.value for status in TERMINAL))
        spent = func.coalesce(func.sum(case((ended, jobs.c.cost), else_=0)), 0)
        reserved = func.coalesce(func.sum(case((ended, 0), else_=jobs.c.reserved)), 0)
        sums = select(spent.label("spent"), reserved.label("reserved")).where(jobs.c.project_id == project_id)
        row = self._session.run(sums).one()
        return Budget(limit, int(row.spent), int(row.reserved))

    def set(self, project_id: UUID, limit: int | None) -> None:
        self._session.run(update(projects).where(projects.c.id == project_id).values(budget=limit))


@cache
def _limit() -> Select[Any]:
    return select(projects.c.budget).where(projects.c.id == bindparam("project"))
