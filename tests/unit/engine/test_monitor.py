"""What agents say, who is believed, and what becomes of those that say nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from support.engine import Agent, Engine
from support.launcher import GONE

from acai_jupyter.domain.errors import AgentSuperseded, Forbidden, JobEnded, TokenExpired
from acai_jupyter.domain.ids import Kind, new_id, write
from acai_jupyter.domain.jobs import Outcome, Progress, Reason, Status, Used
from acai_jupyter.ports.launcher import Observation, Sign

NewEngine = Callable[..., Engine]


def launching(engine: Engine) -> Agent:
    """The agent of a job that nobody has claimed yet."""
    engine.submit()
    engine.tick()
    return engine.agent()


def reason_of(engine: Engine, number: int = 1) -> Reason | None:
    outcome = engine.job(number).outcome
    return outcome and outcome.reason


def test_the_first_agent_that_claims_a_job_gets_it_and_it_runs(engine: Engine) -> None:
    agent = launching(engine)
    job = agent.claim()
    assert (job.status, job.progress) == (Status.RUNNING, Progress.DOWNLOADING)
    assert job.running_at is not None
    assert agent.claim().running_at == job.running_at


def test_a_second_agent_of_the_same_attempt_is_told_to_leave(engine: Engine) -> None:
    agent = launching(engine)
    second = Agent(engine, agent.spec)
    agent.claim()
    calls: list[Callable[[], object]] = [second.claim, second.beat, second.report]
    for call in calls:
        with pytest.raises(AgentSuperseded, match="leave"):
            call()
    assert engine.job().status is Status.RUNNING


def test_of_agents_that_claim_and_report_at_once_one_is_believed(new_engine: NewEngine) -> None:
    engine = new_engine()
    first = launching(engine)
    agents = [first, *(Agent(engine, first.spec) for _ in range(3))]
    start = threading.Barrier(len(agents))
    believed: list[int] = []

    def work(number: int) -> None:
        start.wait()
        try:
            agents[number].claim()
            agents[number].report(exit_code=number)
        except (AgentSuperseded, TokenExpired):
            return
        believed.append(number)

    threads = [threading.Thread(target=work, args=[number]) for number in range(len(agents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (number,) = believed
    outcome = engine.job().outcome
    assert outcome is not None
    assert outcome.exit_code == number


def test_an_agent_that_has_not_claimed_has_no_say(engine: Engine) -> None:
    agent = launching(engine)
    with pytest.raises(AgentSuperseded):
        agent.report()
    assert engine.job().status is Status.LAUNCHING


def test_who_is_no_agent_may_not_speak_as_one(engine: Engine) -> None:
    engine.running()
    with pytest.raises(Forbidden):
        engine.monitor.claim(engine.owner, new_id())


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


def test_an_ended_jobs_token_is_worthless(engine: Engine) -> None:
    agent = engine.running()
    agent.report()
    with pytest.raises(TokenExpired):
        engine.access.authenticate(agent.token)


def test_an_agent_of_an_earlier_attempt_has_no_say_any_more(engine: Engine) -> None:
    """It may have been authenticated just before its token ended."""
    old = launching(engine)
    engine.launcher.seen[old.handle] = GONE
    engine.tick()
    engine.tick()
    new = engine.agent()

    def refused() -> None:
        for call in (old.claim, old.beat, old.report, lambda: old.log(b"late", 0)):
            with pytest.raises(AgentSuperseded):
                call()

    refused()
    new.claim()
    refused()
    assert (engine.job().status, engine.job().attempt) == (Status.RUNNING, 2)
    assert new.report().status is Status.FINISHED


def test_a_job_is_launched_again_only_as_long_as_nobody_claimed_it(new_engine: NewEngine) -> None:
    engine = new_engine(attempts=3)
    launching(engine)
    for attempt in (1, 2, 3):
        assert engine.job().attempt == attempt
        engine.launcher.seen[engine.launcher.handles[-1]] = Observation(Sign.GONE, detail="No room on this machine.")
        engine.tick()
        engine.tick()
    job = engine.job()
    assert (job.status, len(engine.launcher.specs)) == (Status.FAILED, 3)
    assert job.outcome == Outcome(Status.FAILED, Reason.LOST, "No room on this machine.")


def test_an_agent_that_dies_with_the_job_is_not_replaced(engine: Engine) -> None:
    agent = engine.running()
    engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    assert engine.job().outcome == Outcome(Status.FAILED, Reason.LOST, "its agent died without a report")
    engine.tick()
    assert len(engine.launcher.specs) == 1


def test_a_death_for_memory_is_called_by_its_name(engine: Engine) -> None:
    agent = engine.running()
    engine.launcher.seen[agent.handle] = Observation(Sign.GONE, detail="over 512 MB", out_of_memory=True)
    engine.tick()
    assert engine.job().outcome == Outcome(Status.FAILED, Reason.OUT_OF_MEMORY, "over 512 MB")


def test_a_report_that_an_agent_left_behind_counts(engine: Engine) -> None:
    agent = engine.running()
    left = json.dumps({"ended": "exited", "exit_code": 4})
    engine.launcher.seen[agent.handle] = Observation(Sign.GONE, report=left)
    engine.tick()
    assert engine.job().outcome == Outcome(Status.FAILED, Reason.EXIT_CODE, None, 4)


@pytest.mark.parametrize(
    "left", ["", "{", "[]", "null", "7", "{}", '{"ended": "exited", "exit_code": "x"}', '{"ended": "exited", "upload_time": NaN}']
)
def test_what_is_no_report_is_not_believed_and_holds_nobody_up(engine: Engine, left: str) -> None:
    """The job's own command can write the file in which its agent leaves the report."""
    agent, other = engine.running(), engine.running()
    engine.launcher.seen[agent.handle] = Observation(Sign.GONE, report=left, detail="Killed.")
    engine.launcher.seen[other.handle] = GONE
    engine.tick()
    assert engine.job(1).outcome == Outcome(Status.FAILED, Reason.LOST, "Killed.")
    assert reason_of(engine, 2) is Reason.LOST


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


def test_an_agent_that_is_slow_to_speak_is_left_alone_as_long_as_it_lives(engine: Engine) -> None:
    """A silence alone says nothing: the machine may have slept."""
    engine.running()
    for _ in range(10):
        engine.tick(3600)
    assert engine.job().status is Status.RUNNING
    assert engine.launcher.killed == []


def test_details_are_cut_to_what_can_be_shown(engine: Engine) -> None:
    outcome = engine.running().report(exit_code=1, detail="x" * 10_000).outcome
    assert outcome is not None
    assert len(outcome.detail or "") == 2000


def test_runtime_and_cost_are_those_that_the_agent_measured(engine: Engine) -> None:
    job = engine.running(cpu=2, memory=2048).report(download_time=1.5, command_time=3600.0, upload_time=0.5)
    assert job.runtime == 3_602_000_000
    assert (job.phases.download_time, job.phases.command_time, job.phases.upload_time) == (1.5, 3600.0, 0.5)
    cpu_unit = 0.031611 * (2 / 3 + (2 - 0.5) / 7.5 * 2 / 3)
    memory_unit = 0.004237 * (2 / 3 + (2048 - 512) / 7680 * 2 / 3)
    assert job.cost == round((cpu_unit * 2 + memory_unit * 2) * 3602 / 3600 * 1_000_000)


def test_a_job_that_never_ran_costs_nothing(engine: Engine) -> None:
    launching(engine)
    engine.registry.kill(engine.owner, "1")
    engine.launcher.seen[engine.launcher.handles[0]] = GONE
    engine.tick()
    assert (engine.job().status, engine.job().runtime, engine.job().cost) == (Status.KILLED, None, None)


def test_a_lost_jobs_runtime_is_the_time_it_was_seen_running(engine: Engine) -> None:
    agent = engine.running()
    engine.launcher.seen[agent.handle] = GONE
    engine.tick()
    job = engine.job()
    assert job.running_at is not None
    assert job.ended_at is not None
    assert job.runtime == job.ended_at - job.running_at
    assert job.cost is not None


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


def past_its_timeout(engine: Engine, progress: Progress = Progress.RUNNING) -> None:
    """A job whose timeout has passed, and whose agent lives."""
    engine.running(timeout=0.001).beat(progress)


def test_a_job_whose_agent_hangs_past_its_timeout_is_ended(engine: Engine) -> None:
    past_its_timeout(engine)
    for _ in range(80):
        engine.tick(1)
    assert engine.launcher.killed[-1][1] is True
    outcome = engine.job().outcome
    assert outcome is not None
    assert (engine.job().status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


def test_an_agent_that_beats_keeps_its_timeout_itself(engine: Engine) -> None:
    agent = engine.running(timeout=0.001)
    for _ in range(80):
        agent.beat(Progress.RUNNING)
        engine.tick(1)
    assert engine.launcher.killed == []


def test_a_silent_agent_is_left_alone_before_its_timeout_and_while_it_uploads(engine: Engine) -> None:
    engine.running(timeout=3600)
    engine.running()
    past_its_timeout(engine, Progress.UPLOADING)
    for _ in range(80):
        engine.tick(1)
    assert engine.launcher.killed == []


def test_an_agent_that_hangs_before_it_has_told_anything_is_ended_with_its_jobs_timeout(engine: Engine) -> None:
    past_its_timeout(engine, Progress.DOWNLOADING)
    for _ in range(80):
        engine.tick(1)
    outcome = engine.job().outcome
    assert outcome is not None
    assert (engine.job().status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


@pytest.mark.parametrize("progress", [Progress.DOWNLOADING, Progress.UPLOADING])
def test_an_agent_that_is_silent_for_long_while_it_brings_files_is_ended(new_engine: NewEngine, progress: Progress) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.running().beat(progress)
    for _ in range(55):
        engine.tick(1)
    assert engine.launcher.killed == []
    for _ in range(10):
        engine.tick(1)
    outcome = engine.job().outcome
    assert outcome is not None
    assert (engine.launcher.killed[-1][1], engine.job().status, outcome.reason) == (True, Status.FAILED, Reason.LOST)
    assert "did not answer any more" in str(outcome.detail)


def test_an_agent_that_cannot_be_heard_costs_a_running_command_nothing(new_engine: NewEngine) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.running().beat(Progress.RUNNING)
    for _ in range(200):
        engine.tick(1)
    assert (engine.launcher.killed, engine.job().status) == ([], Status.RUNNING)


def test_a_salvager_is_left_alone_while_it_beats_and_ended_when_it_is_silent_too(new_engine: NewEngine) -> None:
    engine = new_engine(agent_silence=60.0)
    engine.launcher.salvageable = True
    engine.running().beat(Progress.UPLOADING)
    for _ in range(62):
        engine.tick(1)
    salvager = Agent(engine, engine.launcher.specs[-1])
    assert salvager.spec.salvage is not None
    for _ in range(100):
        engine.monitor.heartbeat(salvager.principal, salvager.instance, None, salvages=True)
        engine.tick(1)
    assert (len(engine.launcher.killed), engine.job().status) == (1, Status.RUNNING)
    engine.launcher.salvageable = False
    for _ in range(62):
        engine.tick(1)
    assert (len(engine.launcher.killed), engine.job().status) == (2, Status.FAILED)


def test_a_machine_that_slept_past_a_timeout_gives_the_agent_time_to_speak(engine: Engine) -> None:
    past_its_timeout(engine)
    engine.tick()
    engine.tick(12 * 3600)
    engine.tick(1)
    assert engine.launcher.killed == []


def test_what_a_hung_agents_job_had_written_is_brought_home(engine: Engine) -> None:
    engine.launcher.salvageable = True
    past_its_timeout(engine)
    for _ in range(80):
        engine.tick(1)
    salvager = engine.launcher.specs[-1]
    assert salvager.salvage is not None
    report = json.dumps({"ended": "lost", "detail": str(salvager.config["salvage"])})
    engine.launcher.seen[engine.launcher.handles[-1]] = Observation(Sign.GONE, report=report)
    engine.tick(1)
    outcome = engine.job().outcome
    assert outcome is not None
    assert outcome.reason is Reason.TIMEOUT
