"""What a command uses: sampled while it runs, in bounds, and summed up in the report."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acai_agent.sampler import Sampler
from acai_agent.usage import Use
from tests.agent.agents import Agents
from tests.agent.stand_in import StandIn

BUSY = """
import os, time
held = bytearray(b"x") * (60 * 2**20)
while sum(os.times()[:2]) < 0.5:
    pass
print("ready", flush=True)
while not os.path.exists("go"):
    time.sleep(0.01)
"""


def samples(platform: StandIn) -> list[list[float]]:
    return [sample for beat in platform.heartbeats for sample in beat.get("samples", [])]


def test_a_running_command_is_sampled_and_summed_up(platform: StandIn, agents: Agents) -> None:
    platform.manifest |= {"command": ["python3", "-c", BUSY], "sample_s": 0.05, "heartbeat_s": 0.05}
    agent = agents.start()
    platform.wait(lambda: b"ready" in platform.log and any(one[2] > 0.4 and one[3] > 60 * 2**20 for one in samples(platform)))
    agent.work("go").touch()
    _, report = agents.finish(agent)
    assert report["cpu_time"] > 0.4
    assert report["peak_memory"] > 60 * 2**20
    told = samples(platform)
    assert [one[0] for one in told] == list(range(len(told)))
    for place in (1, 2, 4, 5, 6):
        values = [one[place] for one in told]
        assert values == sorted(values)


def test_samples_that_a_server_missed_are_told_later(platform: StandIn, agents: Agents) -> None:
    platform.manifest |= {"command": "while [ ! -e go ]; do sleep 0.01; done", "sample_s": 0.02, "heartbeat_s": 0.05}
    platform.fail("/agent/heartbeat", "503", times=10)
    agent = agents.start()
    platform.wait(lambda: len(samples(platform)) > 5)
    agent.work("go").touch()
    agents.finish(agent)
    positions = [one[0] for one in samples(platform)]
    assert positions == list(range(len(positions)))


class Counted:
    """How often each pause was made, instead of making it."""

    def __init__(self, most: int) -> None:
        self.pauses: list[float] = []
        self._most = most

    def wait(self, pause: float) -> bool:
        self.pauses.append(pause)
        return len(self.pauses) > self._most

    def set(self) -> None:
        """Nothing waits for it."""


def test_a_job_of_a_year_has_hardly_more_samples_than_one_of_a_day() -> None:
    sampler = Sampler.__new__(Sampler)
    sampler._every_s, sampler._count, sampler._most_memory = 2.0, 0, None
    sampler._ended = pauses = Counted(5000)  # type: ignore[assignment]

    def take() -> Use:
        sampler._count += 1
        return Use()

    sampler._sample = take  # type: ignore[method-assign]
    sampler._run()
    after = dict(enumerate(itertools.accumulate(pauses.pauses)))
    assert after[1800] < 86_400 * 7 < after[3400]
    assert after[4200] > 86_400 * 366 / 2


FAMILY = """
import subprocess, sys, threading
from acai_agent.processes import _below_us, _table, adopt_orphans, descendants
adopt_orphans()
wait = "import sys; sys.stdin.read()"
below = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', %r], start_new_session=True); print(1, flush=True); %s"
started = []
def start(code):
    started.append(subprocess.Popen([sys.executable, "-c", code], stdin=0, stdout=subprocess.PIPE))
thread = threading.Thread(target=start, args=[below % (wait, wait)])
thread.start()
thread.join()
start(below % (wait, "sys.exit()"))
assert all(one.stdout.readline() for one in started)
started[1].wait()
told = {one.pid: one for one in descendants()}
known = {one.pid: one for one in _below_us(list(_table()))}
print(len(told), told.keys() == known.keys(), all(told[pid][:4] == known[pid][:4] for pid in told))
"""


@pytest.mark.skipif(not Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists(), reason="This system tells no children")
def test_children_are_found_whichever_thread_started_them_and_orphans_too() -> None:
    """A child and its own, started by another thread, and one whose parent has ended: the same that the process table tells."""
    family = subprocess.Popen([sys.executable, "-c", FAMILY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with family:
        assert family.stdout is not None
        assert family.stdin is not None
        assert family.stdout.readline() == "3 True True\n"
        family.stdin.close()
