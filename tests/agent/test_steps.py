"""An agent tells that its work goes on: also while it waits for others, and not while nobody can know."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from acai_agent.steps import Steps
from tests.agent.agents import UNTIL_GO, Agents
from tests.agent.stand_in import StandIn


def told(platform: StandIn, progress: str) -> list[int | None]:
    return [beat.get("steps") for beat in platform.heartbeats if beat["progress"] == progress]


def grows(platform: StandIn, progress: str) -> bool:
    numbers = [number for number in told(platform, progress) if number is not None]
    return len(set(numbers)) > 2 and numbers == sorted(numbers)


def test_an_agent_that_waits_for_a_store_that_is_away_makes_steps(platform: StandIn, agents: Agents) -> None:
    platform.lake.add("input", "x", b"hello")
    platform.fail("/objects/object", "503", times=100_000)
    agent = agents.begin("cp input/x output/x", output_path="/Model/", heartbeat_s=0.05)
    platform.wait(lambda: grows(platform, "downloading"))
    platform.forgive()
    platform.fail("/objects/upload", "503", times=100_000)
    platform.wait(lambda: grows(platform, "uploading"))
    platform.forgive()
    assert agents.finish(agent)[1]["ended"] == "exited"


def test_while_an_environment_is_made_nobody_can_tell(platform: StandIn, agents: Agents, tmp_path: Path) -> None:
    slow = tmp_path / "python"
    slow.write_text(f'#!/bin/sh\nuntil [ -e {tmp_path}/go ]; do sleep 0.01; done\nexec {sys.executable} "$@"\n')
    slow.chmod(0o755)
    agent = agents.begin(UNTIL_GO, requirements="\n", python=str(slow), heartbeat_s=0.05)
    platform.wait(lambda: told(platform, "downloading")[-3:] == [None] * 3)
    (tmp_path / "go").touch()
    (agent.folder / "go").touch()
    assert agents.finish(agent)[1]["ended"] == "exited"


def test_only_who_asks_makes_steps() -> None:
    steps, signal = Steps(), threading.Event()
    counting = steps.counting(signal)
    assert steps.count == 0
    assert not counting.is_set()
    assert not counting.wait(0)
    signal.set()
    assert counting.is_set()
    signal.is_set()
    assert steps.count == 3
    with steps.uncounted():
        assert steps.count is None
    assert steps.count == 4
