"""The user's command: started apart from the agent, watched, and ended with everything that came from it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from acai_agent import contract
from acai_agent.config import Config
from acai_agent.notes import note, write_atomically
from acai_agent.orders import Orders
from acai_agent.processes import group_lives, signal_descendants, start_time
from acai_agent.waiting import WaitingProcess

_SHELL: Final = "/bin/sh"
_MOMENT_S: Final = 0.05
_LAST_WAIT_S: Final = 5.0


class CannotStart(Exception):
    """A command that can't be started; `str(error)` is one line for people."""


class RunningCommand:
    """A command under way. Its process is the leader of a session and of a group of its own."""

    def __init__(self, pid: int, enforced: Mapping[str, str], orders: Orders) -> None:
        self._returncode = 0
        self._orders = orders
        self.pid = pid
        self.enforced = dict(enforced)
        self.ended = threading.Event()
        self._gone = threading.Event()
        orders.start_thread("watch", self._watch)

    @property
    def returncode(self) -> int:
        """The exit code, or minus the signal that ended the command."""
        return self._returncode

    def end(self, grace_s: float) -> None:
        """End what is left of the command and its children: asked first, and after the grace by force."""
        if self._gone.wait(_MOMENT_S):
            return
        signal_descendants(signal.SIGTERM, self.pid)
        if self._gone.wait(grace_s):
            return
        deadline = time.monotonic() + _LAST_WAIT_S
        while time.monotonic() < deadline:
            # Again and again: a process may have been born while we looked.
            signal_descendants(signal.SIGKILL, self.pid)
            if self._gone.wait(_MOMENT_S):
                return
        note("Some processes of the job can't be ended.")

    def _watch(self) -> None:
        if sys.platform.startswith("linux"):
            self._reap_everyone()
        else:
            self._take(os.waitpid(self.pid, 0)[1])
            while group_lives(self.pid):
                time.sleep(_MOMENT_S)
        self._gone.set()

    def _reap_everyone(self) -> None:
        """The agent has no other children than the command and the orphans that it left."""
        while True:
            try:
                pid, status = os.wait()
            except ChildProcessError:
                return
            if pid == self.pid:
                self._take(status)

    def _take(self, status: int) -> None:
        self._returncode = os.waitstatus_to_exitcode(status)
        self.ended.set()
        self._orders.wake()


def start_command(
    waiting: WaitingProcess,
    command: contract.Command,
    environment: Mapping[str, str],
    output: int,
    config: Config,
    orders: Orders,
) -> RunningCommand:
    """Start the command in its working directory; both its outputs go to the descriptor `output`. Raises CannotStart."""
    argv = [_SHELL, "-c", command] if isinstance(command, str) else list(command)
    if not argv:
        raise CannotStart("The command is empty.")
    if any("\0" in word for word in argv):
        raise CannotStart("The command can't be started: embedded null byte.")
    try:
        enforced = waiting.start(argv, environment, config.work, output)
    except (OSError, ValueError) as error:
        raise CannotStart(_reason(argv, error)) from error
    _leave_name(waiting.pid, config.folder)
    return RunningCommand(waiting.pid, enforced, orders)


def _leave_name(pid: int, folder: Path) -> None:
    """For whoever has to end the job when the agent can't."""
    try:
        write_atomically(folder / "process.json", json.dumps({"pid": pid, "pgid": pid, "start": start_time(pid)}), durably=False)
    except OSError as error:
        note(f"process.json can't be written: {error}")


def _reason(argv: list[str], error: Exception) -> str:
    name = argv[0]
    if isinstance(error, FileNotFoundError):
        return f"{name!r} was not found: is it installed where the job runs?"
    if isinstance(error, PermissionError):
        return f"{name!r} is not executable."
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"The command can't be started: {words}."
