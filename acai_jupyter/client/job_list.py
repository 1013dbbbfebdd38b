"""Jobs, as they are listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from acai_jupyter.client.job import Job

_COLUMNS: Final = {
    "number": "integer",
    "name": "text",
    "status": "text",
    "runtime": "number",
    "cost": "number",
    "cpu": "number",
    "memory_mb": "integer",
    "creator": "text",
    "create_time": "time",
}


class JobList(Sequence[Job]):
    """Jobs, as a sequence and as a table."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = tuple(jobs)

    def __getitem__(self, index: Any) -> Any:
        return JobList(self._jobs[index]) if isinstance(index, slice) else self._jobs[index]

    def __len__(self) -> int:
        return len(self._jobs)

    def to_frame(self) -> Any:
        """A DataFrame with a row a job."""
        from acai_jupyter.client.frames import frame

        return frame(_COLUMNS, [job.details for job in self._jobs])

    def __repr__(self) -> str:
        return self.to_frame().to_string(index=False) if self._jobs else "no jobs"

    def _repr_html_(self) -> str:
        from acai_jupyter.client.html_tables import table_html

        return table_html(self.to_frame())
