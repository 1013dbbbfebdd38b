"""Grids: the product of a template's values as jobs, submitted together or not at all, and looked after as one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from support.engine import Engine
from support.faulty_store import FaultyStore

from acai_jupyter.domain.errors import (
    AcaiError,
    BudgetExceeded,
    Forbidden,
    GridNotFound,
    InvalidRequest,
    LimitExceeded,
    ResourcesOutOfBounds,
    SecretNotFound,
    StoreUnavailable,
)
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.grids import GridState, GridSubmission
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.jobs import Reason, Status
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.queries import Asker
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.domain.tables import Column

TRAIN = "train --depth {2,6} --trees {200,400,600} --fmt {{x}}"


def submit(engine: Engine, command: str | tuple[str, ...] = TRAIN, input_grid: str | None = None, **wanted: Any) -> GridState:
    key = wanted.pop("key", None)
    who = wanted.pop("who", engine.owner)
    return engine.grids.submit(who, GridSubmission(Submission(command, **wanted), input_grid), key)


def commands(engine: Engine, number: int = 1) -> list[object]:
    return [row.job.spec.command for row in engine.grids.rows(engine.owner, str(number), 0, 10_000)]


def run(engine: Engine, failing: tuple[int, ...] = (), output: bool = False) -> None:
    """Run all jobs that have their turn, and those that get it, to their end."""
    while True:
        engine.tick()
        active = engine.registry.page(engine.owner, [Status.LAUNCHING], None, 1000)
        if not active:
            return
        for job in active:
            agent = engine.agent(job.number)
            agent.claim()
            written = {"output_upload": agent.output({"m": str(job.number).encode()})} if output else {}
            agent.report(exit_code=int(job.number in failing), command_time=1.0, **written)


def statuses(engine: Engine, number: int = 1) -> dict[str, int]:
    counts = engine.grids.get(engine.owner, str(number)).summary.counts
    return {status.value: count for status, count in counts.items()}


def test_a_grid_is_a_job_for_every_combination(engine: Engine) -> None:
    state = submit(engine, name="forest", cpu=2)
    assert (state.grid.number, state.grid.row_count, state.summary.counts) == (1, 6, {Status.QUEUED: 6})
    rows = engine.grids.rows(engine.owner, "1", 0, 100)
    assert commands(engine)[:2] == ["train --depth 2 --trees 200 --fmt {x}", "train --depth 2 --trees 400 --fmt {x}"]
    assert [dict(row.arguments) for row in rows][-1] == {"depth": 6.0, "trees": 600.0}
    assert {row.job.spec.resources.cpu for row in rows} == {2.0}
    assert rows[3].job.spec.name == "forest depth=6 trees=200"
    assert [(row.job.spec.grid_row, row.job.grid_number) for row in rows] == [(n, 1) for n in range(1, 7)]


def test_arguments_are_metadata_of_the_jobs(engine: Engine) -> None:
    submit(engine, "fit --model {svm,bert} --rate {-1,1e-3}")
    (found,) = [c for c in find(engine, 'arg.model == "bert" and arg.rate < 0') if c.name == "number"]
    assert found.values == [3]


def find(engine: Engine, query: str) -> list[Column]:
    return engine.metadata.find(engine.owner, ArtifactKind.JOBS, query, Asker(datetime(2026, 11, 21, tzinfo=UTC)))


def test_a_list_of_arguments_may_hold_hints_too(engine: Engine) -> None:
    submit(engine, ("python", "-c", "print({{}})", "--name", "{a b,c}"))
    assert commands(engine) == [("python", "-c", "print({})", "--name", text) for text in ("a b", "c")]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("train --depth 2", "no hints"),
        ("train --depth {2}", "at least two"),
        ("echo ${HOME}", "doubled"),
        ("train --depth {2,2}", "twice"),
        ("train --depth {2,", "does not close"),
    ],
)
def test_a_template_that_is_none_is_refused(engine: Engine, command: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        submit(engine, command)
    assert engine.registry.unended() == 0


def test_too_many_combinations_are_refused_before_anything_starts(engine: Engine) -> None:
    values = ",".join(map(str, range(101)))
    with pytest.raises(LimitExceeded, match="10,201 jobs"):
        submit(engine, f"train --a {{{values}}} --b {{{values}}}")
    with pytest.raises(LimitExceeded):
        submit(engine, "train " + "--a {1,2,3,4,5,6,7,8,9,0} " * 300)
    assert (engine.registry.unended(), engine.grids.page(engine.owner, None, 10)) == (0, [])


def test_a_grid_is_submitted_whole_or_not_at_all(engine: Engine) -> None:
    for step in range(1, 60):
        failing = engine.another(FaultyStore(engine.store, step))  # type: ignore[arg-type]
        try:
            submit(failing, key="k")
        except StoreUnavailable:
            assert engine.registry.unended() == 0
        else:
            break
    assert step > 5
    assert submit(engine, key="k").grid.number == submit(engine, key="k").grid.number
    assert engine.registry.unended() == 6


def test_a_grid_may_have_thousands_of_jobs(engine: Engine) -> None:
    values = ",".join(map(str, range(50)))
    assert submit(engine, f"train --a {{{values}}} --b {{{values}}}").grid.row_count == 2500
    assert len(set(commands(engine))) == 2500


def test_how_a_grid_stands_is_counted(engine: Engine) -> None:
    submit(engine)
    assert engine.grids.get(engine.owner, "1").summary.status is Status.QUEUED
    engine.tick()
    assert engine.grids.get(engine.owner, "1").summary.status is Status.RUNNING
    run(engine, failing=(2,))
    state = engine.grids.get(engine.owner, "1")
    assert (statuses(engine), state.summary.status) == ({"FINISHED": 5, "FAILED": 1}, Status.FAILED)
    assert state.summary.runtime == 6_000_000
    assert state.summary.cost > 0


def test_a_retry_submits_only_what_did_not_finish_in_its_own_rows(engine: Engine) -> None:
    submit(engine)
    run(engine, failing=(2, 5))
    before = engine.grids.rows(engine.owner, "1", 0, 100)
    engine.grids.retry(engine.owner, "1", key="r")
    assert engine.grids.retry(engine.owner, "1", key="r").summary.counts == {Status.FINISHED: 4, Status.QUEUED: 2}
    run(engine)
    after = engine.grids.rows(engine.owner, "1", 0, 100)
    assert statuses(engine) == {"FINISHED": 6}
    assert [row.job.number for row in after] == [1, 7, 3, 4, 8, 6]
    assert [row.arguments for row in after] == [row.arguments for row in before]
    engine.grids.retry(engine.owner, "1")
    assert engine.registry.unended() == 0


def test_a_retry_of_one_job_takes_its_place_in_the_grid(engine: Engine) -> None:
    submit(engine)
    run(engine, failing=(2,))
    engine.registry.retry(engine.owner, "2")
    run(engine)
    assert statuses(engine) == {"FINISHED": 6}
    assert engine.grids.rows(engine.owner, "1", 1, 1)[0].arguments == {"depth": 2.0, "trees": 400.0}


def test_a_kill_ends_every_job_also_those_that_run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acai_jupyter.workflows.grids._KILLED_AT_ONCE", 2)
    submit(engine)
    engine.tick()
    agent = engine.agent(1)
    agent.claim()
    engine.grids.kill(engine.owner, "1")
    assert statuses(engine) == {"KILLED": 2, "LAUNCHING": 3, "RUNNING": 1}
    assert agent.beat() is True
    agent.report("killed", None)
    for number in (2, 3, 4):
        engine.agent(number).claim()
    assert statuses(engine) == {"KILLED": 6}
    assert engine.grids.kill(engine.owner, "1").summary.status is Status.KILLED


def test_a_second_grid_reads_the_first_ones_outputs_row_by_row(engine: Engine) -> None:
    submit(engine, "train --depth {2,6}", output="Model")
    state = submit(engine, "evaluate", input_grid="1", output="Score")
    assert (state.grid.row_count, state.summary.status) == (2, Status.QUEUED)
    run(engine, output=True)
    rows = engine.grids.rows(engine.owner, "2", 0, 10)
    assert statuses(engine, 2) == {"FINISHED": 2}
    assert [dict(row.arguments) for row in rows] == [{"depth": 2.0}, {"depth": 6.0}]
    first = [row.job.output_label for row in engine.grids.rows(engine.owner, "1", 0, 10)]
    assert sorted(label or "" for label in first) == ["Model:1", "Model:2"]
    assert [row.job.input_label for row in rows] == first


def test_hints_multiply_the_rows_that_are_read(engine: Engine) -> None:
    submit(engine, "train --depth {2,6}", output="Model")
    submit(engine, "evaluate --split {dev,test}", input_grid="1")
    rows = engine.grids.rows(engine.owner, "2", 0, 10)
    assert [(row.job.input_job_number, row.arguments["split"]) for row in rows] == [
        (1, "dev"),
        (1, "test"),
        (2, "dev"),
        (2, "test"),
    ]


def test_a_row_that_failed_fails_its_own_row_and_both_are_retried(engine: Engine) -> None:
    submit(engine, "train --depth {2,6}", output="Model")
    submit(engine, "evaluate", input_grid="1")
    run(engine, failing=(1,), output=True)
    assert statuses(engine, 2) == {"FAILED": 1, "FINISHED": 1}
    outcome = engine.grids.rows(engine.owner, "2", 0, 1)[0].job.outcome
    assert outcome is not None
    assert outcome.reason is Reason.PREDECESSOR
    engine.grids.retry(engine.owner, "1")
    engine.grids.retry(engine.owner, "2")
    run(engine, output=True)
    assert (statuses(engine, 1), statuses(engine, 2)) == ({"FINISHED": 2}, {"FINISHED": 2})


def test_a_job_may_wait_for_a_whole_grid_and_a_grid_for_a_job(engine: Engine) -> None:
    submit(engine, "train --depth {2,6}")
    engine.submit("report", after=("grid:1",))
    submit(engine, "deploy --to {a,b}", after=("3",))
    engine.tick()
    assert engine.job(3).status is Status.QUEUED
    run(engine)
    assert {engine.job(number).status for number in range(1, 6)} == {Status.FINISHED}
    assert engine.registry.get(engine.owner, "3").after == (1, 2)


def test_inputs_that_can_never_be_are_refused(engine: Engine) -> None:
    submit(engine, "train --depth {2,6}")
    with pytest.raises(InvalidRequest, match="names no output"):
        submit(engine, "evaluate", input_grid="1")
    with pytest.raises(GridNotFound):
        submit(engine, "evaluate", input_grid="9")
    with pytest.raises(InvalidRequest, match="one input"):
        submit(engine, "evaluate", input_grid="1", input="Digits")


def test_one_event_tells_of_a_grid(engine: Engine) -> None:
    submit(engine)
    with engine.store.read() as unit:
        kinds = [event.kind for event in unit.events.after(engine.owner.project_id, 0, 100)]
    assert kinds == [EventKind.GRID_SUBMITTED]


def test_grids_are_listed_newest_first_in_pages(engine: Engine) -> None:
    for _ in range(3):
        submit(engine, "train --depth {2,6}")
    found = engine.grids.page(engine.owner, None, 2)
    assert [state.grid.number for state in found] == [3, 2]
    assert [state.grid.number for state in engine.grids.page(engine.owner, 2, 2)] == [1]


def test_another_projects_grid_is_not_there(engine: Engine) -> None:
    submit(engine, output="Model")
    stranger = engine.access.owner("other", "eve")
    for call in (engine.grids.get, engine.grids.kill, engine.grids.retry):
        with pytest.raises(GridNotFound):
            call(stranger, "1")
    with pytest.raises(AcaiError):
        submit(engine, "evaluate", input_grid="1", who=stranger)
    engine.tick()
    with pytest.raises(Forbidden):
        engine.grids.submit(engine.agent(1).principal, GridSubmission(Submission("x {1,2}")))


def test_a_grid_is_refused_where_its_jobs_together_might_cost_more_than_what_is_left(engine: Engine) -> None:
    engine.budgets.set(engine.owner, 0.05)  # one default job costs 0.0255 $ an hour
    with pytest.raises(BudgetExceeded, match=r"These 6 jobs may cost \$0\.15"):
        submit(engine, timeout="1h")
    assert engine.registry.page(engine.owner, [], None, 10) == []
    assert submit(engine, timeout="10m").grid.row_count == 6


def test_a_retry_needs_the_secrets_that_its_jobs_were_submitted_with(engine: Engine) -> None:
    engine.secrets.set(engine.owner, "HF_TOKEN", "a value to keep")
    submit(engine, "train --depth {2,6}", secrets=("HF_TOKEN",))
    run(engine, failing=(1,))
    engine.secrets.delete(engine.owner, "HF_TOKEN")
    with pytest.raises(SecretNotFound):
        engine.grids.retry(engine.owner, "1")
    assert engine.registry.unended() == 0


def test_a_retry_is_refused_where_the_machine_has_become_too_small(engine: Engine) -> None:
    submit(engine, "train --depth {2,6}", cpu=4)
    run(engine, failing=(1,))
    engine.launcher.place = replace(engine.launcher.place, cpu=2.0)
    with pytest.raises(ResourcesOutOfBounds, match="cpu=4 is more than there is"):
        engine.grids.retry(engine.owner, "1")
    assert engine.registry.unended() == 0


def test_what_is_told_of_a_grids_jobs_names_the_grid(engine: Engine) -> None:
    alone = engine.registry.submit(engine.owner, Submission("true")).job
    state = submit(engine, "true {1,2}")
    run(engine)
    with engine.store.read() as unit:
        told = [
            dict(event.ids) for event in unit.events.after(engine.owner.project_id, 0, 1000) if event.kind == EventKind.JOB_ENDED
        ]
    grid = write(Kind.GRID, state.grid.id)
    assert [ids.get("grid") for ids in told] == [None if ids["job"] == write(Kind.JOB, alone.id) else grid for ids in told]
    assert len(told) == 3
