"""The server is killed by SIGKILL at whatever moment, and started again on another port: no job notices."""

from __future__ import annotations

import random
import time
from pathlib import Path

from support.servers import Server, another_port
from support.tally import Tally
from support.waiting import wait_for

from acai_jupyter.client.job import Job


def killed_and_started(server: Server, job: Job) -> Job:
    """The job as the server's successor knows it, on another port."""
    before = server.url
    server.kill()
    server.port = another_port(server.port)
    assert server.start().url != before
    return server.client().jobs.get(job.id)


def test_a_server_killed_at_any_moment_leaves_a_job_that_runs_exactly_once(server: Server, tmp_path: Path, seed: int) -> None:
    """From QUEUED and LAUNCHING to the last report."""
    tally = Tally(tmp_path, f"Any{seed}")
    job = tally.submit(server.client())
    time.sleep(random.Random(seed).uniform(0.0, 1.5) ** 2 / 1.5)  # no wait for anything: the moment of death
    job = killed_and_started(server, job)
    tally.check(server.client(), job.wait(timeout=180))


def test_a_server_killed_over_the_upload_or_the_finish_loses_nothing(server: Server, tmp_path: Path, seed: int) -> None:
    tally = Tally(tmp_path, f"Late{seed}")
    job = tally.submit(server.client())
    wait_for(lambda: job.progress == "uploading" or job.ended)
    time.sleep(random.Random(seed).uniform(0.0, 0.3))  # the moment of death
    job = killed_and_started(server, job)
    tally.check(server.client(), job.wait(timeout=180))
