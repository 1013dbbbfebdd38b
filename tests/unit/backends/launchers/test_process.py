"""Jobs as local processes: real agents, on the platform's stand-in."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from acai_jupyter.backends.launchers import capacity
from acai_jupyter.backends.launchers.environment import allowed_environment
from acai_jupyter.backends.launchers.process import ProcessLauncher
from acai_jupyter.domain.errors import InvalidRequest, InvalidSetting
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.launcher import LaunchSpec, Observation, Sign
from tests.agent.stand_in import TOKEN, StandIn, running

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("draft", "w").write(str(os.getpid()))
        os.rename("draft", "daemon.pid")
        time.sleep(60)
    os._exit(0)
while not os.path.exists("daemon.pid"):
    time.sleep(0.01)
print("ready", flush=True)
time.sleep(60)
"""

STRAY = """
import subprocess, time
forks = "echo $$ > stray; while :; do setsid sh -c 'echo $$ >> births; sleep 0.1' & sleep 0.02; done"
subprocess.Popen(["setsid", "sh", "-c", forks], env={"PATH": "/usr/bin:/bin"})
print("ready", flush=True)
time.sleep(60)
"""


platform = pytest.fixture(running)


class Launched(ProcessLauncher):
    """A launcher that remembers what it has started, so that a test leaves nothing behind."""

    handles: list[str]

    def launch(self, spec: LaunchSpec) -> str:
        handle = super().launch(spec)
        self.handles.append(handle)
        return handle


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launched]:
    started = Launched(tmp_path / "jobs")
    started.handles = []
    yield started
    for handle in started.handles:
        started.kill(handle, force=True)
    started.close()


def spec(platform: StandIn, command: str | list[str] = "true", attempt: int = 1, **manifest: Any) -> LaunchSpec:
    job = uuid.UUID(platform.manifest["job"].removeprefix("job_"))
    platform.manifest |= {"command": command, **manifest}
    config = {
        "contract": 1,
        "url": platform.url,
        "token": TOKEN,
        "servers": None,
        "job": platform.manifest["job"],
        "attempt": attempt,
        "rank": 0,
    }
    return LaunchSpec(job, attempt, 0, Resources(1.0, 512), None, None, config)


def folder_of(handle: str) -> Path:
    return Path(json.loads(handle)["folder"])


def wait_for(condition: Callable[[], Any], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.01)


def observe(launcher: ProcessLauncher, handle: str) -> Observation:
    (observation,) = launcher.poll([handle])
    return observation


def gone(launcher: ProcessLauncher, handle: str) -> Observation:
    """What is seen of an agent when it has gone."""
    seen = [observe(launcher, handle)]
    wait_for(lambda: seen[-1].sign is Sign.GONE or seen.append(observe(launcher, handle)))
    return seen[-1]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def running(platform: StandIn, launcher: ProcessLauncher, command: str | list[str] = "echo ready; exec sleep 60") -> str:
    handle = launcher.launch(spec(platform, command))
    platform.wait(lambda: b"ready" in platform.log)
    return handle


def test_an_agent_does_its_job_and_its_report_is_found(platform: StandIn, launcher: Launched) -> None:
    handle = launcher.launch(spec(platform, "echo hello; echo x > output/x"))
    observation = gone(launcher, handle)
    assert json.loads(observation.report or "") == platform.reports[0]
    assert (observation.detail, observation.out_of_memory) == (None, False)
    assert bytes(platform.log) == b"hello\n"


def test_the_folder_is_ours_alone_and_named_after_the_attempt(platform: StandIn, launcher: Launched, tmp_path: Path) -> None:
    handle = launcher.launch(spec(platform, attempt=3))
    folder = folder_of(handle)
    assert folder == tmp_path / "jobs" / platform.manifest["job"].removeprefix("job_") / "3" / "0"
    assert folder.stat().st_mode & 0o777 == 0o700
    gone(launcher, handle)


def test_a_handle_is_compact_and_names_one_process_for_ever(platform: StandIn, launcher: Launched) -> None:
    handle = running(platform, launcher)
    told = json.loads(handle)
    assert set(told) == {"boot", "pid", "start", "folder"}
    assert told["boot"] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert told["start"] == Path(f"/proc/{told['pid']}/stat").read_text().rpartition(")")[2].split()[19]
    assert " " not in handle.replace(told["folder"], "")
    assert os.getsid(told["pid"]) == told["pid"]


def test_agents_are_observed_in_order(platform: StandIn, launcher: Launched) -> None:
    handle = running(platform, launcher)
    over = json.dumps(json.loads(handle) | {"start": "1"})
    assert [seen.sign for seen in launcher.poll([over, handle, "nonsense", handle])] == [
        Sign.GONE,
        Sign.ALIVE,
        Sign.GONE,
        Sign.ALIVE,
    ]
    assert launcher.poll([]) == []


def test_another_launcher_knows_the_agents_by_their_handles(platform: StandIn, launcher: Launched, tmp_path: Path) -> None:
    handle = running(platform, launcher)
    launcher.close()
    other = ProcessLauncher(tmp_path / "jobs")
    assert observe(other, handle).sign is Sign.ALIVE
    other.kill(handle, force=False)
    assert json.loads(gone(other, handle).report or "")["ended"] == "killed"


def test_an_agent_outlives_the_process_that_started_it(platform: StandIn, launcher: Launched, tmp_path: Path) -> None:
    config = spec(platform, "echo ready; until [ -e ../go ]; do sleep 0.01; done; echo x > output/x").config
    code = """if True:
        import json, sys, uuid
        from pathlib import Path
        from acai_jupyter.backends.launchers.process import ProcessLauncher
        from acai_jupyter.domain.resources import Resources
        from acai_jupyter.ports.launcher import LaunchSpec
        config = json.loads(sys.argv[2])
        job = uuid.UUID(config["job"].removeprefix("job_"))
        print(ProcessLauncher(Path(sys.argv[1])).launch(LaunchSpec(job, 1, 0, Resources(1.0, 512), None, None, config)))
    """
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "jobs"), json.dumps(config)], stdout=subprocess.PIPE, text=True, check=True
    )
    handle = done.stdout.strip()
    launcher.handles.append(handle)
    platform.wait(lambda: b"ready" in platform.log)
    (folder_of(handle) / "go").touch()
    assert json.loads(gone(launcher, handle).report or "")["exit_code"] == 0


def test_a_second_launch_of_an_attempt_starts_no_second_agent(platform: StandIn, launcher: Launched) -> None:
    handle = running(platform, launcher)
    assert launcher.launch(spec(platform, "echo ready; exec sleep 60")) == handle
    assert len(platform.claims) == 1


def test_launches_at_the_same_time_start_one_agent(platform: StandIn, launcher: Launched) -> None:
    wanted = spec(platform, "exec sleep 60")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: launcher.launch(wanted), range(8)))) == 1


def test_an_attempt_whose_agent_died_before_it_claimed_can_be_launched_again(platform: StandIn, launcher: Launched) -> None:
    wanted = spec(platform, "echo hello")
    platform.fail("/agent/claim", "drop", times=1_000_000)
    first = launcher.launch(wanted)
    wait_for(lambda: platform.met("/agent/claim"))
    launcher.kill(first, force=True)
    platform.forgive()
    second = launcher.launch(wanted)
    assert second != first
    assert json.loads(gone(launcher, second).report or "")["ended"] == "exited"


def test_a_second_agent_of_an_attempt_that_was_claimed_runs_nothing(platform: StandIn, launcher: Launched) -> None:
    first = running(platform, launcher, "echo $$ ready; echo x >> ../ran; exec sleep 60")
    os.kill(json.loads(first)["pid"], signal.SIGKILL)
    assert gone(launcher, first).report is None
    second = launcher.launch(spec(platform, "echo x >> ../ran"))
    observation = gone(launcher, second)
    assert "Another agent has this job" in (observation.detail or "")
    assert (folder_of(second) / "ran").read_text() == "x\n"
    launcher.kill(first, force=True)
    assert not is_alive(int(bytes(platform.log).split()[0]))


def test_a_crash_is_told_with_the_agents_last_words(platform: StandIn, launcher: Launched) -> None:
    wanted = spec(platform)
    del wanted.config["token"]
    observation = gone(launcher, launcher.launch(wanted))
    assert observation.report is None
    assert observation.detail == "The job's agent ended without a report (exit code 2). The agent was not told its token."


def test_a_killed_agent_is_told_and_leaves_no_zombie(platform: StandIn, launcher: Launched) -> None:
    handle = running(platform, launcher)
    pid = json.loads(handle)["pid"]
    os.kill(pid, signal.SIGKILL)
    assert (gone(launcher, handle).detail or "").startswith("The job's agent ended without a report (signal 9). ")
    assert not Path(f"/proc/{pid}").exists()


def test_agents_that_nobody_asks_for_leave_no_zombies(platform: StandIn, launcher: Launched) -> None:
    pid = json.loads(launcher.launch(spec(platform)))["pid"]
    wait_for(lambda: not is_alive(pid))
    wait_for(lambda: launcher.poll([]) == [] and not Path(f"/proc/{pid}").exists())


def test_an_agent_that_is_just_reporting_is_not_ended_by_cleaning(platform: StandIn, launcher: Launched) -> None:
    platform.fail("/agent/report", "503", times=1_000_000)
    handle = launcher.launch(spec(platform))
    wait_for((folder_of(handle) / "report.json").exists)
    launcher.clean(handle)
    assert not folder_of(handle).exists()
    assert observe(launcher, handle).sign is Sign.ALIVE
    platform.forgive()
    wait_for(lambda: observe(launcher, handle).sign is Sign.GONE)
    assert len(platform.reports) == 1


def test_a_kill_asks_the_agent_which_ends_its_job(platform: StandIn, launcher: Launched) -> None:
    handle = running(platform, launcher, "echo x > output/checkpoint; echo ready; exec sleep 60")
    launcher.kill(handle, force=False)
    report = json.loads(gone(launcher, handle).report or "")
    assert report["ended"] == "killed"
    assert platform.lake.contents(report["kept_upload"]) == {"checkpoint": b"x\n"}


@pytest.mark.parametrize("agent_is_dead", [False, True])
def test_a_forced_kill_ends_the_agent_the_command_and_its_daemons(
    platform: StandIn, launcher: Launched, agent_is_dead: bool
) -> None:
    handle = running(platform, launcher, [sys.executable, "-c", DAEMON])
    folder = folder_of(handle)
    pids = [
        json.loads(handle)["pid"],
        json.loads((folder / "process.json").read_text())["pid"],
        int((folder / "work" / "daemon.pid").read_text()),
    ]
    assert all(is_alive(pid) for pid in pids)
    if agent_is_dead:
        os.kill(pids[0], signal.SIGKILL)
        wait_for(lambda: not is_alive(pids[0]))
        assert all(is_alive(pid) for pid in pids[1:])
    launcher.kill(handle, force=True)
    assert not any(is_alive(pid) for pid in pids)
    assert observe(launcher, handle).sign is Sign.GONE
    assert platform.reports == []


def test_a_daemon_is_found_when_its_agent_and_the_command_have_died(platform: StandIn, launcher: Launched) -> None:
    handle = running(platform, launcher, [sys.executable, "-c", DAEMON])
    folder = folder_of(handle)
    for pid in (json.loads(handle)["pid"], json.loads((folder / "process.json").read_text())["pid"]):
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda pid=pid: not is_alive(pid))
    daemon = int((folder / "work" / "daemon.pid").read_text())
    assert is_alive(daemon)
    launcher.kill(handle, force=True)
    assert not is_alive(daemon)


def test_what_has_left_the_commands_session_and_environment_is_found_when_its_agent_has_died(
    platform: StandIn, tmp_path: Path
) -> None:
    """Without control groups it is known by who its parents are, and nobody is born unseen meanwhile."""
    launcher = ProcessLauncher(tmp_path / "jobs", [])
    handle = running(platform, launcher, [sys.executable, "-c", STRAY])
    folder = folder_of(handle)
    wait_for(lambda: (folder / "work" / "births").exists())
    stray = int((folder / "work" / "stray").read_text())
    os.kill(json.loads(handle)["pid"], signal.SIGKILL)
    wait_for(lambda: not is_alive(json.loads(handle)["pid"]))
    assert is_alive(stray)
    launcher.kill(handle, force=True)
    assert not is_alive(stray)
    assert not any(is_alive(int(pid)) for pid in (folder / "work" / "births").read_text().split())
    launcher.close()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("forged", [{"start": "1"}, {"boot": "another-boot"}])
def test_a_stranger_with_the_agents_pid_is_never_touched(
    launcher: Launched, stranger: subprocess.Popen[bytes], tmp_path: Path, force: bool, forged: dict[str, str]
) -> None:
    truth = {
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "pid": stranger.pid,
        "start": Path(f"/proc/{stranger.pid}/stat").read_text().rpartition(")")[2].split()[19],
        "folder": str(tmp_path / "jobs" / "a" / "1" / "0"),
    }
    assert observe(launcher, json.dumps(truth)).sign is Sign.ALIVE
    handle = json.dumps(truth | forged)
    folder_of(handle).mkdir(parents=True)
    (folder_of(handle) / "process.json").write_text(json.dumps({"pid": stranger.pid, "pgid": stranger.pid, "start": "1"}))
    assert observe(launcher, handle).sign is Sign.GONE
    launcher.kill(handle, force=force)
    launcher.clean(handle)
    assert is_alive(stranger.pid)


def test_cleaning_leaves_nothing_of_the_job(platform: StandIn, launcher: Launched, tmp_path: Path) -> None:
    handle = launcher.launch(spec(platform, "mkdir -p a/b; touch a/b/c; ln -s /etc a/etc; chmod 500 a/b a"))
    gone(launcher, handle)
    launcher.clean(handle)
    assert [path for path in (tmp_path / "jobs").iterdir() if path.is_dir()] == []
    assert os.access("/etc/passwd", os.R_OK)
    launcher.clean(handle)


def test_cleaning_leaves_the_other_attempts(platform: StandIn, launcher: Launched) -> None:
    first, second = launcher.launch(spec(platform, attempt=1)), launcher.launch(spec(platform, attempt=2))
    gone(launcher, first)
    gone(launcher, second)
    launcher.clean(first)
    assert not folder_of(first).parent.exists()
    assert folder_of(second).exists()


def test_cleaning_ends_what_still_runs_there(platform: StandIn, launcher: Launched) -> None:
    handle = running(platform, launcher, "echo $$ ready; exec sleep 60")
    launcher.clean(handle)
    assert not is_alive(int(bytes(platform.log).split()[0]))
    assert not folder_of(handle).exists()


@pytest.mark.parametrize("folder", ["..", "", "a", "a/b", "a/b/c/d", "../x/y/z"])
def test_cleaning_touches_only_folders_of_attempts(launcher: Launched, tmp_path: Path, folder: str) -> None:
    place = tmp_path / "jobs" / folder
    place.mkdir(parents=True, exist_ok=True)
    handle = json.dumps({"boot": "x", "pid": 1, "start": "1", "folder": str(place.resolve())})
    with pytest.raises(InvalidRequest, match="is not the folder of one of this launcher's jobs"):
        launcher.clean(handle)
    assert place.exists()


def test_the_environment_is_an_allow_list() -> None:
    given = {
        "PATH": "/bin",
        "HOME": "/home/ada",
        "LC_ALL": "C.UTF-8",
        "https_proxy": "http://ada:password@proxy:3128",
        "CUDA_VISIBLE_DEVICES": "0",
        "LC_TOKEN": "x",
        "ACAI_TOKEN": "x",
        "JUPYTER_TOKEN": "x",
        "JPY_API_TOKEN": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_PROFILE": "x",
        "OPENAI_API_KEY": "x",
        "DATABASE_URL": "x",
        "PYTHONPATH": "x",
    }
    allowed = allowed_environment(given)
    assert sorted(allowed) == ["CUDA_VISIBLE_DEVICES", "HOME", "LC_ALL", "PATH", "https_proxy"]
    assert allowed["https_proxy"] == given["https_proxy"], "without its password no job would reach the network"


def test_a_job_sees_no_secret_of_the_platform(platform: StandIn, launcher: Launched, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACAI_TOKEN", "JUPYTER_TOKEN", "AWS_SECRET_ACCESS_KEY", "ACAI_DATABASE_URL"):
        monkeypatch.setenv(name, "hidden-value")
    monkeypatch.setenv("TZ", "UTC")
    handle = launcher.launch(spec(platform, ["sh", "-c", "env; cat /proc/$PPID/environ /proc/$PPID/cmdline"]))
    gone(launcher, handle)
    assert b"TZ=UTC\n" in platform.log
    assert b"hidden-value" not in platform.log
    assert TOKEN.encode() not in platform.log
    assert TOKEN not in handle


def test_capacity_is_what_this_process_may_use(launcher: Launched) -> None:
    capacity = launcher.capacity()
    assert capacity.cpu == len(os.sched_getaffinity(0))
    total_kb = int(Path("/proc/meminfo").read_text().split()[1])
    assert abs(capacity.memory_mb - total_kb // 1024) <= 1
    assert (capacity.gpu, capacity.enforced) == (0, frozenset({"cpu", "memory"}))


def test_the_machine_is_looked_at_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may be given more, or less, while it runs."""
    seconds, cpus = [0.0], [4.0]
    monkeypatch.setattr(capacity, "machine_cpus", lambda: cpus[0])
    machine = capacity.Machine(lambda: seconds[0])
    assert machine.look()[0] == 4
    cpus[0] = 2
    assert machine.look()[0] == 4
    seconds[0] += 60
    assert machine.look()[0] == 2


def test_a_folder_that_cannot_be_used_is_told(platform: StandIn, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSetting, match=r"can't be started in .*: Not a directory"):
        ProcessLauncher(tmp_path / "file" / "jobs").launch(spec(platform))


NEVER_INSTALLED = """#!/bin/sh
case "$*" in
    *" venv "*) for place; do :; done; mkdir -p "$place/bin"; cp "$0" "$place/bin/python" ;;
    *" install "*) echo $$ > draft; mv draft pid; exec sleep 60 ;;
    *) echo 3 ;;
esac
"""


def test_pip_keeps_its_environment_to_itself_when_its_agent_dies_and_ends_with_the_job(platform: StandIn, tmp_path: Path) -> None:
    """The next agent would remove what pip still writes, and make it beside it."""
    python, pid = tmp_path / "python", tmp_path / "environments" / "pid"
    python.write_text(NEVER_INSTALLED)
    python.chmod(0o755)
    launcher = ProcessLauncher(tmp_path / "jobs", [])
    handle = launcher.launch(spec(platform, requirements="a==1", python=str(python)))
    wait_for(pid.exists)
    (place,) = (tmp_path / "environments").glob("*.lock")
    agent, pip = json.loads(handle)["pid"], int(pid.read_text())
    os.kill(agent, signal.SIGKILL)
    wait_for(lambda: not is_alive(agent))
    with place.open() as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        launcher.kill(handle, force=True)
        assert not is_alive(pip)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    launcher.close()
