"""What a job makes of its agent's files: it can write where they lie, and harms nobody but itself."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acai_jupyter.backends.launchers.folders import read_text, tail
from acai_jupyter.backends.launchers.processes import name_of
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.launcher import Sign
from tests.agent.stand_in import StandIn, running
from tests.unit.backends.launchers.test_process import Launched, folder_of, observe, spec
from tests.unit.backends.launchers.test_salvage import died, report_of, salvaging

platform = pytest.fixture(running)


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**40)


def deep(path: Path) -> None:
    path.write_text("[" * 100_000)


def listening(path: Path) -> None:
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


def thread(path: Path) -> None:
    """The number of a thread where that of a process belongs."""
    waiting = threading.Thread(target=threading.Event().wait, daemon=True)
    waiting.start()
    path.write_text(json.dumps({"pid": waiting.native_id, "start": "1"}))


def told(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


ODD = {
    "garbage": garbage,
    "folder": Path.mkdir,
    "fifo": os.mkfifo,
    "link": link,
    "socket": listening,
    "thread": thread,
    "huge": huge,
    "deep": deep,
    "list": told("[]"),
    "null": told('{"pid": null, "start": null, "boot": null, "cpus": 7, "gpus": 7}'),
    "negative": told('{"pid": -1, "start": "1", "cpus": [-1], "gpus": ["x"]}'),
    "endless": told(json.dumps({"pid": 10**30, "start": "1"})),
    "infinite": told('{"pid": 1e400, "start": "1", "boot": "x", "folder": "x", "cpus": [{}], "gpus": [[]]}'),
}


@pytest.fixture(params=ODD)
def odd(request: pytest.FixtureRequest) -> Callable[[Path], object]:
    return ODD[request.param]


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launched]:
    started = Launched(tmp_path / "jobs", capacity=Resources(0.0, 0, 1))
    started.handles = []
    yield started
    for handle in started.handles:
        started.kill(handle, force=True)
    started.close()


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[str]:
    """Of an agent that has ended."""
    folder = tmp_path / "jobs" / ("a" * 32) / "1" / "0"
    folder.mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"]) as process:
        name = name_of(process.pid)
        assert name is not None
        process.kill()
    yield json.dumps({"boot": name.boot, "pid": name.pid, "start": name.start, "folder": str(folder)})


@pytest.mark.parametrize("file", ["report.json", "agent.log"])
def test_an_agent_whose_last_words_are_odd_has_gone_like_any_other(
    launcher: Launched, handle: str, odd: Callable[[Path], object], file: str
) -> None:
    odd(folder_of(handle) / file)
    assert observe(launcher, handle).sign is Sign.GONE
    launcher.clean(handle)
    assert not folder_of(handle).exists()


def test_an_attempt_with_odd_files_is_ended_and_cleared_away(
    launcher: Launched, handle: str, odd: Callable[[Path], object]
) -> None:
    for file in ("process.json", "agent.json", "limits.json", "salvager.json", "launch.lock", "log"):
        odd(folder_of(handle) / file)
    launcher.kill(handle, force=True)
    launcher.clean(handle)
    assert not folder_of(handle).exists()


def test_other_jobs_are_launched_beside_a_living_one_with_odd_files(
    platform: StandIn, launcher: Launched, odd: Callable[[Path], object]
) -> None:
    """What living jobs have is read in their folders: CPUs without control groups, and GPUs."""
    first = launcher.launch(spec(platform, "echo ready; sleep 60"))
    platform.wait(lambda: b"ready" in platform.log)
    limits = folder_of(first) / "limits.json"
    limits.unlink()
    odd(limits)
    wanted = spec(platform, "true", attempt=2)
    second = launcher.launch(type(wanted)(wanted.job_id, 2, 0, Resources(1.0, 512, 1), None, None, wanted.config))
    assert second != first


@pytest.mark.parametrize("kind", ["folder", "fifo", "link"])
@pytest.mark.parametrize("file", ["agent.log", "log", "process.json", "salvager.json", "salvager.draft", "launch.lock"])
def test_what_a_job_with_odd_files_left_is_brought_home(platform: StandIn, launcher: Launched, kind: str, file: str) -> None:
    launch, handle = died(platform, launcher)
    (folder_of(handle) / file).unlink(missing_ok=True)
    ODD[kind](folder_of(handle) / file)
    report = report_of(launcher, launcher.launch(salvaging(launch, handle)))
    assert platform.lake.contents(report["kept_upload"]) == {"checkpoint": b"half\n"}


def test_what_is_looked_at_is_not_left_open(tmp_path: Path, odd: Callable[[Path], object]) -> None:
    odd(tmp_path / "report.json")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        read_text(tmp_path / "report.json")
        tail(tmp_path / "report.json")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_agent_that_can_not_be_looked_at_now_is_taken_to_live(
    launcher: Launched, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that has too many files open must not take all its jobs for lost."""
    with subprocess.Popen(["sleep", "60"]) as process:
        name = name_of(process.pid)
        assert name is not None
        handle = json.dumps({"boot": name.boot, "pid": name.pid, "start": name.start, "folder": str(tmp_path)})
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            seen = observe(launcher, handle)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            process.kill()
    assert seen.sign is Sign.ALIVE
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert observe(launcher, handle).sign is Sign.GONE
