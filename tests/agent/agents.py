"""Agents as real processes, on the platform's stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acai_agent.processes import boot_id, start_time
from tests.agent.stand_in import TOKEN, StandIn

AGENT_ROOT = Path(__file__).parents[2] / "agent"
UNTIL_GO = "until [ -e ../go ]; do sleep 0.01; done"
"""Keeps a command running until there is a file `go` in its agent's folder."""

BOOT = "import sys; sys.path.append(sys.argv.pop()); from acai_agent.__main__ import main; sys.exit(main())"


def this_process() -> dict[str, Any]:
    """How a server in this process names it where it publishes itself."""
    return {"pid": os.getpid(), "boot": boot_id(), "start": start_time(os.getpid())}


@dataclass
class Agent:
    """An agent's process and its folder."""

    process: subprocess.Popen[bytes]
    folder: Path

    def wait(self, seconds: float = 30.0) -> int:
        """Its exit code."""
        return self.process.wait(seconds)

    @property
    def notes(self) -> str:
        return (self.folder / "agent.log").read_text()

    @property
    def kept_report(self) -> dict[str, Any]:
        return json.loads((self.folder / "report.json").read_text())

    def work(self, path: str) -> Path:
        return self.folder / "work" / path


class Agents:
    """Starts agents, and ends those that a test left running."""

    def __init__(self, platform: StandIn, folder: Path) -> None:
        self.platform = platform
        self.servers = folder / "servers"
        self.servers.mkdir()
        self._folder = folder / "agents"
        self._started: list[Agent] = []

    def publish(self, url: str, name: str = "server") -> None:
        """What a server does when it starts."""
        draft = self.servers / f"{name}.{uuid.uuid4().hex}"
        draft.write_text(json.dumps({"url": url, **this_process()}))
        draft.replace(self.servers / f"{name}.json")

    def start(self, python: str = sys.executable, env: dict[str, str] | None = None, **config: Any) -> Agent:
        """An agent for the platform's job."""
        folder = self._folder / str(len(self._started))
        folder.mkdir(parents=True)
        told = {
            "contract": 1,
            "url": self.platform.url,
            "token": TOKEN,
            "servers": str(self.servers),
            "folder": str(folder),
            "job": self.platform.manifest["job"],
            "attempt": 1,
            "rank": 0,
        }
        process = _spawn(python, {"PATH": os.environ["PATH"], "HOME": str(folder), **(env or {})})
        assert process.stdin is not None
        process.stdin.write(json.dumps(told | config).encode())
        process.stdin.close()
        agent = Agent(process, folder)
        self._started.append(agent)
        return agent

    def bare(self, stderr: Path) -> subprocess.Popen[bytes]:
        """An agent that was told nothing yet."""
        with stderr.open("wb") as file:
            process = _spawn(sys.executable, {}, file.fileno())
        self._started.append(Agent(process, stderr.parent))
        return process

    def begin(self, command: str | list[str], **manifest: Any) -> Agent:
        """Start an agent for a job with this command."""
        self.platform.manifest |= {"command": command, **manifest}
        return self.start()

    def run(self, command: str | list[str], **manifest: Any) -> tuple[Agent, dict[str, Any]]:
        """Do a job from start to end; returns the agent and its report."""
        return self.finish(self.begin(command, **manifest))

    def finish(self, agent: Agent) -> tuple[Agent, dict[str, Any]]:
        """Wait until the agent has ended well; returns it and its report."""
        assert agent.wait() == 0, agent.notes
        assert len(self.platform.reports) == 1
        return agent, self.platform.reports[0]

    def end(self) -> None:
        for agent in self._started:
            if agent.process.poll() is None:
                agent.process.kill()
            agent.process.wait()


def _spawn(python: str, env: dict[str, str], stderr: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [python, "-I", "-c", BOOT, str(AGENT_ROOT)],
        stdin=subprocess.PIPE,
        stderr=stderr,
        env=env,
        start_new_session=True,
    )
