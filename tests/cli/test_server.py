"""`acai server`: a server of its own, which ends when it is told to, and where it was asked to, when it is idle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from support.commands import ACAI, Cli
from support.servers import Server, free_port
from support.waiting import wait_for

import acai_jupyter as acai


@contextmanager
def serving(home: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`acai server` on a data folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACAI_")}
    root = ("--allow-root",) if os.geteuid() == 0 else ()
    home.mkdir()
    with (home / "log").open("wb") as log:
        command = [ACAI, "server", f"--port={free_port()}", *root, *options]
        process = subprocess.Popen(command, env={**environment, "ACAI_HOME": str(home)}, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def published(home: Path) -> str:
    """The address that the server of a data folder has published."""
    return next((str(json.loads(entry.read_text())["url"]) for entry in (home / "servers").glob("*.json")), "")


def test_it_serves_until_it_is_told_to_stop_and_leaves_no_address_behind(tmp_path: Path) -> None:
    with serving(tmp_path / "home", "--AcaiServer.user=zoe") as process:
        url = wait_for(lambda: published(tmp_path / "home"))
        assert acai.connect(home=str(tmp_path / "home")).whoami().name == "zoe"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert url
        assert not published(tmp_path / "home")


def test_a_setting_that_cant_be_ends_it_with_one_line(tmp_path: Path) -> None:
    with serving(tmp_path / "home", "--AcaiServer.quota=0") as process:
        assert process.wait(60) == 1
    assert (tmp_path / "home" / "log").read_text().splitlines()[-1].startswith("acai: ACAI_QUOTA must be")


def test_help_is_help(cli: Cli) -> None:
    assert cli.ok("server", "--help").startswith("usage: acai server")


def test_an_idle_server_ends_by_itself(new_server: Callable[..., Server]) -> None:
    server = new_server(environment={"ACAI_IDLE_TIMEOUT_SECONDS": "1"}).start()
    process = server.process
    assert process is not None
    assert process.wait(60) == 0
    assert not published(server.home)
    assert "Traceback" not in server.log


def test_a_server_is_not_idle_while_a_job_runs_or_somebody_listens(new_server: Callable[..., Server]) -> None:
    server = new_server(environment={"ACAI_IDLE_TIMEOUT_SECONDS": "5", "ACAI_HEARTBEAT_SECONDS": "60"}).start()
    process = server.process
    assert process is not None
    with closing(server.stream("/events")):
        job = server.client().jobs.submit("sleep 6; echo done")
        assert job.wait(60).status == "FINISHED"
        assert job.runtime is not None
        assert job.runtime > 5  # longer than the server would have stayed without the job
        assert process.poll() is None
    assert process.wait(60) == 0
