"""What runs on this machine for a server's jobs: agents and commands, found in the folders of their attempts."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from acai_jupyter.client.job import Job
from support.waiting import wait_for


class Attempt:
    """An attempt of a job that runs as local processes of the server with this `home`: the first one, unless it is said."""

    def __init__(self, home: Path, job: Job, number: int = 1) -> None:
        self.folder = home / "jobs" / job.id.removeprefix("job_") / str(number) / "0"

    def agent(self) -> int:
        """The agent's pid, once there is one."""
        return wait_for(lambda: _pid(self.folder / "agent.json"))

    def command(self) -> int:
        """The pid of the command's own process, which leads its group; once there is one."""
        return wait_for(lambda: _pid(self.folder / "process.json"))


def end_agents(home: Path) -> None:
    """End every agent and command that the jobs of a server have left, and only these."""
    for name in ("agent.json", "process.json"):
        for file in home.glob(f"jobs/*/*/*/{name}"):
            pid = _pid(file)
            if pid and is_alive(pid):
                os.killpg(pid, signal.SIGKILL)


def group_of(pid: int) -> list[int]:
    """The living processes of a process group."""
    return [other for other in _pids() if (found := _look(other)) and found[1] == pid]


def is_alive(pid: int) -> bool:
    return _look(pid) is not None


def _pids() -> list[int]:
    return [int(name) for name in (path.name for path in Path("/proc").iterdir()) if name.isdecimal()]


def _look(pid: int) -> tuple[str, int] | None:
    """The state and the group of a process; None where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (fields[0], int(fields[2]))


def _pid(file: Path) -> int:
    try:
        return int(json.loads(file.read_text())["pid"])
    except (OSError, ValueError):
        return 0
