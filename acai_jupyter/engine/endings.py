"""How a job has ended, by what its agent told, or by what is seen of one that tells nothing."""

from __future__ import annotations

import json
from typing import Final

from acai_jupyter.domain.bounds import ended_at_bound
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.jobs import Job, Outcome, Phases, Reason, Status
from acai_jupyter.domain.submissions import Report
from acai_jupyter.engine.finish import Ending
from acai_jupyter.engine.patience import HUNG
from acai_jupyter.ports.launcher import Observation
from acai_jupyter.wire.jobs import report_from_json

DIED: Final = "its agent died without a report"
_MOST_DETAIL_CHARACTERS: Final = 2000


def readable_report(report: str | None) -> Report | None:
    """A report that an agent left, where it is one: the job's own command can write where it lies."""
    try:
        return None if report is None else report_from_json(json.loads(report))
    except (AcaiError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def told_ending(job: Job, report: Report) -> Ending:
    """As the job's agent has told it."""
    phases = Phases(report.download_time, report.command_time, report.upload_time)
    return Ending(_outcome(job, report), phases, report.used, report.output_upload, report.kept_upload)


def _outcome(job: Job, report: Report) -> Outcome:
    detail = report.detail and report.detail[:_MOST_DETAIL_CHARACTERS]
    if report.ended == "exited" and report.exit_code == 0:
        return Outcome(Status.FINISHED, None, detail, 0)
    if job.kill_requested_at is not None and report.ended in ("exited", "signalled", "killed", "lost"):
        return Outcome(Status.KILLED, None, detail or job.kill_requested_by, report.exit_code, report.signal)
    if report.ended == "lost" and detail and detail.startswith(HUNG):
        return Outcome(Status.FAILED, Reason.TIMEOUT, detail)
    if report.ended == "timeout" and (bound := ended_at_bound(job.spec)) is not None:
        return Outcome(Status.FAILED, Reason.TIMEOUT, bound, report.exit_code, report.signal)
    reasons = {
        "exited": Reason.EXIT_CODE,
        "signalled": Reason.SIGNAL,
        "killed": Reason.SIGNAL,
        "timeout": Reason.TIMEOUT,
        "command": Reason.COMMAND,
        "input": Reason.INPUT,
        "output": Reason.OUTPUT,
        "out_of_memory": Reason.OUT_OF_MEMORY,
        "environment": Reason.ENVIRONMENT,
    }
    return Outcome(Status.FAILED, reasons.get(report.ended, Reason.LOST), detail, report.exit_code, report.signal)


def lost_ending(job: Job, seen: Observation | None) -> Ending:
    """As the launcher has `seen` it, where no agent tells any more."""
    detail = seen.detail[:_MOST_DETAIL_CHARACTERS] if seen and seen.detail else None
    if job.kill_requested_at is not None:
        return Ending(Outcome(Status.KILLED, None, detail or job.kill_requested_by))
    if detail == HUNG:
        return Ending(Outcome(Status.FAILED, Reason.TIMEOUT, detail))
    if seen and seen.out_of_memory:
        return Ending(Outcome(Status.FAILED, Reason.OUT_OF_MEMORY, detail))
    return Ending(Outcome(Status.FAILED, Reason.LOST, detail or DIED))
