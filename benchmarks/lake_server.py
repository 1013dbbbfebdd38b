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
    """`python -m acai_server` on a fresh home, within a `with` block; `settings` are environment variables."""

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

    def __enter__(self) -> Self:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "acai_server", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
        command += ["--ServerApp.allow_root=True", "--ServerApp.log_level=ERROR"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ACAI_")}
        self._process = subprocess.Popen(command, env=environment | {"ACAI_HOME": str(self.home), **self.settings}, cwd=self.home)
        while not (found := list((self.home / "servers").glob("*.json"))):
            if self._process.poll() is not None:
                raise SystemExit("The server could not be started.")
            time.sleep(0.05)
        self.url = json.loads(found[0].read_text())["url"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)
