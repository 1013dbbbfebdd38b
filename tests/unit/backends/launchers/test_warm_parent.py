"""The warm parent of agents: it may die at any moment, and no job is the worse for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.attempts import is_alive
from support.waiting import wait_for

from acai_jupyter.backends.launchers import starting, warm_parent
from acai_jupyter.backends.launchers.process import ProcessLauncher
from acai_jupyter.ports.launcher import Sign
from tests.agent.stand_in import TOKEN, StandIn, running
from tests.unit.backends.launchers.test_process import folder_of, gone, spec

platform = pytest.fixture(running)


class Crashes:
    """What the launcher says of agents that failed."""

    def __init__(self) -> None:
        self.heard = threading.Event()

    def __call__(self) -> None:
        self.heard.set()


@pytest.fixture
def crashes() -> Crashes:
    return Crashes()


@pytest.fixture
def launcher(tmp_path: Path, crashes: Crashes) -> Iterator[ProcessLauncher]:
    made = ProcessLauncher(tmp_path / "jobs", [], on_crash=crashes)
    yield made
    made.close()


def parent_of(handle: str) -> int:
    return parent_of_process(json.loads(handle)["pid"])


def parent_of_process(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def sockets_of(pid: int) -> set[str]:
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(path.readlink()))
        except FileNotFoundError:
            continue  # a connection that was just closed
    return {name for name in found if name.startswith("socket:")}


def waits(platform: StandIn, launcher: ProcessLauncher, attempt: int = 1) -> str:
    """The handle of an agent whose command waits for `../go` and prints then."""
    handle = launcher.launch(spec(platform, "echo ready; until [ -e ../go ]; do sleep 0.01; done; echo over", attempt))
    platform.wait(lambda: b"ready" in platform.log)
    return handle


def go_on(platform: StandIn, launcher: ProcessLauncher, handle: str) -> None:
    (folder_of(handle) / "go").touch()
    report = gone(launcher, handle).report
    assert report is not None
    assert json.loads(report)["exit_code"] == 0
    assert bytes(platform.log) == b"ready\nover\n"


def test_agents_are_forked_from_one_parent_that_was_told_nothing_of_them(
    platform: StandIn, launcher: ProcessLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACAI_TOKEN", "hidden-value")
    monkeypatch.setenv("TZ", "UTC")
    first, second = waits(platform, launcher), launcher.launch(spec(platform, "echo ready; sleep 60", attempt=2))
    parent = parent_of(first)
    assert parent == parent_of(second) != os.getpid()
    told = b"".join(Path(f"/proc/{parent}/{name}").read_bytes() for name in ("environ", "cmdline"))
    assert b"TZ=UTC" in told
    assert b"hidden-value" not in told
    assert TOKEN.encode() not in told
    launcher.kill(second, force=True)
    go_on(platform, launcher, first)


def test_an_agent_holds_nothing_of_its_parents(platform: StandIn, launcher: ProcessLauncher) -> None:
    """What an agent inherits would live on with the job: the parent's end of the socket would keep the launcher waiting."""
    handle = waits(platform, launcher)
    agent, parent = json.loads(handle)["pid"], parent_of(handle)
    assert os.getsid(agent) == agent
    own = sockets_of(parent)
    assert len(own) == 3
    assert own & sockets_of(agent) == set()
    go_on(platform, launcher, handle)


def test_a_killed_parent_takes_no_job_with_it_and_the_next_job_has_another(platform: StandIn, launcher: ProcessLauncher) -> None:
    handle = waits(platform, launcher)
    parent = parent_of(handle)
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not is_alive(parent))
    assert launcher.poll([handle])[0].sign is Sign.ALIVE
    other = launcher.launch(spec(platform, "sleep 60", attempt=2))
    assert parent_of(other) not in (parent, os.getpid(), 1)
    launcher.kill(other, force=True)
    go_on(platform, launcher, handle)


def test_a_parent_that_dies_over_a_request_starts_no_second_agent(platform: StandIn, launcher: ProcessLauncher) -> None:
    first = launcher.launch(spec(platform, "true", attempt=2))
    parent = parent_of(first)
    os.kill(parent, signal.SIGSTOP)
    launched: list[str] = []
    thread = threading.Thread(target=lambda: launched.append(launcher.launch(spec(platform, "echo once"))))
    thread.start()
    os.kill(parent, signal.SIGKILL)
    thread.join()
    gone(launcher, launched[0])
    assert bytes(platform.log) == b"once\n"
    assert parent_of(launcher.launch(spec(platform, "true", attempt=3))) != parent


FAILS_AFTER_ITS_FORK = """if True:
    import os, sys
    from pathlib import Path
    fork, pids = os.fork, Path("PIDS")
    def failing():
        os.fork = fork
        pid = fork()
        if pid and not pids.exists():
            pids.write_text(" ".join(map(str, (os.getpid(), pid))))
            os.kill(os.getpid(), SIGNAL)
        return pid
    if "{module}" == "parent":
        os.fork = failing
    sys.path.append(sys.argv.pop())
    from acai_agent.{module} import main
    sys.exit(main())
"""
"""How an agent or its parent begins here; the first parent gets this signal before it can tell of its first agent."""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_only_a_recorded_agent_does_the_job_where_a_parent_forks_one_and_can_not_say_so(
    platform: StandIn, launcher: ProcessLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    """Else the job runs while it is taken for lost, and is killed for that."""
    pids = tmp_path / "pids"
    boot = FAILS_AFTER_ITS_FORK.replace("PIDS", str(pids)).replace("SIGNAL", str(int(how)))
    monkeypatch.setattr(starting, "_BOOT", boot)
    monkeypatch.setattr(warm_parent, "_LONGEST_ANSWER_S", 3.0)
    handle = waits(platform, launcher)
    command = json.loads((folder_of(handle) / "process.json").read_text())["pid"]
    assert parent_of_process(command) == json.loads(handle)["pid"]
    wait_for(lambda: not any(is_alive(int(pid)) for pid in pids.read_text().split()))
    go_on(platform, launcher, handle)
    assert len(platform.claims) == 1


def test_a_parent_ends_with_its_launcher_and_its_agents_go_on(platform: StandIn, launcher: ProcessLauncher) -> None:
    handle = waits(platform, launcher)
    parent = parent_of(handle)
    launcher.close()
    assert not is_alive(parent)
    go_on(platform, launcher, handle)


def test_where_no_parent_can_be_started_agents_start_without(
    platform: StandIn, launcher: ProcessLauncher, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "jobs" / "parent.log").mkdir(parents=True)
    handle = waits(platform, launcher)
    assert parent_of(handle) == os.getpid()
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("Agents start slowly for a while")
    go_on(platform, launcher, handle)


def test_elsewhere_than_on_linux_no_agent_is_forked(platform: StandIn, tmp_path: Path) -> None:
    launcher = ProcessLauncher(tmp_path / "jobs", [], warm=False)
    handle = waits(platform, launcher)
    assert parent_of(handle) == os.getpid()
    go_on(platform, launcher, handle)


def test_a_crash_of_an_agent_is_said_at_once_and_with_its_signal(
    platform: StandIn, launcher: ProcessLauncher, crashes: Crashes
) -> None:
    handle = waits(platform, launcher)
    assert not crashes.heard.is_set()
    os.kill(json.loads(handle)["pid"], signal.SIGKILL)
    assert crashes.heard.wait(30)
    assert "(signal 9)" in (launcher.poll([handle])[0].detail or "")
    launcher.kill(handle, force=True)


def test_an_agent_that_can_note_nothing_down_ends_well_all_the_same(
    platform: StandIn, launcher: ProcessLauncher, tmp_path: Path
) -> None:
    """It must not go on as its parent, from which it was forked, when its last words find no room."""
    wanted = spec(platform, "echo done")
    folder = tmp_path / "jobs" / wanted.job_id.hex / "1" / "0"
    folder.mkdir(parents=True)
    (folder / "agent.log").symlink_to("/dev/full")
    handle = launcher.launch(wanted)
    wait_for(lambda: not is_alive(json.loads(handle)["pid"]))
    assert platform.reports[0]["exit_code"] == 0
    (folder / "report.json").unlink()
    assert launcher.poll([handle])[0].detail == "The job's agent ended without a report."


STATES = {
    "claiming": "/agent/claim",
    "bringing its files": "/agent/files",
    "printing": "/agent/log",
    "taking its output home": "/uploads",
    "reporting": "/agent/report",
}


@pytest.mark.parametrize("state", STATES)
def test_a_parent_that_dies_in_any_state_of_a_job_costs_it_nothing(
    platform: StandIn, launcher: ProcessLauncher, state: str
) -> None:
    """The platform is away at that moment, so that the job stays in it."""
    platform.fail(STATES[state], "503", times=1_000_000)
    handle = launcher.launch(spec(platform, "echo once; echo x > output/x"))
    wait_for(lambda: platform.met(STATES[state]))
    parent = parent_of(handle)
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not is_alive(parent))
    platform.forgive()
    report = gone(launcher, handle).report
    assert report is not None
    assert (json.loads(report)["exit_code"], bytes(platform.log), len(platform.reports)) == (0, b"once\n", 1)
    assert len({claim["instance"] for claim in platform.claims}) == 1


def test_a_parent_ends_with_a_server_that_is_killed(platform: StandIn, launcher: ProcessLauncher, tmp_path: Path) -> None:
    config = spec(platform, "echo ready; until [ -e ../go ]; do sleep 0.01; done; echo over").config
    code = """if True:
        import json, os, signal, sys, uuid
        from pathlib import Path
        from acai_jupyter.backends.launchers.process import ProcessLauncher
        from acai_jupyter.domain.resources import Resources
        from acai_jupyter.ports.launcher import LaunchSpec
        config = json.loads(sys.argv[2])
        job = uuid.UUID(config["job"].removeprefix("job_"))
        server = ProcessLauncher(Path(sys.argv[1]), [])
        handle = server.launch(LaunchSpec(job, 1, 0, Resources(1.0, 512), None, None, config))
        stat = Path(f"/proc/{json.loads(handle)['pid']}/stat").read_text()
        print(handle, stat.rpartition(")")[2].split()[1], sep="\\n", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "jobs"), json.dumps(config)], stdout=subprocess.PIPE, text=True, check=False
    )
    handle, parent = told.stdout.splitlines()
    wait_for(lambda: not is_alive(int(parent)))
    platform.wait(lambda: b"ready" in platform.log)
    go_on(platform, launcher, handle)
