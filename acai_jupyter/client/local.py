"""Starting a platform of one's own: detached, on loopback, ending when idle."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from acai_jupyter.client.discovery import local_servers
from acai_jupyter.domain.errors import Unavailable

_IDLE_SECONDS: Final = 900
_START_SECONDS: Final = 60.0
_TAIL_CHARACTERS: Final = 600


def start_server(home: Path, seconds: float = _START_SECONDS) -> None:
    """Start a server on `home` and wait until it has published itself. Raises Unavailable where it does not."""
    before = {address.url for address in local_servers(home)}
    log = home / "server.log"
    process = _launch(home, log)
    deadline = time.monotonic() + seconds
    pause = 0.02
    while {address.url for address in local_servers(home)} <= before:
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            tail = log.read_text(errors="replace")[-_TAIL_CHARACTERS:].strip()
            raise Unavailable(f"The local platform could not be started: see {log}. Its last words: {tail}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


def _launch(home: Path, log: Path) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "acai_server", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={_free_port()}"]
    if os.geteuid() == 0:
        arguments.append("--ServerApp.allow_root=True")
    environment = {name: value for name, value in os.environ.items() if name not in ("ACAI_URL", "ACAI_TOKEN")}
    environment |= {"ACAI_HOME": str(home)}
    environment.setdefault("ACAI_IDLE_TIMEOUT_SECONDS", str(_IDLE_SECONDS))
    with log.open("ab") as output:
        return subprocess.Popen(
            arguments,
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _free_port() -> int:
    """A port that was free a moment ago; the server tries its neighbours if it is taken meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
