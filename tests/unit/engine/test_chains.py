"""Jobs that wait for others: nothing starts too early, what can't come any more ends, inputs are pinned once they are there."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engine import Engine

from acai_jupyter.domain.errors import GridNotFound, InvalidRequest, JobNotFound
from acai_jupyter.domain.jobs import Reason, Status
from acai_jupyter.domain.provenance import Direction


def status(engine: Engine, number: int) -> str:
    return engine.job(number).status.value


def ends(engine: Engine, number: int, exit_code: int = 0, files: dict[str, bytes] | None = None) -> None:
    """The job's agent runs it to its end; what it wrote goes along."""
    agent = engine.agent(number)
    agent.claim()
    given = {"output_upload": agent.output(files)} if files else {}
    agent.report(exit_code=exit_code, **given)


def test_a_job_waits_until_all_before_it_have_finished(engine: Engine) -> None:
    engine.submit()
    engine.submit()
    engine.submit(after=("1", "2"))
    engine.tick()
    assert [status(engine, n) for n in (1, 2, 3)] == ["LAUNCHING", "LAUNCHING", "QUEUED"]
    ends(engine, 2)
    engine.tick()
    assert (status(engine, 3), engine.job(3).waits_for) == ("QUEUED", 1)
    ends(engine, 1)
    engine.tick()
    assert (status(engine, 3), engine.job(3).waits_for) == ("LAUNCHING", 0)
    assert engine.registry.get(engine.owner, "3").after == (1, 2)


def test_a_job_after_one_that_has_finished_already_goes_at_once(engine: Engine) -> None:
    engine.running().report()
    engine.submit(after=("1",))
    engine.tick()
    assert status(engine, 2) == "LAUNCHING"


def test_a_job_that_waits_holds_nobody_up(engine: Engine) -> None:
    engine.submit()
    for _ in range(9):
        engine.submit(after=("1",))
    engine.submit()
    engine.tick()
    assert status(engine, 11) == "LAUNCHING"


def test_a_failure_ends_the_whole_chain_and_says_why(engine: Engine) -> None:
    engine.submit(name="train")
    engine.submit(after=("1",))
    engine.submit(after=("2",))
    engine.tick()
    ends(engine, 1, exit_code=7)
    engine.tick()
    second, third = engine.job(2).outcome, engine.job(3).outcome
    assert second is not None
    assert third is not None
    assert (second.status, second.reason) == (Status.FAILED, Reason.PREDECESSOR)
    assert second.detail == "It waits for job 1 (train), which FAILED: exit code 7."
    assert third.detail == "It waits for job 2, which FAILED: predecessor."


def test_a_kill_ends_those_that_wait_and_a_waiting_job_is_killed_at_once(engine: Engine) -> None:
    engine.submit()
    engine.submit(after=("1",))
    engine.submit(after=("1",))
    assert engine.registry.kill(engine.owner, "2").job.status is Status.KILLED
    engine.registry.kill(engine.owner, "1")
    engine.tick()
    assert [status(engine, n) for n in (1, 2, 3)] == ["KILLED", "KILLED", "FAILED"]
    outcome = engine.job(3).outcome
    assert outcome is not None
    assert outcome.detail == "It waits for job 1, which was KILLED."


def test_the_output_of_a_job_becomes_the_input_pinned_when_it_is_there(engine: Engine) -> None:
    engine.submit(output="Model")
    engine.submit(input_job="1")
    engine.tick()
    assert (engine.job(2).input_label, engine.job(2).input_job_number) == (None, 1)
    ends(engine, 1, files={"m": b"1"})
    engine.fileset("Model", {"/later": b"2"})
    engine.tick()
    job = engine.job(2)
    assert (job.status, job.input_label) == (Status.LAUNCHING, "Model:1")
    assert [*engine.job_files.for_agent(job, "input", None, "http://x/")[0].paths] == ["Model/m"]


def test_the_edge_goes_from_the_output_that_was_pinned(engine: Engine) -> None:
    engine.submit(output="Model")
    engine.submit(input_job="1", output="Score")
    engine.tick()
    ends(engine, 1, files={"m": b"1"})
    engine.tick()
    ends(engine, 2, files={"s": b"1"})
    graph = engine.provenance.trace(engine.owner, "Score", Direction.BACKWARD, 1)
    assert sorted(node.label for node in graph.nodes) == ["Model:1", "Score:1"]


def test_a_job_whose_input_was_never_written_fails_and_others_after_it_go_on(engine: Engine) -> None:
    engine.submit(output="Model")
    engine.submit(input_job="1")
    engine.submit(after=("1",))
    engine.tick()
    ends(engine, 1)
    engine.tick()
    outcome = engine.job(2).outcome
    assert outcome is not None
    assert (outcome.reason, outcome.detail) == (Reason.INPUT, "Its input is the output of job 1, which wrote none.")
    assert status(engine, 3) == "LAUNCHING"


def test_what_can_never_be_is_refused(engine: Engine) -> None:
    engine.submit()
    with pytest.raises(InvalidRequest, match="names no output"):
        engine.submit(input_job="1")
    with pytest.raises(JobNotFound):
        engine.submit(after=("7",))
    with pytest.raises(GridNotFound):
        engine.submit(after=("grid:7",))
    with pytest.raises(JobNotFound):
        engine.registry.get(engine.owner, "2")


def test_a_retry_of_a_job_that_never_had_its_turn_waits_for_the_retry_of_what_it_waited_for(engine: Engine) -> None:
    engine.submit(output="Model")
    engine.submit(input_job="1")
    engine.tick()
    ends(engine, 1, exit_code=1)
    engine.tick()
    engine.registry.retry(engine.owner, "1")
    engine.registry.retry(engine.owner, "2")
    engine.tick()
    assert (status(engine, 3), status(engine, 4), engine.job(4).input_job_number) == ("LAUNCHING", "QUEUED", 3)
    ends(engine, 3, files={"m": b"1"})
    engine.tick()
    assert (status(engine, 4), engine.job(4).input_label) == ("LAUNCHING", "Model:1")


def test_a_retry_of_a_job_that_ran_keeps_the_input_that_was_pinned(engine: Engine) -> None:
    engine.submit(output="Model")
    engine.submit(input_job="1")
    engine.tick()
    ends(engine, 1, files={"m": b"1"})
    engine.tick()
    ends(engine, 2, exit_code=1)
    engine.registry.retry(engine.owner, "2")
    engine.tick()
    assert (status(engine, 3), engine.job(3).input_label) == ("LAUNCHING", "Model:1")


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_waits_for_whatever_nothing_runs_before_what_it_waits_for_and_everything_ends(
    engine: Engine, data: st.DataObject
) -> None:
    numbers: list[int] = []
    before: dict[int, set[int]] = {}
    for _ in range(data.draw(st.integers(1, 7))):
        waits_for = data.draw(st.sets(st.sampled_from(numbers), max_size=3)) if numbers else set()
        number = engine.submit(after=tuple(map(str, sorted(waits_for)))).job.number
        numbers.append(number)
        before[number] = waits_for
    failing = data.draw(st.sets(st.sampled_from(numbers), max_size=2))
    other = engine.another()
    try:
        while active := _next_turns(engine, other, numbers):
            for number in active:
                assert {status(engine, one) for one in before[number]} <= {"FINISHED"}
            chosen = data.draw(st.sampled_from(active))
            ends(engine, chosen, exit_code=int(chosen in failing))
    finally:
        other.store.close()
    for number in numbers:
        lost = number in failing or any(status(engine, one) == "FAILED" for one in before[number])
        assert status(engine, number) == ("FAILED" if lost else "FINISHED")


def _next_turns(engine: Engine, other: Engine, numbers: list[int]) -> list[int]:
    """The jobs that are launched, after both servers have looked."""
    for server in (engine, other):
        server.tick()
    return [number for number in numbers if engine.job(number).status is Status.LAUNCHING]
