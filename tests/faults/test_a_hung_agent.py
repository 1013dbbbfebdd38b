"""Agents that are stopped, or stuck: nobody ends them, and their jobs end all the same."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from support.attempts import Attempt, is_alive
from support.faulty_proxy import Fault
from support.waiting import wait_for

from tests.faults.conftest import behind_a_proxy


def test_an_agent_that_is_stopped_while_it_uploads_is_ended_and_what_it_had_is_kept(tmp_path: Path) -> None:
    held = threading.Event()
    with behind_a_proxy(tmp_path / "server", {"ACAI_AGENT_SILENCE_SECONDS": "4"}) as (server, proxy):
        proxy.faults = [Fault(r"POST .*/uploads$", until=held)]
        job = server.client().jobs.submit("echo weights > output/model; echo trained", output="Model")
        attempt = Attempt(server.home, job)
        agent = attempt.agent()
        wait_for(lambda: proxy.count(r"POST .*/uploads$") and job.progress == "uploading")
        os.kill(agent, signal.SIGSTOP)
        held.set()
        job.wait(timeout=180)
        assert (job.status, job.reason, job.output) == ("FAILED", "lost", None)
        assert "did not answer any more while it brought files" in str(job.detail)
        assert not is_alive(agent)
        assert job.logs() == "trained\n"
        assert [path.read_text() for path in job.download(tmp_path / "kept")] == ["weights\n"]
        assert job.retry().wait(timeout=180).status == "FINISHED"


def test_an_agent_that_is_stuck_while_it_uploads_is_ended_though_it_beats(tmp_path: Path) -> None:
    held = threading.Event()
    with behind_a_proxy(tmp_path / "server", {"ACAI_AGENT_STUCK_SECONDS": "4"}) as (server, proxy):
        proxy.faults = [Fault(r"POST .*/uploads$", until=held)]
        job = server.client().jobs.submit("echo weights > output/model; echo trained", output="Model")
        agent = Attempt(server.home, job).agent()
        wait_for(lambda: proxy.count(r"POST .*/uploads$"))
        beats = proxy.count(r"POST .*/agent/heartbeat$")
        job.wait(timeout=180)
        held.set()
        assert proxy.count(r"POST .*/agent/heartbeat$") > beats
        assert (job.status, job.reason, job.output) == ("FAILED", "lost", None)
        assert "got no further while it brought files" in str(job.detail)
        assert not is_alive(agent)
        assert job.logs() == "trained\n"
        assert [path.read_text() for path in job.download(tmp_path / "kept")] == ["weights\n"]


def test_a_job_whose_agent_is_stopped_before_its_claim_arrives_is_started_again_and_once(tmp_path: Path) -> None:
    held = threading.Event()
    with behind_a_proxy(tmp_path / "server", {"ACAI_AGENT_SILENCE_SECONDS": "6"}) as (server, proxy):
        proxy.faults = [Fault(r"POST .*/agent/claim$", until=held)]
        job = server.client().jobs.submit(f"echo begun >> {tmp_path}/tally")
        agent = Attempt(server.home, job).agent()
        wait_for(lambda: proxy.count(r"POST .*/agent/claim$"))
        os.kill(agent, signal.SIGSTOP)
        Attempt(server.home, job, number=2).agent()
        held.set()  # the first one's claim arrives, and comes too late
        job.wait(timeout=180)
        assert (job.status, job.details["attempt"]) == ("FINISHED", 2)
        assert not is_alive(agent)
        assert (tmp_path / "tally").read_text() == "begun\n"
