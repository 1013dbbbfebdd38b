"""A job as rows have it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import Row

from acai_jupyter.backends.sql.session import to_json
from acai_jupyter.domain.arrivals import Arrival, Bound, Steps
from acai_jupyter.domain.jobs import TERMINAL, Job, JobSpec, Outcome, Phases, Progress, Reason, Status, Used
from acai_jupyter.domain.origins import GitState
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources

_AS_THEY_ARE: Final = (
    "attempt",
    "launching_at",
    "running_at",
    "ended_at",
    "kill_requested_at",
    "kill_requested_by",
    "placed_at",
    "runtime",
    "cost",
    "output_id",
    "kept_snapshot_id",
    "waits_for",
    "late_at",
)
_OUTCOME: Final = ("reason", "detail", "exit_code", "signal")
_STEPS: Final = ("step", "step_total", "step_tagged", "step_restarts", "stepped_at")
_ARRIVAL: Final = ("arrival", "arrival_low", "arrival_high", "arrival_at")
STATE: Final = (
    *_AS_THEY_ARE,
    *("status", "progress", "enforced", "notes"),
    *_OUTCOME,
    *Phases.__dataclass_fields__,
    *Used.__dataclass_fields__,
    *_STEPS,
    *_ARRIVAL,
)
"""The columns that tell a job's state."""


def key_of(job: Job) -> dict[str, Any]:
    """What names a job in statements."""
    return {"project": job.project_id, "job": job.id}


def spec_values(spec: JobSpec) -> dict[str, Any]:
    """What was submitted, by column."""
    values = {
        name: getattr(spec, name)
        for name in JobSpec.__dataclass_fields__
        if name not in ("command", "resources", "prices", "env", "git", "secrets", "bound")
    }
    command = spec.command if isinstance(spec.command, str) else list(spec.command)
    values |= {
        "command": to_json(command),
        "env": to_json(dict(spec.env)),
        "secrets": to_json(list(spec.secrets)),
        "prices": to_json(asdict(spec.prices)),
    }
    values |= {"bound": None if spec.bound is None else to_json(asdict(spec.bound))}
    git = spec.git or GitState("")
    values |= {"git_commit": git.commit or None, "git_branch": git.branch, "git_remote": git.remote}
    values |= {"git_dirty": git.dirty if spec.git else None}
    return values | asdict(spec.resources)


def outcome_values(outcome: Outcome) -> dict[str, Any]:
    """How a job ended, by column."""
    return {
        "reason": outcome.reason and outcome.reason.value,
        "detail": outcome.detail,
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
    }


def read_job(row: Row[Any]) -> Job:
    """The job in a row of `select_jobs`."""
    return Job(
        project_id=row.project_id,
        id=row.id,
        number=row.number,
        user_id=row.user_id,
        creator=row.creator,
        spec=_spec(row),
        created_at=row.created_at,
        code_label=row.code_label,
        input_label=row.input_label,
        output_label=row.output_label,
        retry_of_number=row.retry_of_number,
        input_job_number=row.input_job_number,
        grid_number=row.grid_number,
        **_state(row),
    )


def with_state(job: Job, row: Row[Any]) -> Job:
    """The job, in the state that a row of the columns `STATE` tells."""
    return replace(job, **_state(row))


def _state(row: Row[Any]) -> dict[str, Any]:
    """What of a job can become another: its fields, by name."""
    status = Status(row.status)
    outcome = Outcome(status, row.reason and Reason(row.reason), row.detail, row.exit_code, row.signal)
    return {
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        "status": status,
        "progress": row.progress and Progress(row.progress),
        "outcome": outcome if status in TERMINAL else None,
        "phases": Phases(row.download_time, row.command_time, row.upload_time),
        "used": Used(row.peak_memory, row.cpu_time, row.throttled_time, row.read_bytes, row.written_bytes),
        "enforced": None if row.enforced is None else json.loads(row.enforced),
        "notes": tuple(json.loads(row.notes)),
        "steps": _steps(row),
        "arrival": _arrival(row),
    }


def _steps(row: Row[Any]) -> Steps | None:
    if row.stepped_at is None:
        return None
    return Steps(row.step, row.step_total, row.step_tagged, row.step_restarts, row.stepped_at)


def _arrival(row: Row[Any]) -> Arrival | None:
    if row.arrival is None:
        return None
    return Arrival(row.arrival, row.arrival_low, row.arrival_high, row.arrival_at)


def _spec(row: Row[Any]) -> JobSpec:
    command = json.loads(row.command)
    return JobSpec(
        command=command if isinstance(command, str) else tuple(command),
        resources=Resources(row.cpu, row.memory_mb, row.gpu),
        prices=PriceTable(**json.loads(row.prices)),
        name=row.name,
        input_id=row.input_id,
        output_name=row.output_name,
        output_path=row.output_path,
        code_snapshot_id=row.code_snapshot_id,
        code_fileset_id=row.code_fileset_id,
        image=row.image,
        python=row.python,
        requirements=row.requirements,
        env=tuple(json.loads(row.env).items()),
        timeout=row.timeout,
        priority=row.priority,
        lake_access=row.lake_access,
        retry_of=row.retry_of,
        start_snapshot_id=row.start_snapshot_id,
        git=row.git_commit and GitState(row.git_commit, row.git_branch, bool(row.git_dirty), row.git_remote),
        environment=row.environment,
        secrets=tuple(json.loads(row.secrets)),
        input_job_id=row.input_job_id,
        grid_id=row.grid_id,
        grid_row=row.grid_row,
        bound=None if row.bound is None else Bound(**json.loads(row.bound)),
    )
