"""Dead agents of local processes: real agents, on the platform's stand-in."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acai_jupyter.backends.launchers.process import ProcessLauncher
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.ports.launcher import LaunchSpec
from tests.agent.stand_in import StandIn, running
from tests.unit.backends.launchers.test_process import Launched, folder_of, gone, is_alive, spec, wait_for

WORK = "echo half > output/checkpoint; echo $$ > pid; echo ready; sleep 60"


platform = pytest.fixture(running)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launched]:
    started = Launched(tmp_path / "jobs")
    started.handles = []
    yield started
    for handle in started.handles:
        started.kill(handle, force=True)
    started.close()


def died(platform: StandIn, launcher: Launched, command: str = WORK) -> tuple[LaunchSpec, str]:
    """What was launched, and the handle of its agent, which was killed; its command may go on."""
    launch = spec(platform, command)
    handle = launcher.launch(launch)
    platform.wait(lambda: b"ready" in platform.log)
    os.kill(json.loads(handle)["pid"], signal.SIGKILL)
    gone(launcher, handle)
    return launch, handle


def salvaging(launch: LaunchSpec, handle: str) -> LaunchSpec:
    return replace(launch, salvage=handle, config={**launch.config, "salvage": "It was killed."})


def report_of(launcher: ProcessLauncher, handle: str) -> dict[str, Any]:
    seen = gone(launcher, handle)
    assert seen.report is not None, seen.detail
    return dict(json.loads(seen.report))


def test_the_output_and_the_end_of_the_log_come_home(platform: StandIn, launcher: Launched) -> None:
    launch, handle = died(platform, launcher)
    with (folder_of(handle) / "log").open("ab") as log:
        log.write(b"unsent\n")
    report = report_of(launcher, launcher.launch(salvaging(launch, handle)))
    assert (report["ended"], report["detail"], report["exit_code"]) == ("lost", "It was killed.", None)
    upload = platform.lake.uploads[report["kept_upload"]]
    assert upload["purpose"] == "snapshot"
    assert bytes(platform.log) == b"ready\nunsent\n"
    assert len(platform.claims) == 1


def test_who_salvages_says_that_it_is_alive(platform: StandIn, launcher: Launched) -> None:
    launch, handle = died(platform, launcher)
    with (folder_of(handle) / "log").open("ab") as log:
        log.write(b"unsent\n")
    platform.fail("/agent/log", "drop", times=10**6)
    told = salvaging(launch, handle)
    salvager = launcher.launch(replace(told, config={**told.config, "heartbeat_s": 0.05}))
    platform.wait(lambda: sum(bool(beat.get("salvages")) for beat in platform.heartbeats) > 1)
    platform.forgive()
    assert report_of(launcher, salvager)["ended"] == "lost"
    assert len(platform.claims) == 1


def test_nothing_of_the_job_runs_any_more_when_it_is_salvaged(platform: StandIn, launcher: Launched) -> None:
    launch, handle = died(platform, launcher)
    command = int((folder_of(handle) / "work" / "pid").read_text())
    assert is_alive(command)
    launcher.launch(salvaging(launch, handle))
    assert not is_alive(command)


def test_it_is_done_once_whoever_asks(platform: StandIn, launcher: Launched, tmp_path: Path) -> None:
    launch, handle = died(platform, launcher)
    first = launcher.launch(salvaging(launch, handle))
    other = ProcessLauncher(tmp_path / "jobs")
    assert other.launch(salvaging(launch, handle)) == first
    report_of(launcher, first)
    assert other.launch(salvaging(launch, handle)) == first
    with pytest.raises(InvalidRequest):
        launcher.launch(salvaging(launch, first))


def test_where_nothing_was_left_there_is_nothing_to_salvage(platform: StandIn, launcher: Launched) -> None:
    launch, handle = died(platform, launcher, "echo ready; sleep 60")
    (folder_of(handle) / "log").unlink()
    with pytest.raises(InvalidRequest, match="nothing"):
        launcher.launch(salvaging(launch, handle))


def test_where_all_was_cleared_away_nothing_is_made_anew(platform: StandIn, launcher: Launched, tmp_path: Path) -> None:
    launch, handle = died(platform, launcher)
    launcher.clean(handle)
    with pytest.raises(InvalidRequest, match="nothing"):
        launcher.launch(salvaging(launch, handle))
    assert not any(path.is_dir() for path in (tmp_path / "jobs").iterdir())


def test_all_of_it_is_cleared_away(platform: StandIn, launcher: Launched, tmp_path: Path) -> None:
    launch, handle = died(platform, launcher)
    salvager = launcher.launch(salvaging(launch, handle))
    report_of(launcher, salvager)
    launcher.clean(salvager)
    wait_for(lambda: not any(path.is_dir() for path in (tmp_path / "jobs").iterdir()))
