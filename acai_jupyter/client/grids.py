"""Grids: many jobs of one template as one thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.following import follow, is_terminal
from acai_jupyter.client.job import Job
from acai_jupyter.client.job_list import JobList
from acai_jupyter.client.progress import bar, somebody_looks
from acai_jupyter.client.records import Fileset, fileset_record
from acai_jupyter.client.transport import Json, Transport, segment
from acai_jupyter.domain.errors import GridNotFound
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.jobs import TERMINAL, Status
from acai_jupyter.wire.values import value_from_json

if TYPE_CHECKING:
    import pandas as pd

_LONG_SECONDS: Final = 600.0
_LOOK_SECONDS: Final = 0.2
_TELLING: Final = frozenset({EventKind.JOB_CHANGED.value, EventKind.JOB_ENDED.value, EventKind.GRID_RETRIED.value})
_BEFORE: Final = {"row": "integer", "job": "integer", "status": "text"}
_AFTER: Final = {"reason": "text", "runtime": "number", "cost": "number", "output": "text"}


@dataclass(frozen=True, slots=True)
class GridOutputs:
    """What the jobs of a grid write, row by row: the `input` of another grid."""

    grid: str
    _transport: Transport

    def __iter__(self) -> Iterator[Fileset | None]:
        """The file set version that each row wrote, None where there is none (yet)."""
        for row in self._transport.pages(f"/grids/{self.grid}/rows"):
            version = row["job"]["output_version"]
            yield fileset_record(self._transport, self._transport.get("/filesets/version", ref=version)) if version else None


class Grid:
    """A grid of the platform. What can still change is asked for anew until all its jobs have FINISHED: one that FAILED or was
    KILLED may be retried by anybody."""

    def __init__(self, transport: Transport, details: Json) -> None:
        self._transport = transport
        self._details = details

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def id(self) -> str:
        return str(self._details["id"])

    @property
    def number(self) -> int:
        """The grid's number in its project."""
        return int(self._details["number"])

    @property
    def name(self) -> str | None:
        name: str | None = self._details["name"]
        return name

    @property
    def details(self) -> Json:
        """All that the platform tells of the grid, as it was last asked."""
        return dict(self._details)

    @property
    def status(self) -> str:
        """QUEUED or RUNNING until every row has ended, then the worst of their ends: FAILED, KILLED, FINISHED."""
        return str(self._current()["status"])

    @property
    def ended(self) -> bool:
        return Status(self.status) in TERMINAL

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are, by the status of their jobs."""
        return dict(self._current()["counts"])

    @property
    def cost(self) -> float:
        """Dollars, of all jobs so far, also of those that were retried."""
        return float(self._current()["cost"])

    @property
    def jobs(self) -> JobList:
        """The latest job of every row."""
        return JobList([Job(self._transport, row["job"]) for row in self._rows()])

    @property
    def outputs(self) -> GridOutputs:
        """What the rows write: the `input` of another grid, which then has a job a row."""
        return GridOutputs(self.id, self._transport)

    def wait(self, timeout: float | None = None, *, progress: bool | None = None) -> Grid:
        """Wait until every job has ended, at most `timeout` seconds, with one progress bar; returns the handle. An interrupt
        ends only the waiting.

        Raises TimeoutError.
        """
        label = self.name or f"grid {self.number}"
        with bar(label, somebody_looks() if progress is None else progress, unit=" jobs") as on_progress:
            for _ in self.changes(timeout):
                if on_progress:
                    on_progress(self._details["ended_count"], self._details["row_count"])
        return self

    def changes(self, timeout: float | None = None) -> Iterator[Grid]:
        """The handle, now and whenever jobs have come further, until all have ended or `timeout` seconds have passed.

        Raises TimeoutError.
        """
        if self._is_final:
            yield self
            return
        try:
            for told in follow(
                self._transport,
                f"/grids/{self.id}",
                is_over=is_terminal,
                matters=lambda event: event["ids"].get("grid") == self.id and event["kind"] in _TELLING,
                timeout=timeout,
                pace=_LOOK_SECONDS,
            ):
                self._details = told
                yield self
        except TimeoutError:
            raise TimeoutError(f"Grid {self.number} is still {self._details['status']} after {timeout:g} seconds.") from None

    def kill(self) -> Grid:
        """End every job of the grid that has not ended."""
        self._details = self._transport.post(f"/grids/{self.id}/kill", timeout_s=_LONG_SECONDS)
        return self

    def retry(self) -> Grid:
        """Submit what FAILED or was KILLED again, with the same pins; the rest stays as it is. Returns the handle."""
        self._details = self._transport.post(f"/grids/{self.id}/retry", creates=True, timeout_s=_LONG_SECONDS)
        return self

    def to_frame(self) -> pd.DataFrame:
        """A row each: `row`, `job` (its number), `status`, the arguments, what the job has as metadata (its metrics), `reason`,
        `runtime` in seconds, `cost` in dollars, and the `output` version. An argument that is called as another column is
        named `arg.KEY`."""
        from acai_jupyter.client.frames import frame

        rows = [_flat(row) for row in self._rows()]
        values = [key for key in _names(row["values"] for row in rows) if key not in _BEFORE and key not in _AFTER]
        taken = {*_BEFORE, *_AFTER, *values}
        shown = {name: f"arg.{name}" if name in taken else name for name in _names(row["arguments"] for row in rows)}
        table = [
            {**row["values"], **{shown[name]: value for name, value in row["arguments"].items()}, **row["fixed"]} for row in rows
        ]
        between = {name: _kind([row.get(name) for row in table]) for name in (*shown.values(), *values)}
        return frame({**_BEFORE, **between, **_AFTER}, table)

    def table(self) -> pd.DataFrame:
        """The same as `to_frame`."""
        return self.to_frame()

    def _rows(self) -> Iterator[Json]:
        return self._transport.pages(f"/grids/{self.id}/rows")

    def _current(self) -> Json:
        if not self._is_final:
            self._refresh()
        return self._details

    @property
    def _is_final(self) -> bool:
        return Status(self._details["status"]) is Status.FINISHED

    def _refresh(self) -> None:
        self._details = self._transport.get(f"/grids/{self.id}")

    def __repr__(self) -> str:
        told = self._current()
        name = f" {told['name']}" if told["name"] else ""
        counts = ", ".join(f"{count} {status}" for status, count in told["counts"].items())
        return f"<Grid {self.number}{name}: {told['status']}, {told['row_count']} jobs ({counts}), ${told['cost']:.6f}>"


class Grids:
    """Grids of the project; `client.jobs.submit_grid` submits one."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, grid: int | str | Grid) -> Grid:
        """A grid by its number or id. Raises GridNotFound."""
        reference = grid.id if isinstance(grid, Grid) else str(grid)
        if not reference:
            raise GridNotFound("Name a grid by its number or its id: see what there is with acai grid ls.")
        return Grid(self._transport, self._transport.get(f"/grids/{segment(reference)}"))

    def list(self, *, limit: int = 100) -> GridList:
        """Grids of the project, newest first."""
        items = self._transport.pages("/grids", most=limit, page=500)
        return GridList([Grid(self._transport, item) for item in items])


_COLUMNS: Final = {
    "number": "integer",
    "name": "text",
    "status": "text",
    "row_count": "integer",
    "ended_count": "integer",
    "runtime": "number",
    "cost": "number",
    "creator": "text",
    "create_time": "time",
}


class GridList(Sequence[Grid]):
    """Grids, as a sequence and as a table."""

    def __init__(self, grids: Sequence[Grid]) -> None:
        self._grids = tuple(grids)

    def __getitem__(self, index: Any) -> Any:
        return GridList(self._grids[index]) if isinstance(index, slice) else self._grids[index]

    def __len__(self) -> int:
        return len(self._grids)

    def to_frame(self) -> pd.DataFrame:
        """A DataFrame with a row a grid."""
        from acai_jupyter.client.frames import frame

        return frame(_COLUMNS, [grid.details for grid in self._grids])

    def __repr__(self) -> str:
        return str(self.to_frame().to_string(index=False)) if self._grids else "no grids"

    def _repr_html_(self) -> str:
        from acai_jupyter.client.html_tables import table_html

        return table_html(self.to_frame())


def _flat(row: Json) -> dict[str, Any]:
    job = row["job"]
    fixed = {"row": row["row"], "job": job["number"], "output": job["output_version"]}
    fixed |= {name: job[name] for name in ("status", "reason", "runtime", "cost")}
    read = {part: {key: value_from_json(value) for key, value in row[part].items()} for part in ("arguments", "values")}
    return {**read, "fixed": fixed}


def _names(rows: Iterable[Json]) -> list[str]:
    """All keys, in the order in which they first come."""
    return list(dict.fromkeys(key for row in rows for key in row))


def _kind(values: Sequence[Any]) -> str | None:
    """The type of a column, None where it has several."""
    kinds = frozenset(type(value) for value in values if value is not None)
    known = {frozenset({float}): "number", frozenset({str}): "text", frozenset({bool}): "boolean"}
    return known.get(kinds)
