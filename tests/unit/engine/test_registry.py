"""Submitting: what is pinned, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engine import Engine

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import (
    AcaiError,
    EmptyCommand,
    FilesetNotFound,
    Forbidden,
    IdempotencyKeyReused,
    InvalidName,
    InvalidReference,
    InvalidRequest,
    JobEnded,
    JobNotEnded,
    JobNotFound,
    ResourcesOutOfBounds,
    SnapshotNotFound,
)
from acai_jupyter.domain.ids import Kind, new_id, write
from acai_jupyter.domain.jobs import Status
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.ports.launcher import Capacity


def nothing_stored(engine: Engine) -> bool:
    with engine.store.read() as unit:
        return unit.jobs.count_unended() == 0 and not unit.jobs.page(engine.owner.project_id, [], None, 10)


def test_a_share_of_a_cpu_that_cant_be_held_is_noted(engine: Engine) -> None:
    engine.launcher.place = Capacity(8.0, 8192, 0, frozenset({"cpu"}), whole_cpus=True)
    assert engine.submit(cpu=1.5).job.notes == ("cpu=1.5 is held to 2: this machine can only give whole CPUs",)
    assert engine.submit(cpu=2).job.notes == ()


def test_a_submitted_job_is_queued_with_the_next_number(engine: Engine) -> None:
    first, second = engine.submit("true").job, engine.submit("true").job
    assert [first.status, second.status] == [Status.QUEUED, Status.QUEUED]
    assert [first.number, second.number, first.attempt] == [1, 2, 0]
    assert [entry.status for entry in engine.registry.get(engine.owner, "1").history] == [Status.QUEUED]


def test_the_input_is_pinned_to_the_version_of_the_moment(engine: Engine) -> None:
    engine.fileset("Digits", {"/data/a": b"1"})
    job = engine.submit(input="Digits").job
    engine.fileset("Digits", {"/data/a": b"2"})
    assert job.input_label == engine.job().input_label == "Digits:1"
    assert engine.submit(input="@Digits").job.input_label == "Digits:2"
    assert engine.submit(input="Digits:1").job.input_label == "Digits:1"


def test_code_is_a_snapshot_or_a_pinned_file_set(engine: Engine) -> None:
    snapshot = engine.code({"train.py": b"print(1)"})
    assert write(Kind.SNAPSHOT, engine.submit(code=snapshot).job.spec.code_snapshot_id or new_id()) == snapshot
    engine.fileset("Code", {"/train.py": b"1"})
    job = engine.submit(code="@Code").job
    assert job.spec.code_snapshot_id is None
    assert job.spec.code_fileset_id == engine.filesets.get(engine.owner, "Code:1").id


def test_resources_are_rounded_up_to_the_grid_and_it_is_said(engine: Engine) -> None:
    details = engine.submit(cpu=1.2, memory="600MB")
    assert details.job.spec.resources == Resources(1.5, 768)
    assert details.job.notes == ("cpu rounded up from 1.2 to 1.5", "memory rounded up from 600MB to 768MB")
    assert engine.submit().job.spec.resources == engine.settings.default_resources
    assert engine.submit(memory="2GiB").job.notes == ()


def test_a_job_keeps_the_prices_of_its_submission(engine: Engine) -> None:
    engine.submit()
    dearer = Engine(engine.folder, engine.store_url, EngineSettings(prices=PriceTable(cpu_hour=99.0)), store=engine.store)
    assert dearer.job().spec.prices == PriceTable()
    assert dearer.submit().job.spec.prices.cpu_hour == 99.0


def test_everything_else_is_pinned_as_given(engine: Engine) -> None:
    wanted = {"name": "train", "output": "Model", "timeout": "2h", "priority": 3, "env": {"B": "2", "A": "1"}, "python": "/py"}
    spec = engine.submit(("python", "train.py"), image="torch:2", **wanted).job.spec
    assert (spec.command, spec.name, spec.output_name, spec.output_path) == (("python", "train.py"), "train", "Model", "/Model/")
    assert (spec.timeout, spec.priority, spec.python, spec.image) == (7200 * SECOND, 3, "/py", "torch:2")
    assert dict(spec.env) == {"A": "1", "B": "2"}
    assert engine.job().spec == spec


def test_an_image_that_is_not_used_is_said(engine: Engine) -> None:
    assert engine.submit(image="torch:2").job.notes == ("image torch:2 is not used: jobs run as local processes here",)


@pytest.mark.parametrize("folder", ["/runs/today", "/runs/today/"])
def test_the_output_goes_to_the_folder_that_is_named(engine: Engine, folder: str) -> None:
    assert engine.submit(output="Model", output_path=folder).job.spec.output_path == "/runs/today/"


REFUSED: list[tuple[dict[str, Any], type[AcaiError], str]] = [
    ({"command": ""}, EmptyCommand, "empty"),
    ({"command": " \n"}, EmptyCommand, "empty"),
    ({"command": ()}, EmptyCommand, "empty"),
    ({"command": ("", "x")}, EmptyCommand, "empty"),
    ({"command": "a\0b"}, InvalidRequest, "NUL"),
    ({"command": "x" * 100_001}, InvalidRequest, "100000 characters"),
    ({"cpu": 0.4}, ResourcesOutOfBounds, "0.5 to 8 vCPU"),
    ({"cpu": 8.5}, ResourcesOutOfBounds, "0.5 to 8 vCPU"),
    ({"cpu": float("nan")}, ResourcesOutOfBounds, "0.5 to 8 vCPU"),
    ({"memory": 511}, ResourcesOutOfBounds, "512MB to 8192MB"),
    ({"memory": "9GiB"}, ResourcesOutOfBounds, "512MB to 8192MB"),
    ({"memory": "much"}, InvalidRequest, "2GiB"),
    ({"gpu": 1}, ResourcesOutOfBounds, "at most 0"),
    ({"gpu": -1}, ResourcesOutOfBounds, "at most 0"),
    ({"timeout": "soon"}, InvalidRequest, "2h"),
    ({"timeout": 0}, InvalidRequest, "out of bounds"),
    ({"name": " "}, InvalidRequest, "1 to 200 characters"),
    ({"name": "x" * 201}, InvalidRequest, "1 to 200 characters"),
    ({"name": "two\nlines"}, InvalidRequest, "in one line"),
    ({"image": ""}, InvalidRequest, "image"),
    ({"python": "py\0thon"}, InvalidRequest, "python"),
    ({"priority": 1001}, InvalidRequest, "-1000 and 1000"),
    ({"env": {"1A": "x"}}, InvalidRequest, "letters, digits and _"),
    ({"env": {"A": "x\0"}}, InvalidRequest, "NUL"),
    ({"env": {"ACAI_TOKEN": "x"}}, InvalidRequest, "platform's own"),
    ({"env": {"A": "x" * 64_001}}, InvalidRequest, "64000 characters"),
    ({"output": "no/name"}, InvalidName, "no/name"),
    ({"output": "-x"}, InvalidName, "-x"),
    ({"output_path": "/x/"}, InvalidRequest, "needs an output"),
    ({"output": "Model", "output_path": "/a/../b/"}, AcaiError, ".."),
    ({"output": "Model", "output_path": "relative/"}, AcaiError, "relative"),
    ({"output": "Model", "output_path": "/a/*/"}, InvalidReference, "*"),
    ({"input": "Nothing"}, FilesetNotFound, "Nothing"),
    ({"input": "Digits:9"}, FilesetNotFound, "Digits"),
    ({"input": "/data/a"}, InvalidReference, "/data/a"),
    ({"code": "@Nothing"}, FilesetNotFound, "Nothing"),
    ({"code": "snapshot_0190000000007000800000000000000a"}, SnapshotNotFound, "upload it again"),
    ({"code": "snapshot_x"}, InvalidRequest, "snapshot_x"),
]


@pytest.mark.parametrize(("wanted", "error", "said"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_refused_and_nothing_is_stored(
    engine: Engine, wanted: dict[str, Any], error: type[AcaiError], said: str
) -> None:
    engine.fileset("Digits", {"/data/a": b"1"})
    with pytest.raises(error) as raised:
        engine.submit(**wanted)
    assert said in raised.value.message
    assert "\n" not in raised.value.message
    assert nothing_stored(engine)


def test_a_jobs_agent_may_not_submit(engine: Engine) -> None:
    agent = engine.running()
    with pytest.raises(Forbidden):
        engine.submit(principal=agent.principal)


def test_a_repeated_submission_with_a_key_is_one_job(engine: Engine) -> None:
    wanted = Submission("true", env={"A": "1"})
    first = engine.registry.submit(engine.owner, wanted, "key")
    assert engine.registry.submit(engine.owner, wanted, "key").job == first.job
    assert engine.registry.submit(engine.owner, wanted, "another").job.number == 2
    with pytest.raises(IdempotencyKeyReused):
        engine.registry.submit(engine.owner, Submission("false"), "key")
    assert engine.registry.submit(engine.user("bob"), wanted, "key").job.number == 3


def test_a_retry_has_the_same_pins_and_begins_with_what_was_kept(engine: Engine) -> None:
    engine.fileset("Digits", {"/data/a": b"1"})
    agent = engine.running("train", input="Digits", output="Model", cpu=2)
    agent.report(exit_code=1, kept_upload=agent.kept({"checkpoint": b"half"}))
    engine.fileset("Digits", {"/data/a": b"2"})
    retried = engine.registry.retry(engine.owner, "1", "key").job
    assert (retried.number, retried.status, retried.retry_of_number, retried.input_label) == (2, Status.QUEUED, 1, "Digits:1")
    assert retried.spec.start_snapshot_id == engine.job(1).kept_snapshot_id is not None
    assert (retried.spec.resources, retried.spec.prices) == (agent.job.spec.resources, agent.job.spec.prices)
    assert engine.registry.retry(engine.owner, "1", "key").job == retried


def test_a_job_that_has_not_ended_is_not_retried(engine: Engine) -> None:
    engine.running()
    with pytest.raises(JobNotEnded, match="RUNNING"):
        engine.registry.retry(engine.owner, "1")


@pytest.mark.parametrize("reference", ["2", "0", "-1", "job_1", "job_" + "0" * 32, "train", "", "1" * 19, "١"])
def test_an_unknown_job_is_not_found(engine: Engine, reference: str) -> None:
    engine.submit()
    with pytest.raises((JobNotFound, InvalidRequest)) as raised:
        engine.registry.get(engine.owner, reference)
    assert "\n" not in raised.value.message


def test_a_job_is_found_by_number_and_by_id(engine: Engine) -> None:
    job = engine.submit().job
    assert engine.registry.get(engine.owner, "1").job == engine.registry.get(engine.owner, write(Kind.JOB, job.id)).job == job


def test_another_projects_job_is_not_found(engine: Engine) -> None:
    job = engine.submit().job
    _, token = engine.access.create_project(engine.owner, "elsewhere", "eve")
    eve = engine.access.authenticate(token)
    for reference in ("1", write(Kind.JOB, job.id)):
        with pytest.raises(JobNotFound):
            engine.registry.kill(eve, reference)
    assert engine.registry.page(eve, [], None, 10) == []


def test_a_waiting_job_is_killed_at_once_and_only_once(engine: Engine) -> None:
    engine.submit()
    killed = engine.registry.kill(engine.owner, "1").job
    assert (killed.status, killed.outcome and killed.outcome.detail) == (Status.KILLED, "by ada")
    with pytest.raises(JobEnded, match="KILLED"):
        engine.registry.kill(engine.owner, "1")
    engine.tick()
    assert engine.launcher.specs == []


def test_pages_of_jobs_go_from_new_to_old_without_a_gap(engine: Engine) -> None:
    for _ in range(5):
        engine.submit()
    engine.registry.kill(engine.owner, "3")
    assert [job.number for job in engine.registry.page(engine.owner, [], None, 2)] == [5, 4]
    assert [job.number for job in engine.registry.page(engine.owner, [], 4, 9)] == [3, 2, 1]
    assert [job.number for job in engine.registry.page(engine.owner, [Status.QUEUED], 5, 2)] == [4, 2]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3).map(tuple)))
def test_any_command_is_kept_as_it_is_or_refused(engine: Engine, command: str | tuple[str, ...]) -> None:
    try:
        job = engine.submit(command).job
    except AcaiError as error:
        assert "\n" not in error.message
    else:
        assert engine.job(job.number).spec.command == command
