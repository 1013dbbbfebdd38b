"""Profiles, predictions and quotes, in JSON. Seconds and dollars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.clock import write as write_time
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.jobs import Status
from acai_jupyter.domain.pricing import MICRODOLLARS
from acai_jupyter.domain.profiles import CPUS, MEMORIES_MB, STOPPED_EARLY, Profile, ProfileDetails, ProfileRequest, ProfileTrial
from acai_jupyter.domain.quotes import CONFIDENCE, GridQuote, Limits, Option, Quote
from acai_jupyter.domain.resources import parse_duration
from acai_jupyter.wire.jobs import submission
from acai_jupyter.wire.lake import Json

_SHARED = ("input", "code", "image", "python", "env", "timeout", "priority")


def profile_request(given: Mapping[str, Any]) -> ProfileRequest:
    """A request to profile; its fields were checked against the schema."""
    shared = {name: given[name] for name in _SHARED if name in given}
    return ProfileRequest(
        name=given["name"],
        submission=submission({"command": given["command_template"], **shared}),
        cpus=tuple(float(cpu) for cpu in given.get("cpus") or CPUS),
        memories_mb=tuple(given.get("memories_mb") or MEMORIES_MB),
        max_trials=given.get("trials"),
        max_cost=given.get("budget"),
        again=bool(given.get("again")),
    )


def limits(given: Mapping[str, Any]) -> Limits:
    """Bounds as a request carries them; `max_time` also as text such as `20m`. Raises InvalidRequest."""
    max_time = given.get("max_time")
    confidence = given.get("confidence")
    return Limits(
        None if max_time is None else parse_duration(max_time),
        given.get("max_cost"),
        CONFIDENCE if confidence is None else confidence,
    )


def bounds(given: Mapping[str, Any]) -> tuple[Limits | None, bool]:
    """The bounds of a submission, None where it has none, and whether they are enforced.

    Raises InvalidRequest for a confidence, or enforcing, without a bound.
    """
    found, enforce = limits(given), bool(given.get("enforce"))
    if found.bound:
        return found, enforce
    for name in ("confidence", "enforce"):
        if given.get(name):
            raise InvalidRequest(f"{name} goes with a bound: give max_time or max_cost.")
    return None, False


def profile(item: Profile) -> Json:
    new = item.new
    return {
        "id": write(Kind.PROFILE, item.id),
        "name": item.name,
        "creator": item.creator,
        "create_time": write_time(item.created_at),
        "end_time": None if item.ended_at is None else write_time(item.ended_at),
        "command_template": item.template,
        "input": new.submission.input,
        "code": new.submission.code,
        "status": item.status.value,
        "detail": item.detail,
        "law": item.law,
        "grid_size": len(new.grid),
        "trials": new.max_trials,
        "budget": None if new.max_cost is None else new.max_cost / MICRODOLLARS,
        "notes": list(new.notes),
    }


def profile_details(item: ProfileDetails) -> Json:
    return {**profile(item.profile), "jobs": [profile_trial(trial) for trial in item.trials]}


def profile_trial(item: ProfileTrial) -> Json:
    job = item.job
    return {
        "number": item.number,
        "values": [float(text) for text in item.trial.values],
        "cpu": item.trial.cpu,
        "memory_mb": item.trial.memory_mb,
        "job": job.number,
        "status": job.status.value,
        "reason": _reason(item),
        "runtime": None if job.runtime is None else job.runtime / SECOND,
        "cost": None if job.cost is None else job.cost / MICRODOLLARS,
    }


def _reason(item: ProfileTrial) -> str | None:
    """Why a trial ended before its end."""
    outcome = item.job.outcome
    if outcome is None or outcome.status is Status.FINISHED:
        return None
    if item.job.kill_requested_by == STOPPED_EARLY:
        return "stopped early"
    if item.straggler:
        return "straggler"
    return outcome.reason.value if outcome.reason else None


def option(item: Option) -> Json:
    """A configuration with its prediction; `low` and `high` bound a 90 % interval. `warning`: why it may be too little."""
    low, high = item.cost_range
    return {
        "cpu": item.resources.cpu,
        "memory_mb": item.resources.memory_mb,
        "runtime": item.seconds,
        "runtime_low": item.low,
        "runtime_high": item.high,
        "cost": item.cost,
        "cost_low": low,
        "cost_high": high,
        "extrapolation": item.extrapolated,
        "warning": item.warning,
    }


def quote(item: Quote) -> Json:
    choice = item.choice
    return {
        "profile": item.profile,
        "command": item.command,
        "values": list(item.values),
        "max_time": item.limits.max_time,
        "max_cost": item.limits.max_cost,
        "confidence": item.limits.confidence,
        "met": choice.met,
        "why": choice.why,
        "chosen": option(choice.chosen),
        "alternatives": [option(one) for one in choice.alternatives],
        "excluded": list(choice.excluded),
        "law": item.law,
        "runs": item.runs,
    }


def grid_quote(item: GridQuote) -> Json:
    """A grid's quote, its rows in order. `cost_low` and `cost_high` bound what all rows cost together."""
    low, high = item.cost_range
    return {
        "max_time": item.limits.max_time,
        "max_cost": item.limits.max_cost,
        "confidence": item.limits.confidence,
        "met": item.met,
        "why": item.why,
        "cost": item.cost,
        "cost_low": low,
        "cost_high": high,
        "runtime": item.seconds,
        "rows": [{"command": row.command, "profile": row.profile, "chosen": option(row.choice.chosen)} for row in item.rows],
    }
