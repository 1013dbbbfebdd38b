"""Agents and commands are killed: the job says so, and nothing of it goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from support.attempts import Attempt, group_of, is_alive
from support.servers import Server
from support.waiting import wait_for

from acai_jupyter.client.job import Job

FAMILY = "echo half > output/checkpoint; sleep 600 & sleep 600 & setsid sleep 600 & echo $! > ../stray; echo ready; wait"


def ready(server: Server, command: str = FAMILY) -> tuple[Job, Attempt]:
    job = server.client().jobs.submit(command)
    wait_for(lambda: "ready" in job.logs())
    return job, Attempt(server.home, job)


def family_of(attempt: Attempt) -> list[int]:
    """The command, its children, and one that left its group."""
    return [*group_of(attempt.command()), int((attempt.folder / "stray").read_text())]


def test_a_job_whose_agent_is_killed_is_lost_with_its_partial_output_and_leaves_no_process(
    server: Server, tmp_path: Path
) -> None:
    job, attempt = ready(server)
    family = family_of(attempt)
    assert len(family) == 4
    os.kill(attempt.agent(), signal.SIGKILL)
    job.wait(timeout=180)
    assert (job.status, job.reason, job.exit_code) == ("FAILED", "lost", None)
    assert job.detail is not None
    assert "ended without a report (signal 9)" in job.detail
    wait_for(lambda: not any(is_alive(pid) for pid in family))
    wait_for(lambda: not attempt.folder.exists())
    assert job.logs() == "ready\n"
    assert [path.read_text() for path in job.download(tmp_path)] == ["half\n"]


def test_an_agent_that_is_killed_while_it_has_no_server_loses_neither_log_nor_output(server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    more = f"until [ -e {gate} ]; do sleep 0.05; done; echo more > output/more; echo unsent; touch {tmp_path}/done; sleep 600"
    job, attempt = ready(server, f"echo half > output/checkpoint; echo ready; {more}")
    server.kill()
    gate.touch()
    wait_for((tmp_path / "done").exists)
    wait_for(lambda: b"unsent" in (attempt.folder / "log").read_bytes())
    os.kill(attempt.agent(), signal.SIGKILL)
    found = server.start().client().jobs.get(job.id).wait(timeout=180)
    assert (found.status, found.reason, found.logs()) == ("FAILED", "lost", "ready\nunsent\n")
    assert sorted(path.name for path in found.download(tmp_path / "left")) == ["checkpoint", "more"]


def test_a_command_that_is_killed_fails_with_its_signal_and_keeps_what_it_wrote(server: Server) -> None:
    job, attempt = ready(server)
    family = family_of(attempt)
    os.kill(attempt.command(), signal.SIGKILL)
    job.wait(timeout=180)
    assert (job.status, job.reason, job.exit_code, job.details["signal"]) == ("FAILED", "signal", None, 9)
    assert job.exit_status == 137
    assert job.details["kept_files"] is not None
    wait_for(lambda: not any(is_alive(pid) for pid in family))


def test_an_agent_that_is_asked_to_end_reports_and_nothing_goes_on(server: Server) -> None:
    """A machine that shuts down."""
    job, attempt = ready(server)
    family = family_of(attempt)
    os.kill(attempt.agent(), signal.SIGTERM)
    job.wait(timeout=180)
    assert (job.status, job.reason) == ("FAILED", "signal")
    assert job.details["kept_files"] is not None
    wait_for(lambda: not any(is_alive(pid) for pid in family))


def test_an_agent_that_hangs_is_ended_by_force_when_its_job_is_killed(server: Server) -> None:
    job, attempt = ready(server)
    family = family_of(attempt)
    os.kill(attempt.agent(), signal.SIGSTOP)
    job.kill()
    job.wait(timeout=180)
    assert job.status == "KILLED"
    wait_for(lambda: not any(is_alive(pid) for pid in family))


def test_a_job_whose_agent_is_stopped_is_ended_after_its_timeout(server: Server) -> None:
    job = server.client().jobs.submit("echo half > output/part; echo ready; sleep 600", timeout=1, output="Never")
    attempt = Attempt(server.home, job)
    agent, command = attempt.agent(), attempt.command()
    wait_for(lambda: "ready" in job.logs())
    os.kill(agent, signal.SIGSTOP)
    job.wait(timeout=180)
    assert (job.status, job.reason) == ("FAILED", "timeout")
    assert "did not answer any more" in str(job.detail)
    assert not is_alive(agent)
    assert not is_alive(command)
    assert job.details["kept_files"] is not None
