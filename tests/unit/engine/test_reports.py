"""What agents report, and what it makes of their jobs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import update
from support.engine import Agent, Engine
from support.launcher import GONE

from acai_jupyter.backends.sql.tables import job_ranks, jobs
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import AgentSuperseded, JobEnded, TokenExpired
from acai_jupyter.domain.ids import Kind, new_id, write
from acai_jupyter.domain.jobs import Outcome, Progress, Reason, Status, Used
from acai_jupyter.domain.pricing import job_cost, microdollars
from acai_jupyter.ports.launcher import Observation, Sign


def test_progress_is_shown_and_kept_in_the_history(engine: Engine) -> None:
    agent = engine.running()
    for progress in (Progress.RUNNING, Progress.RUNNING, Progress.UPLOADING):
        assert agent.beat(progress) is False
    shown = [(entry.status, entry.progress) for entry in engine.registry.get(engine.owner, "1").history]
    assert shown[2:] == [(Status.RUNNING, progress) for progress in Progress]


ENDINGS: list[tuple[dict[str, Any], Outcome]] = [
    ({"ended": "exited", "exit_code": 0}, Outcome(Status.FINISHED, None, None, 0)),
    ({"ended": "exited", "exit_code": 3}, Outcome(Status.FAILED, Reason.EXIT_CODE, None, 3)),
    ({"ended": "signalled", "exit_code": None, "signal": 11}, Outcome(Status.FAILED, Reason.SIGNAL, None, None, 11)),
    ({"ended": "timeout", "exit_code": None, "signal": 15}, Outcome(Status.FAILED, Reason.TIMEOUT, None, None, 15)),
    ({"ended": "timeout", "exit_code": 0}, Outcome(Status.FAILED, Reason.TIMEOUT, None, 0)),
    ({"ended": "command", "exit_code": None, "detail": "gone"}, Outcome(Status.FAILED, Reason.COMMAND, "gone")),
    ({"ended": "input", "exit_code": None, "detail": "gone"}, Outcome(Status.FAILED, Reason.INPUT, "gone")),
    ({"ended": "output", "exit_code": 0, "detail": "gone"}, Outcome(Status.FAILED, Reason.OUTPUT, "gone", 0)),
    ({"ended": "something new", "exit_code": None}, Outcome(Status.FAILED, Reason.LOST)),
]


@pytest.mark.parametrize(("report", "outcome"), ENDINGS, ids=lambda value: str(value)[:60])
def test_a_report_decides_how_a_job_ends(engine: Engine, report: dict[str, Any], outcome: Outcome) -> None:
    job = engine.running().report(**report)
    assert job.outcome == engine.job().outcome == outcome


def test_a_report_that_comes_twice_ends_the_job_once(engine: Engine) -> None:
    agent = engine.running()
    agent.report()
    with pytest.raises((AgentSuperseded, TokenExpired)):
        agent.report(exit_code=1)
    assert engine.job().status is Status.FINISHED
    assert [entry.status for entry in engine.registry.get(engine.owner, "1").history].count(Status.FINISHED) == 1


def test_a_report_that_an_agent_left_behind_counts(engine: Engine) -> None:
    agent = engine.running()
    left = json.dumps({"ended": "exited", "exit_code": 4})
    engine.launcher.seen[agent.handle] = Observation(Sign.GONE, report=left)
    engine.tick()
    assert engine.job().outcome == Outcome(Status.FAILED, Reason.EXIT_CODE, None, 4)


@pytest.mark.parametrize(
    "left",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        '{"ended": "exited", "exit_code": "x"}',
        '{"ended": "exited", "upload_time": NaN}',
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_what_is_no_report_is_not_believed_and_holds_nobody_up(engine: Engine, left: str) -> None:
    """The job's own command can write the file in which its agent leaves the report."""
    agent, other = engine.running(), engine.running()
    engine.launcher.seen[agent.handle] = Observation(Sign.GONE, report=left, detail="Killed.")
    engine.launcher.seen[other.handle] = GONE
    engine.tick()
    assert engine.job(1).outcome == Outcome(Status.FAILED, Reason.LOST, "Killed.")
    assert engine.reason(2) is Reason.LOST


def test_a_report_that_a_dying_server_had_taken_is_not_lost(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its output could not be taken, so that the report was kept first."""
    agent = engine.running()

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(engine.monitor, "_end", die)
        with pytest.raises(KeyboardInterrupt):
            agent.report(exit_code=5, kept_upload=write(Kind.UPLOAD, new_id()))
    engine.launcher.seen[agent.handle] = GONE
    other = engine.another()
    other.tick()
    outcome = engine.job().outcome
    assert outcome is not None
    assert (outcome.reason, outcome.exit_code) == (Reason.EXIT_CODE, 5)
    other.store.close()


def test_a_report_ends_its_job_in_one_transaction_or_is_not_taken(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = engine.running()

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("acai_jupyter.engine.finish.take_last_line", die)
        with pytest.raises(KeyboardInterrupt):
            agent.report(exit_code=5)
    with engine.store.read() as unit:
        assert unit.jobs.reports(engine.job()) == []
    assert agent.report(exit_code=5).outcome == Outcome(Status.FAILED, Reason.EXIT_CODE, None, 5)


def test_details_are_cut_to_what_can_be_shown(engine: Engine) -> None:
    outcome = engine.running().report(exit_code=1, detail="x" * 10_000).outcome
    assert outcome is not None
    assert len(outcome.detail or "") == 2000


def test_details_may_hold_what_is_no_text(engine: Engine) -> None:
    """Such as the name of a file that its job has made of any bytes."""
    outcome = engine.running().report(exit_code=1, detail="not taken: a\udcff\0.bin", enforced={"cpu": "\udcff\0"}).outcome
    assert outcome is not None
    assert outcome.detail == "not taken: a\\udcff\\x00.bin"


def test_runtime_and_cost_are_those_that_the_agent_measured(engine: Engine) -> None:
    job = engine.running(cpu=2, memory=2048).report(download_time=1.5, command_time=3600.0, upload_time=0.5)
    assert job.runtime == 3_602_000_000
    assert (job.phases.download_time, job.phases.command_time, job.phases.upload_time) == (1.5, 3600.0, 0.5)
    cpu_unit = 0.031611 * (2 / 3 + (2 - 0.5) / 7.5 * 2 / 3)
    memory_unit = 0.004237 * (2 / 3 + (2048 - 512) / 7680 * 2 / 3)
    assert job.cost == round((cpu_unit * 2 + memory_unit * 2) * 3602 / 3600 * 1_000_000)


def test_a_job_that_never_ran_costs_nothing(engine: Engine) -> None:
    engine.launching()
    engine.registry.kill(engine.owner, "1")
    engine.launcher.seen[engine.launcher.handles[0]] = GONE
    engine.tick()
    assert (engine.job().status, engine.job().runtime, engine.job().cost) == (Status.KILLED, None, None)


def silent_since(engine: Engine, agent: Agent, heard: float, ago: float) -> None:
    """The job is RUNNING since `ago` seconds, and its agent was heard for the first `heard` of them."""
    with engine.store.begin() as unit:
        began = unit.now() - int(ago * SECOND)
        unit.session.run(update(jobs).values(running_at=began))  # type: ignore[attr-defined]
        unit.session.run(update(job_ranks).values(heartbeat_at=began + int(heard * SECOND)))  # type: ignore[attr-defined]
    engine.launcher.seen[agent.handle] = GONE


def test_a_lost_jobs_runtime_ends_when_it_was_heard_last(engine: Engine) -> None:
    agent = engine.running()
    silent_since(engine, agent, heard=90, ago=86_400)
    engine.tick()
    job = engine.job()
    assert (job.status, job.runtime) == (Status.FAILED, 90 * SECOND)
    assert job.cost == microdollars(job_cost(1.0, 1024, 90))


def test_a_lost_job_of_which_nothing_was_heard_costs_nothing(engine: Engine) -> None:
    silent_since(engine, engine.running(), heard=0, ago=86_400)
    engine.tick()
    assert (engine.job().runtime, engine.job().cost) == (0, 0)


def test_what_speaks_for_a_dead_agent_makes_its_job_no_dearer(engine: Engine) -> None:
    engine.launcher.salvageable = True
    agent = engine.running()
    silent_since(engine, agent, heard=90, ago=86_400)
    engine.tick()
    salvager = engine.agent()
    engine.monitor.heartbeat(salvager.principal, salvager.instance, None, salvages=True, steps=1)
    report = json.dumps({"ended": "lost", "exit_code": None, "detail": "gone"})
    engine.launcher.seen[salvager.handle] = Observation(Sign.GONE, report=report)
    engine.tick()
    assert (engine.job().status, engine.job().runtime) == (Status.FAILED, 90 * SECOND)


def test_an_ended_job_stays_as_it_ended(engine: Engine) -> None:
    agent = engine.running()
    stale = agent.job
    agent.report()
    with engine.store.begin() as unit, pytest.raises(JobEnded):
        unit.jobs.move(stale, Status.KILLED)
    assert engine.job().status is Status.FINISHED


def test_what_holds_a_jobs_resources_is_in_its_record_once_its_agent_knows(engine: Engine) -> None:
    agent = engine.running()
    assert agent.job.enforced is None
    held = {"cpu": "cgroup v2", "memory": "cgroup v2"}
    engine.monitor.heartbeat(agent.principal, agent.instance, None, held)
    assert agent.job.enforced == held
    agent.report(enforced={"cpu": "affinity"})
    assert agent.job.enforced == held


def test_a_job_that_ended_before_any_heartbeat_says_in_its_report_what_held_it(engine: Engine) -> None:
    agent = engine.running()
    agent.report(
        enforced={"memory": "rlimit"}, cpu_time=1.5, throttled_time=0.25, peak_memory=2**20, read_bytes=1, written_bytes=2
    )
    assert agent.job.enforced == {"memory": "rlimit"}
    assert agent.job.used == Used(2**20, 1.5, 0.25, 1, 2)


def test_a_command_that_ran_out_of_memory_fails_for_that(engine: Engine) -> None:
    agent = engine.running()
    job = agent.report("out_of_memory", None, signal=9, detail="It needed more memory than the 512 MB that it asked for.")
    assert job.outcome is not None
    assert (job.status, job.outcome.reason, job.outcome.signal) == (Status.FAILED, Reason.OUT_OF_MEMORY, 9)
