"""A server of the benchmark's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self


class BenchServer:
    """`python -m acai_server` on a fresh home, within a `with` block; `settings` are environment variables. It can be entered
    again, on the same home, once it was left or killed."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.settings = settings or {}
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.url = ""

    @property
    def token(self) -> str:
        return (self.home / "token").read_text().strip()

    @property
    def cpu(self) -> float:
        """CPU seconds that the server has taken, as far as the system tells (Linux)."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_mb(self) -> float:
        """What the server holds in memory now (its resident set), as far as the system tells (Linux)."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "acai_server", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
        command += ["--ServerApp.allow_root=True", "--ServerApp.log_level=ERROR"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ACAI_")}
        self._process = subprocess.Popen(command, env=environment | {"ACAI_HOME": str(self.home), **self.settings}, cwd=self.home)
        while not (url := self._published()):
            if self._process.poll() is not None:
                raise SystemExit("The server could not be started.")
            time.sleep(0.05)
        self.url = url
        return self

    def _published(self) -> str | None:
        """Where this process says that it listens."""
        told = [json.loads(entry.read_text()) for entry in (self.home / "servers").glob("*.json")]
        return next((one["url"] for one in told if one["pid"] == self._process.pid), None)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)
