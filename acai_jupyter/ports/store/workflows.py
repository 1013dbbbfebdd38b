"""What spans jobs, in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.grids import Command, Grid, GridSummary
from acai_jupyter.domain.jobs import Job


class Grids(Protocol):
    """Grids. A row's current job is its latest one: those before it were retried."""

    def add(self, project_id: UUID, user_id: UUID, name: str | None, command: Command, row_count: int) -> Grid:
        """A grid with the project's next number. Call `lock_project` first."""
        ...

    def get(self, project_id: UUID, grid_id: UUID) -> Grid | None: ...

    def by_number(self, project_id: UUID, number: int) -> Grid | None: ...

    def page(self, project_id: UUID, before: int | None, limit: int) -> list[Grid]:
        """Newest first, from the first below the number `before`."""
        ...

    def current_ids(self, grid: Grid) -> list[UUID]:
        """The current job of every row, by row."""
        ...

    def rows(self, grid: Grid, after: int, limit: int) -> list[Job]:
        """The current jobs of the rows after row `after`, by row; rows are counted from 1."""
        ...

    def summaries(self, project_id: UUID, grid_ids: Sequence[UUID]) -> dict[UUID, GridSummary]: ...

    def to_kill(self, grid: Grid, limit: int) -> list[Job]:
        """Jobs that have not ended and were not told to, those that wait first."""
        ...
