"""The states of jobs and uploads."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import JobEnded, UploadNotPending
from acai_jupyter.domain.jobs import ACTIVE, TERMINAL, Job, JobSpec, Outcome, Status, exit_status, require_move
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.uploads import Purpose, UploadSession, UploadState

ID = UUID(int=7)
JOB = Job(ID, ID, 12, ID, "john", JobSpec("true", Resources(1, 1024), PriceTable()), Status.QUEUED, 0, 0)
ALLOWED = {
    (Status.QUEUED, Status.LAUNCHING),
    (Status.LAUNCHING, Status.LAUNCHING),
    (Status.LAUNCHING, Status.RUNNING),
    (Status.RUNNING, Status.FINISHED),
    *((before, end) for before in (Status.QUEUED, Status.LAUNCHING, Status.RUNNING) for end in (Status.FAILED, Status.KILLED)),
}


def moves(job: Job, to: Status) -> bool:
    try:
        require_move(job, to)
    except JobEnded:
        return False
    return True


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_a_job_moves_only_along_the_arrows_of_the_design(before: Status, after: Status) -> None:
    assert moves(replace(JOB, status=before), after) == ((before, after) in ALLOWED)


def test_a_move_that_comes_too_late_names_the_job_and_its_state() -> None:
    with pytest.raises(JobEnded, match="Job 12 is KILLED and can't become FINISHED"):
        require_move(replace(JOB, status=Status.KILLED), Status.FINISHED)


@given(st.lists(st.sampled_from(Status), max_size=30))
def test_whatever_is_tried_a_job_ends_once_and_finishes_only_after_running(tried: list[Status]) -> None:
    job, history = JOB, [JOB.status]
    for to in tried:
        if moves(job, to):
            job = replace(job, status=to)
            history.append(to)
    assert sum(status in TERMINAL for status in history) <= 1
    assert not any(status in TERMINAL for status in history[:-1])
    assert history.count(Status.QUEUED) == 1 and history.count(Status.RUNNING) <= 1
    assert Status.FINISHED not in history or history[-2] is Status.RUNNING
    assert job.ended == (history[-1] in TERMINAL)


def test_every_state_is_waiting_active_or_terminal() -> None:
    assert TERMINAL | ACTIVE | {Status.QUEUED} == set(Status)
    assert not TERMINAL & ACTIVE


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(Status.FINISHED, exit_code=0), 0),
        (Outcome(Status.FAILED, exit_code=3), 3),
        (Outcome(Status.FAILED, signal=9), 137),
        (Outcome(Status.FAILED, exit_code=0), 1),
        (Outcome(Status.FAILED), 1),
        (Outcome(Status.KILLED), 1),
        (Outcome(Status.KILLED, signal=15), 143),
    ],
)
def test_a_command_that_waits_for_a_job_ends_as_the_job_did(outcome: Outcome, code: int) -> None:
    assert exit_status(outcome) == code


@pytest.mark.parametrize("state", UploadState)
def test_an_upload_takes_only_calls_that_fit_its_state(state: UploadState) -> None:
    session = UploadSession(ID, ID, ID, Purpose.FILES, state, None, 0, 0)
    session.require(state)
    session.require(*UploadState)
    others = [other for other in UploadState if other is not state]
    with pytest.raises(UploadNotPending, match=f"This upload is {state}, not {others[0]}") as caught:
        session.require(*others)
    assert caught.value.code == "upload_not_pending"
