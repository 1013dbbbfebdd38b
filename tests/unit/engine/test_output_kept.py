"""What a job has written is not lost: not while its report is late, and not where it can be no version."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from support.engine import Agent, Engine
from support.faulty_store import FaultyStore
from support.launcher import GONE

from acai_jupyter.backends.sql.tables import uploads
from acai_jupyter.domain.errors import FilesetNotFound
from acai_jupyter.domain.ids import Kind, read
from acai_jupyter.domain.jobs import Outcome, Reason, Status
from acai_jupyter.domain.uploads import UploadState


def let_uploads_expire(engine: Engine) -> None:
    """As if a day had gone by."""
    with engine.store.begin() as unit:
        unit.session.run(update(uploads).values(expires_at=0))  # type: ignore[attr-defined]


def left_with(engine: Engine, number: int = 1) -> list[str]:
    """The files of a job's output folder, as people get them."""
    page, _ = engine.job_files.for_user(engine.owner, str(number), "output", None, "http://x/")
    return [*page.paths]


@pytest.mark.parametrize("kept", [False, True])
def test_what_a_job_has_sent_waits_for_a_report_that_comes_days_later(engine: Engine, kept: bool) -> None:
    agent = engine.running(output=None if kept else "Model")
    files = {"m.pkl": b"weights"}
    sent = {"kept_upload": agent.kept(files)} if kept else {"output_upload": agent.output(files)}
    let_uploads_expire(engine)
    assert engine.uploads.sweep() == 0
    assert agent.report(**sent).status is Status.FINISHED
    assert left_with(engine) == ["m.pkl"]


def test_what_an_ended_job_has_sent_in_vain_is_swept(engine: Engine) -> None:
    agent = engine.running(output="Model")
    agent.output({"m.pkl": b"weights"})
    agent.report(exit_code=1)
    let_uploads_expire(engine)
    assert engine.uploads.sweep() == 1


def test_what_an_attempt_that_was_given_up_has_sent_is_swept(engine: Engine) -> None:
    agent = engine.launching()
    upload = read(Kind.UPLOAD, agent.output({"m.pkl": b"weights"}))
    engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    assert engine.job().attempt == 2
    let_uploads_expire(engine)
    assert engine.uploads.sweep() == 1
    with engine.store.read() as unit:
        session = unit.uploads.get(engine.owner.project_id, upload)
    assert session is not None
    assert session.state is UploadState.ABORTED


def test_an_output_that_can_be_no_version_is_kept_with_the_job_and_a_retry_begins_with_it(engine: Engine) -> None:
    agent = engine.running(output="Model", output_path="/runs/1")
    upload = agent.output({"m.pkl": b"weights", "logs/x": b"log"})
    failing = engine.another(FaultyStore(engine.store, "files.commit"))  # type: ignore[arg-type]
    moved = Agent(failing, agent.spec)
    moved.instance = agent.instance
    job = moved.report(output_upload=upload, command_time=5.0)
    why = "The database can't keep what files.commit is given. What the job wrote is kept with it."
    assert (job.outcome, job.output_id) == (Outcome(Status.FAILED, Reason.OUTPUT, why, 0), None)
    assert left_with(engine) == ["logs/x", "m.pkl"]
    with pytest.raises(FilesetNotFound):
        engine.filesets.versions(engine.owner, "Model", 0, 100)
    again = engine.registry.retry(engine.owner, "1").job
    start, _ = engine.job_files.for_agent(again, "start", None, "http://x/")
    assert [*start.paths] == ["logs/x", "m.pkl"]
