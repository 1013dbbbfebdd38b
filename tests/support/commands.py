"""The `acai` command as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.servers import Server

ACAI = str(Path(sys.executable).parent / "acai")

Acai = Callable[..., tuple[int, str, str]]
"""What the fixture `acai` is: runs a command in this process; its exit code, and what it printed."""


@dataclass(frozen=True)
class Cli:
    """Runs `acai` in a folder, for a server, with nothing else configured."""

    server: Server
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ACAI_")}
        own = {"ACAI_URL": self.server.root, "ACAI_TOKEN": self.server.token, "ACAI_HOME": str(self.folder / "no-home")}
        return {**inherited, **own, "XDG_CONFIG_HOME": str(self.folder / "config"), "COLUMNS": "200"}

    def start_deaf(self, *words: str, **changed: str | None) -> subprocess.Popen[str]:
        """The same with interrupts switched off, as a shell starts what runs in the background."""
        return self.start(*words, preexec=_hear_no_interrupts, **changed)

    def start(self, *words: str, preexec: Callable[[], None] | None = None, **changed: str | None) -> subprocess.Popen[str]:
        """The process; `changed` are variables of its environment, None for those that are not there."""
        environment = {name: value for name, value in {**self.environment, **changed}.items() if value is not None}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        prepare = preexec or _hear_interrupts
        return subprocess.Popen([ACAI, *words], env=environment, cwd=self.folder, text=True, preexec_fn=prepare, **pipes)  # type: ignore[call-overload, no-any-return]

    def run(self, *words: str, stdin: str = "", **changed: str | None) -> subprocess.CompletedProcess[str]:
        with self.start(*words, **changed) as process:
            out, err = process.communicate(stdin, timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def ok(self, *words: str, stdin: str = "") -> str:
        """What it prints where it succeeds."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _hear_no_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _hear_interrupts() -> None:
    """As in a terminal: whatever runs the tests in the background may have switched them off."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
