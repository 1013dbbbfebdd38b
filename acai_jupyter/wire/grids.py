"""Grids in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.clock import write as write_time
from acai_jupyter.domain.grids import GridRow, GridState, GridSubmission
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.jobs import Status
from acai_jupyter.domain.pricing import MICRODOLLARS
from acai_jupyter.wire.jobs import job, submission
from acai_jupyter.wire.lake import Json
from acai_jupyter.wire.values import value_to_json


def grid_submission(given: Mapping[str, Any]) -> GridSubmission:
    """A grid's submission as a request carries it; its fields were checked against the schema."""
    fields = {name: value for name, value in given.items() if name != "input_grid"}
    return GridSubmission(submission(fields), given.get("input_grid"))


def grid(item: GridState) -> Json:
    """A grid and how it stands. `cost` in dollars and `runtime` in seconds, of all its jobs."""
    own, summary = item.grid, item.summary
    return {
        "id": write(Kind.GRID, own.id),
        "number": own.number,
        "name": own.name,
        "creator": own.creator,
        "create_time": write_time(own.created_at),
        "command": own.command if isinstance(own.command, str) else list(own.command),
        "row_count": own.row_count,
        "ended_count": summary.ended,
        "status": summary.status.value,
        "counts": {status.value: summary.counts[status] for status in Status if summary.counts.get(status)},
        "late_count": summary.late,
        "cost": summary.cost / MICRODOLLARS,
        "runtime": summary.runtime / SECOND,
    }


def grid_row(item: GridRow) -> Json:
    return {
        "row": item.job.spec.grid_row,
        "arguments": {name: value_to_json(value) for name, value in item.arguments.items()},
        "values": {key: value_to_json(value) for key, value in item.values.items()},
        "job": job(item.job),
    }
