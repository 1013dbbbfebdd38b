"""Finishing a job: its output, exactly as it is to be, and all of it or nothing."""

from __future__ import annotations

import sqlite3

import pytest
from support.engine import Agent, Engine
from support.faulty_store import FaultyStore

from acai_jupyter.domain.errors import FilesetNotFound, StoreUnavailable
from acai_jupyter.domain.ids import Kind, read
from acai_jupyter.domain.jobs import Outcome, Reason, Status
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.provenance import Direction
from acai_jupyter.engine.finish import Ending, finish


def files_of(engine: Engine, reference: str) -> list[str]:
    page, _ = engine.files.page(engine.owner, f"/@{reference}", None, 100)
    return [f"{file.path}:{file.version}" for file in page]


def left_with(engine: Engine, number: int = 1) -> list[str]:
    """The files of a job's output folder, as people get them."""
    page, _ = engine.job_files.for_user(engine.owner, str(number), "output", None, "http://x/")
    return [*page.paths]


def versions(engine: Engine, name: str) -> int:
    try:
        return len(engine.filesets.versions(engine.owner, name, 0, 100))
    except FilesetNotFound:
        return 0


def edges(engine: Engine) -> int:
    return len(engine.provenance.graph(engine.owner).edges)


def trained(engine: Engine) -> Agent:
    """An agent whose command has read `Digits:1` and is about to report its output for `Model`."""
    engine.fileset("Digits", {"/data/a": b"1"})
    agent = engine.running("train", input="Digits", output="Model")
    agent.log(b"[ACAI_TAG_NUM] fileset accuracy:0.9\n[ACAI_TAG] job note:mine\n")
    return agent


def test_a_finished_jobs_output_is_a_version_with_its_edge_and_its_metadata(engine: Engine) -> None:
    agent = trained(engine)
    job = agent.report(output_upload=agent.output({"m.pkl": b"weights", "logs/x": b"log"}))
    assert (job.status, job.output_label, job.kept_snapshot_id) == (Status.FINISHED, "Model:1", None)
    assert files_of(engine, "Model:1") == ["/Model/logs/x:1", "/Model/m.pkl:1"]
    (edge,) = engine.provenance.trace(engine.owner, "Model:1", Direction.BACKWARD).edges
    assert (edge.source, edge.target) == (engine.job().spec.input_id, job.output_id)
    found = engine.metadata.get(engine.owner, ArtifactKind.FILESETS, "Model:1")
    assert found.values == {"accuracy": 0.9}
    assert engine.metadata.get(engine.owner, ArtifactKind.JOBS, "1").values == {"accuracy": 0.9, "note": "mine"}
    assert left_with(engine) == ["logs/x", "m.pkl"]


def test_what_the_log_says_of_the_output_is_on_the_job_while_it_runs(engine: Engine) -> None:
    trained(engine)
    assert engine.metadata.get(engine.owner, ArtifactKind.JOBS, "1").values["accuracy"] == 0.9
    assert versions(engine, "Model") == 0


def test_the_output_goes_to_the_folder_that_was_asked_for(engine: Engine) -> None:
    agent = engine.running(output="Model", output_path="/runs/1")
    agent.report(output_upload=agent.output({"m": b"1"}))
    assert files_of(engine, "Model") == ["/runs/1/m:1"]
    assert left_with(engine) == ["m"]


def test_exactly_the_files_that_were_written_are_the_new_version(engine: Engine) -> None:
    first = engine.running(output="Model")
    first.report(output_upload=first.output({"a": b"1", "b": b"1"}))
    second = engine.running(output="Model")
    second.report(output_upload=second.output({"b": b"2"}))
    assert files_of(engine, "Model:1") == ["/Model/a:1", "/Model/b:1"]
    assert files_of(engine, "Model:2") == ["/Model/b:2"]


def test_the_same_output_is_a_new_version_all_the_same(engine: Engine) -> None:
    for number in (1, 2):
        agent = engine.running(output="Model")
        assert agent.report(output_upload=agent.output({"m": b"same"})).output_label == f"Model:{number}"
    assert files_of(engine, "Model:2") == ["/Model/m:2"]


def test_no_file_written_makes_no_version_and_no_edge(engine: Engine) -> None:
    job = trained(engine).report()
    assert (job.status, job.output_id, job.output_label) == (Status.FINISHED, None, None)
    assert (versions(engine, "Model"), edges(engine)) == (0, 0)
    assert left_with(engine) == []


def test_without_an_input_there_is_an_output_that_came_from_nothing(engine: Engine) -> None:
    agent = engine.running(output="Model")
    agent.report(output_upload=agent.output({"m": b"1"}))
    graph = engine.provenance.trace(engine.owner, "Model:1", Direction.BACKWARD)
    assert (len(graph.nodes), len(graph.edges)) == (1, 0)


def test_without_an_output_set_the_folder_is_kept_with_the_job_alone(engine: Engine) -> None:
    agent = engine.running()
    job = agent.report(kept_upload=agent.kept({"m": b"1"}))
    assert (job.status, job.output_id) == (Status.FINISHED, None)
    assert job.kept_snapshot_id is not None
    assert left_with(engine) == ["m"]
    assert edges(engine) == 0


@pytest.mark.parametrize(("ended", "exit_code", "kill"), [("exited", 1, False), ("timeout", None, False), ("killed", None, True)])
def test_the_partial_output_of_what_did_not_finish_is_kept_and_never_a_version(
    engine: Engine, ended: str, exit_code: int | None, kill: bool
) -> None:
    agent = trained(engine)
    if kill:
        engine.registry.kill(engine.owner, "1")
    job = agent.report(ended, exit_code, kept_upload=agent.kept({"checkpoint": b"half"}))
    assert job.status is (Status.KILLED if kill else Status.FAILED)
    assert (versions(engine, "Model"), edges(engine), job.output_id) == (0, 0, None)
    assert left_with(engine) == ["checkpoint"]


def test_an_output_of_a_job_that_failed_is_not_taken_even_if_it_was_sent(engine: Engine) -> None:
    agent = trained(engine)
    agent.report(exit_code=1, output_upload=agent.output({"m": b"1"}))
    assert (versions(engine, "Model"), edges(engine)) == (0, 0)


def test_an_output_that_cannot_be_taken_fails_the_job_and_says_why(engine: Engine) -> None:
    agent = trained(engine)
    upload = agent.output({"m": b"1"})
    engine.uploads.abort(agent.principal, read(Kind.UPLOAD, upload))
    outcome = agent.report(output_upload=upload).outcome
    assert outcome == Outcome(Status.FAILED, Reason.OUTPUT, "This upload is aborted, not sealed: begin a new one.", 0)
    assert (versions(engine, "Model"), edges(engine)) == (0, 0)


def test_an_upload_of_another_job_is_not_taken_for_this_ones(engine: Engine) -> None:
    agent, other = trained(engine), engine.running(output="Other")
    job = agent.report(output_upload=other.output({"m": b"1"}))
    assert job.outcome is not None
    assert (job.status, job.outcome.reason) == (Status.FAILED, Reason.OUTPUT)
    assert versions(engine, "Model") == 0


@pytest.mark.parametrize(("kill", "status", "reason"), [(True, Status.KILLED, None), (False, Status.FAILED, Reason.EXIT_CODE)])
def test_a_kept_folder_that_is_gone_does_not_change_how_a_job_ended(
    engine: Engine, kill: bool, status: Status, reason: Reason | None
) -> None:
    agent = engine.running()
    if kill:
        engine.registry.kill(engine.owner, "1")
    upload = agent.kept({"checkpoint": b"half"})
    engine.uploads.abort(agent.principal, read(Kind.UPLOAD, upload))
    outcome = agent.report("exited", 3, kept_upload=upload, detail="Not taken: a pipe.").outcome
    assert outcome is not None
    assert (outcome.status, outcome.reason, outcome.exit_code) == (status, reason, 3)
    assert outcome.detail is not None
    assert outcome.detail.startswith("Not taken: a pipe. The output folder could not be kept: ")


def test_a_job_never_commits_its_own_upload(engine: Engine) -> None:
    agent = trained(engine)
    upload = read(Kind.UPLOAD, agent.output({"m": b"1"}))
    with pytest.raises(Exception, match="committed when the job ends"):
        engine.uploads.commit(agent.principal, upload)


def test_finishing_is_all_or_nothing_at_every_single_step(engine: Engine) -> None:
    agent = trained(engine)
    upload = read(Kind.UPLOAD, agent.output({"m.pkl": b"weights", "x": b"y"}))
    job = agent.job
    ending = Ending(Outcome(Status.FINISHED, exit_code=0), output_upload=upload)
    before = dump(engine)
    failed_at = []
    for step in range(1, 100):
        store = FaultyStore(engine.store, step)
        try:
            finish(store, job, ending)
        except StoreUnavailable:
            failed_at.append(store.done[-1])
            assert dump(engine) == before, f"something stays of what was done before {store.done[-1]} failed"
        else:
            break
    assert engine.job().output_label == "Model:1"
    # Everything that finishing is made of was among the steps.
    steps = {"files.commit", "filesets.add", "provenance.add", "metadata.copy_staged", "jobs.move", "jobs.set_result"}
    assert steps | {"logs.finish", "access.revoke_job_tokens", "events.append"} <= set(failed_at)


def test_a_report_is_taken_when_it_is_sent_again_after_a_failure(engine: Engine) -> None:
    agent = trained(engine)
    upload = agent.output({"m": b"1"})
    failing = engine.another(FaultyStore(engine.store, 8))  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        Agent.report(_on(agent, failing), output_upload=upload)
    assert agent.job.status is Status.RUNNING
    assert agent.report(output_upload=upload).output_label == "Model:1"


def _on(agent: Agent, engine: Engine) -> Agent:
    """The same agent, talking to another server."""
    moved = Agent(engine, agent.spec)
    moved.instance = agent.instance
    return moved


def dump(engine: Engine) -> list[str]:
    """All that the database holds."""
    connection = sqlite3.connect(engine.folder / "acai.db")
    try:
        return list(connection.iterdump())
    finally:
        connection.close()
