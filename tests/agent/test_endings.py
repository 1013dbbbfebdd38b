"""Every way in which a job ends, and nothing of it is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.waiting import wait_for

from acai_agent import processes
from tests.agent.agents import Agent, Agents
from tests.agent.stand_in import StandIn

IGNORING_TERM = f"trap '' TERM; {sys.executable} -c 'print(\"ready\", flush=True); import time; time.sleep(60)'; sleep 60"
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if sys.argv[1] == "stubborn":
            import signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.environ.clear()
        open("daemon", "w").write(str(os.getpid()))
        os.rename("daemon", "daemon.pid")
        time.sleep(60)
    os._exit(0)
while not os.path.exists("daemon.pid"):
    time.sleep(0.01)
print("ready", flush=True)
if len(sys.argv) > 2:
    time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def ready(platform: StandIn) -> None:
    platform.wait(lambda: b"ready" in platform.log)


def finish(agents: Agents, agent: Agent) -> dict[str, Any]:
    return agents.finish(agent)[1]


def test_a_signal_is_told(agents: Agents) -> None:
    _, report = agents.run(["sh", "-c", "kill -SEGV $$"])
    assert (report["ended"], report["exit_code"], report["signal"]) == ("signalled", None, signal.SIGSEGV)


def test_the_timeout_ends_the_command_and_keeps_its_output(platform: StandIn, agents: Agents) -> None:
    _, report = agents.run("echo x > output/checkpoint; exec sleep 60", timeout_s=1.5, output_path="/Model/")
    assert (report["ended"], report["signal"]) == ("timeout", signal.SIGTERM)
    assert report["output_upload"] is None
    assert platform.lake.contents(report["kept_upload"]) == {"checkpoint": b"x\n"}


def test_the_timeout_holds_for_the_download_too(platform: StandIn, agents: Agents) -> None:
    platform.lake.add("input", "x", b"x")
    platform.fail("/objects/", "503", times=10_000)
    agent, report = agents.run("touch ran", timeout_s=0.5)
    assert (report["ended"], report["command_time"]) == ("timeout", None)
    assert not agent.work("ran").exists()


def test_a_job_is_killed_when_the_platform_says_so(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin("echo x > output/checkpoint; echo ready; exec sleep 60", heartbeat_s=0.05)
    ready(platform)
    platform.kill = True
    report = finish(agents, agent)
    assert (report["ended"], report["signal"]) == ("killed", signal.SIGTERM)
    assert platform.lake.contents(report["kept_upload"]) == {"checkpoint": b"x\n"}


def test_a_job_is_killed_by_a_signal_to_its_agent(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin("echo ready; exec sleep 60")
    ready(platform)
    agent.process.terminate()
    assert finish(agents, agent)["ended"] == "killed"


def test_a_job_may_tidy_up_when_it_is_killed(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin("trap 'echo tidy; exit 3' TERM; echo ready; while :; do sleep 0.01; done")
    ready(platform)
    agent.process.terminate()
    report = finish(agents, agent)
    assert (report["ended"], report["exit_code"]) == ("killed", 3)
    assert bytes(platform.log).endswith(b"tidy\n")


def test_a_command_is_asked_to_end_only_once(platform: StandIn, agents: Agents) -> None:
    count = "import signal, time; signal.signal(15, lambda *_: print('asked', flush=True)); print('ready', flush=True)"
    agent = agents.begin([sys.executable, "-c", f"{count}\nwhile True: time.sleep(60)"], kill_grace_s=0.3)
    ready(platform)
    agent.process.terminate()
    assert finish(agents, agent)["signal"] == signal.SIGKILL
    assert bytes(platform.log) == b"ready\nasked\n"


def test_what_does_not_heed_is_ended_by_force_after_its_grace(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin(IGNORING_TERM, kill_grace_s=0.3)
    ready(platform)
    asked_at = time.monotonic()
    agent.process.terminate()
    report = finish(agents, agent)
    assert (report["ended"], report["signal"]) == ("killed", signal.SIGKILL)
    assert time.monotonic() - asked_at >= 0.3


def test_a_kill_before_the_command_keeps_it_from_starting(platform: StandIn, agents: Agents) -> None:
    platform.lake.add("input", "x", b"x")
    platform.fail("/objects/", "503", times=10_000)
    agent = agents.begin("touch ran")
    platform.wait(lambda: any(path == "/agent/files" for path, _ in platform.calls))
    agent.process.terminate()
    assert finish(agents, agent)["ended"] == "killed"
    assert not agent.work("ran").exists()


def test_a_kill_while_the_output_travels_keeps_it_with_the_job(platform: StandIn, agents: Agents) -> None:
    platform.fail("/seal", "503", times=3)
    agent = agents.begin("echo x > output/x", output_path="/Model/", heartbeat_s=0.02)
    platform.wait(lambda: any("/urls" in path for path, _ in platform.calls))
    platform.kill = True
    report = finish(agents, agent)
    assert (report["ended"], report["output_upload"]) == ("killed", None)
    assert platform.lake.contents(report["kept_upload"]) == {"x": b"x\n"}


@pytest.mark.parametrize("nature", ["mild", "stubborn"])
def test_a_daemon_does_not_outlive_its_job(platform: StandIn, agents: Agents, nature: str) -> None:
    agent, report = agents.run([sys.executable, "-c", DAEMON, nature], kill_grace_s=0.3)
    assert (report["ended"], report["exit_code"]) == ("exited", 0)
    assert not is_alive(int(agent.work("daemon.pid").read_text()))


def test_a_daemon_does_not_outlive_a_kill(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin([sys.executable, "-c", DAEMON, "stubborn", "stay"], kill_grace_s=0.3)
    ready(platform)
    agent.process.terminate()
    assert finish(agents, agent)["ended"] == "killed"
    assert not is_alive(int(agent.work("daemon.pid").read_text()))


def test_children_in_the_background_do_not_outlive_their_job(platform: StandIn, agents: Agents) -> None:
    agent, _ = agents.run("sleep 60 & echo $! > child")
    assert not is_alive(int(agent.work("child").read_text()))


def test_orphans_that_end_during_the_job_are_laid_to_rest(platform: StandIn, agents: Agents) -> None:
    agents.run('for i in 1 2 3; do (true & ); done; while ps -e -o ppid=,stat= | grep "^ *$PPID Z"; do sleep 0.01; done')
    assert platform.reports[0]["exit_code"] == 0


def test_a_stopped_command_can_be_killed(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin("echo ready; kill -STOP $$; sleep 60", kill_grace_s=0.2)
    ready(platform)
    agent.process.terminate()
    assert finish(agents, agent)["ended"] == "killed"


def test_the_command_can_be_found_when_the_agent_cannot_end_it(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin("echo $$ ready; exec sleep 60")
    ready(platform)
    left = json.loads((agent.folder / "process.json").read_text())
    pid = int(bytes(platform.log).split()[0])
    assert (left["pid"], left["pgid"]) == (pid, os.getpgid(pid))
    assert left["start"] == Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    agent.process.terminate()
    agent.wait()


def test_a_report_is_left_on_disk_before_it_is_delivered(platform: StandIn, agents: Agents) -> None:
    platform.fail("/agent/report", "503", times=10_000)
    agent = agents.begin(["true"])
    wait_for((agent.folder / "report.json").exists)
    assert agent.kept_report["ended"] == "exited"
    assert agent.process.poll() is None


def test_an_agent_whose_folder_is_removed_ends_its_job_and_leaves(platform: StandIn, agents: Agents, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    agent = agents.begin(f"echo $$ > '{pid_file}.new'; mv '{pid_file}.new' '{pid_file}'; echo ready; cd /; sleep 60")
    ready(platform)
    platform.stop()  # as the platform has gone with its home, nobody else can tell
    shutil.rmtree(agent.folder)
    assert agent.wait() == 0
    wait_for(lambda: not is_alive(int(pid_file.read_text())))
    assert not agent.folder.exists()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="a process can't be held here")
def test_a_signal_meets_no_other_process_that_has_got_the_pid() -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        looked = processes.Process(stranger.pid, os.getpid(), 0, False, start="1")
        processes.send(looked, signal.SIGKILL)
        assert stranger.poll() is None
        processes.send(looked._replace(start=processes.start_time(stranger.pid) or ""), signal.SIGTERM)
        assert stranger.wait(60) == -signal.SIGTERM
    processes.send(looked, signal.SIGKILL)
