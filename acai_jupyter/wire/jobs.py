"""Jobs, events and what agents say, in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from acai_jupyter.domain.arrivals import Bound
from acai_jupyter.domain.budgets import Budget
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.clock import write as write_time
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.events import Event
from acai_jupyter.domain.ids import Kind, read, write
from acai_jupyter.domain.jobs import Job, Sample, Status, Transition, Used, exit_status
from acai_jupyter.domain.origins import GitState
from acai_jupyter.domain.pricing import MICRODOLLARS
from acai_jupyter.domain.secrets import Secret
from acai_jupyter.domain.submissions import JobDetails, Report, Submission
from acai_jupyter.domain.tables import Curve, Point
from acai_jupyter.domain.webhooks import Webhook
from acai_jupyter.wire.lake import Json
from acai_jupyter.wire.values import value_to_json

_LONGEST_SECONDS: Final = 1e9
_MOST_BYTES: Final = 2**53
_MOST_RESOURCES: Final = 10
_MOST_WORD: Final = 100
_MOST_CURSOR: Final = 20
_MB: Final = 1024 * 1024


def submission(given: Mapping[str, Any]) -> Submission:
    """A submission as a request carries it; its fields were checked against the schema."""
    command = given["command"]
    fields = {name: value for name, value in given.items() if name != "command"}
    if "secrets" in fields:
        fields["secrets"] = tuple(fields["secrets"])
    if "git" in fields:
        fields["git"] = GitState(**fields["git"])
    fields |= {"after": tuple(fields.get("after", ()))}
    return Submission(command if isinstance(command, str) else tuple(command), **fields)


def job(item: Job) -> Json:
    """A job. Times of the clock as RFC 3339, `runtime` and its parts in seconds, `cost` in dollars."""
    return {**_pins(item), **_state(item)}


def details(item: JobDetails) -> Json:
    """A job with what the platform has to say about it, and how it came to its state."""
    return {
        **job(item.job),
        "notes": list(item.job.notes),
        "history": [transition(entry) for entry in item.history],
        "after": list(item.after),
    }


def secret(item: Secret) -> Json:
    return {"name": item.name, "change_time": write_time(item.changed_at)}


def webhook(item: Webhook) -> Json:
    return {"url": item.url, "signed": item.signed, "change_time": write_time(item.changed_at)}


def transition(item: Transition) -> Json:
    return {
        "status": item.status.value,
        "progress": item.progress.value if item.progress else None,
        "reason": item.reason,
        "attempt": item.attempt,
        "time": write_time(item.at),
    }


def point(item: Point) -> Json:
    value = value_to_json(item.value)
    return {"key": item.key, "position": item.position, "step": item.step, "value": value, "time": write_time(item.at)}


def curve(item: Curve) -> Json:
    drawn = [{"step": one.step, "value": value_to_json(one.value), "time": write_time(one.at)} for one in item.points]
    return {"key": item.key, "count": item.count, "points": drawn}


def budget_to_json(item: Budget) -> Json:
    """In dollars."""
    return {
        "dollars": None if item.limit is None else item.limit / MICRODOLLARS,
        "spent": item.spent / MICRODOLLARS,
        "reserved": item.reserved / MICRODOLLARS,
        "left": None if item.limit is None else item.left / MICRODOLLARS,
    }


def sample(item: Sample) -> Json:
    return asdict(item)


def sample_cursor(text: str | None) -> tuple[int, int] | None:
    """The attempt and position after which a page begins. Raises InvalidRequest."""
    if text is None:
        return None
    attempt, _, position = text.partition(":")
    if not (text.isascii() and attempt.isdecimal() and position.isdecimal() and len(text) < _MOST_CURSOR):
        raise InvalidRequest("This cursor is none that a page of samples ended with.")
    return int(attempt), int(position)


def event(item: Event) -> Json:
    return {"number": item.number, "kind": item.kind.value, "ids": dict(item.ids), "time": write_time(item.at)}


def report_from_json(given: Mapping[str, Any]) -> Report:
    """An agent's report; fields that this platform does not know are ignored.

    Raises InvalidRequest for what can't be one: a report may also come from a file that the job's command can write.
    """

    def upload(name: str) -> UUID | None:
        return read(Kind.UPLOAD, str(given[name])) if given.get(name) else None

    return Report(
        ended=str(given["ended"]),
        exit_code=_integer(given, "exit_code"),
        signal=_integer(given, "signal"),
        detail=None if given.get("detail") is None else _keepable(given["detail"]),
        download_time=_seconds(given, "download_time"),
        command_time=_seconds(given, "command_time"),
        upload_time=_seconds(given, "upload_time"),
        output_upload=upload("output_upload"),
        kept_upload=upload("kept_upload"),
        used=_used(given),
        enforced=enforced(given),
    )


def enforced(given: Mapping[str, Any]) -> Mapping[str, str] | None:
    """By what a job's resources are held, as an agent tells it, None where it tells nothing. Raises InvalidRequest."""
    told = given.get("enforced")
    if told is None:
        return None
    if not isinstance(told, dict) or len(told) > _MOST_RESOURCES:
        raise InvalidRequest("What an agent says about limits can't be read.")
    return {_keepable(name)[:_MOST_WORD]: _keepable(how)[:_MOST_WORD] for name, how in told.items()}


def _keepable(told: object) -> str:
    """A text that a database keeps: an agent may tell the name of a file, which can be any bytes."""
    return str(told).encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _used(given: Mapping[str, Any]) -> Used:
    return Used(
        peak_memory=_bytes(given, "peak_memory"),
        cpu_time=_seconds(given, "cpu_time"),
        throttled_time=_seconds(given, "throttled_time"),
        read_bytes=_bytes(given, "read_bytes"),
        written_bytes=_bytes(given, "written_bytes"),
    )


def _bytes(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is None or (isinstance(value, int) and 0 <= value <= _MOST_BYTES):
        return value
    raise InvalidRequest(f"A report's {name} can't be {str(value)[:40]}.")


def _integer(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is None or (isinstance(value, int) and abs(value) < 2**31):
        return value
    raise InvalidRequest(f"A report's {name} can't be {str(value)[:40]}.")


def _seconds(given: Mapping[str, Any], name: str) -> float | None:
    value = given.get(name)
    if value is None or (isinstance(value, int | float) and 0 <= value < _LONGEST_SECONDS):
        return value
    raise InvalidRequest(f"A report's {name} can't be {str(value)[:40]}.")


def _pins(item: Job) -> Json:
    spec = item.spec
    return {
        "id": write(Kind.JOB, item.id),
        "number": item.number,
        "name": spec.name,
        "creator": item.creator,
        "create_time": write_time(item.created_at),
        "command": spec.command if isinstance(spec.command, str) else list(spec.command),
        "input": item.input_label,
        "input_job": item.input_job_number,
        "grid": item.grid_number,
        "grid_row": spec.grid_row,
        "output": spec.output_name,
        "output_path": spec.output_path,
        "code": _code(item),
        "git": None if spec.git is None else asdict(spec.git),
        "image": spec.image,
        "python": spec.python,
        "requirements": spec.requirements,
        "env": dict(spec.env),
        "secrets": list(spec.secrets),
        "cpu": spec.resources.cpu,
        "memory_mb": spec.resources.memory_mb,
        "gpu": spec.resources.gpu,
        "timeout": None if spec.timeout is None else spec.timeout / SECOND,
        "priority": spec.priority,
        "retry_of": item.retry_of_number,
        **_bound(spec.bound),
    }


def _bound(bound: Bound | None) -> Json:
    """In seconds and dollars."""
    if bound is None:
        names = ("max_time", "max_cost", "predicted_runtime", "predicted_low", "predicted_high")
        return {**dict.fromkeys(names), "enforce": False}
    return {
        "max_time": None if bound.max_time is None else bound.max_time / SECOND,
        "max_cost": None if bound.max_cost is None else bound.max_cost / MICRODOLLARS,
        "predicted_runtime": bound.predicted / SECOND,
        "predicted_low": bound.low / SECOND,
        "predicted_high": bound.high / SECOND,
        "enforce": bound.enforce,
    }


def _code(item: Job) -> str | None:
    if item.code_label is not None:
        return f"@{item.code_label}"
    snapshot_id = item.spec.code_snapshot_id
    return None if snapshot_id is None else write(Kind.SNAPSHOT, snapshot_id)


def _state(item: Job) -> Json:
    outcome = item.outcome
    return {
        "status": item.status.value,
        "progress": item.progress.value if item.progress else None,
        "reason": outcome.reason.value if outcome and outcome.reason else None,
        "detail": outcome.detail if outcome else None,
        "exit_code": outcome.exit_code if outcome else None,
        "signal": outcome.signal if outcome else None,
        "exit_status": exit_status(outcome) if outcome else None,
        "attempt": item.attempt,
        "waits_for": 0 if item.ended else item.waits_for,
        **_arrival(item),
        "launch_time": _time(item.launching_at),
        "start_time": _time(item.running_at),
        "end_time": _time(item.ended_at),
        "kill_requested": item.kill_requested_at is not None,
        "download_time": item.phases.download_time,
        "command_time": item.phases.command_time,
        "upload_time": item.phases.upload_time,
        "cpu_time": item.used.cpu_time,
        "throttled_time": item.used.throttled_time,
        "peak_memory": None if item.used.peak_memory is None else item.used.peak_memory / _MB,
        "read_bytes": item.used.read_bytes,
        "written_bytes": item.used.written_bytes,
        "enforced": None if item.enforced is None else dict(item.enforced),
        "runtime": None if item.runtime is None else item.runtime / SECOND,
        "cost": None if item.cost is None else item.cost / MICRODOLLARS,
        "output_version": item.output_label,
        "kept_files": None if item.kept_snapshot_id is None else write(Kind.SNAPSHOT, item.kept_snapshot_id),
    }


def _arrival(item: Job) -> Json:
    """How far a job is; when it is expected to end, as long as it runs."""
    steps, arrival = item.steps, item.arrival if item.status is Status.RUNNING else None
    return {
        "step": None if steps is None else steps.done,
        "steps": None if steps is None else steps.total,
        "eta": None if arrival is None else write_time(arrival.end),
        "eta_low": None if arrival is None else write_time(arrival.low),
        "eta_high": None if arrival is None else write_time(arrival.high),
        "late": item.late_at is not None,
    }


def _time(at: int | None) -> str | None:
    return None if at is None else write_time(at)
