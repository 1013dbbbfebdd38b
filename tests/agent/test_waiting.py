"""The process that waits for the user's command, forked before the job is claimed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from support.waiting import wait_for

from tests.agent.agents import Agent, Agents
from tests.agent.stand_in import StandIn
from tests.agent.test_endings import is_alive


def waiting_process(agent: Agent) -> int:
    pid = agent.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    wait_for(lambda: children.read_text().split())
    return int(children.read_text().split()[0])


def test_it_ends_with_an_agent_that_is_killed_before_its_claim(platform: StandIn, agents: Agents) -> None:
    platform.fail("/agent/claim", "503", times=10_000)
    agent = agents.begin("touch ran")
    waiting = waiting_process(agent)
    agent.process.kill()
    wait_for(lambda: not is_alive(waiting))
    assert not agent.work("ran").exists()


def test_a_job_whose_waiting_process_was_killed_fails_with_a_word_of_it(platform: StandIn, agents: Agents) -> None:
    platform.fail("/agent/claim", "503", times=10_000)
    agent = agents.begin("touch ran")
    os.kill(waiting_process(agent), signal.SIGKILL)
    platform.forgive()
    _, report = agents.finish(agent)
    assert report["ended"] == "command"
    assert "the process that waited for it has gone" in report["detail"]
    assert not agent.work("ran").exists()
