"""Starting a platform of one's own: detached, on loopback, ending when idle."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from acai_jupyter.backends.private import opener
from acai_jupyter.domain.errors import AcaiError, Unavailable
from acai_jupyter.wire.errors import error_from_json

_IDLE_SECONDS: Final = 900
_START_SECONDS: Final = 60.0
_MOST_WORDS: Final = 300
_REFUSAL: Final = re.compile(r"acai: (.*) \[([a-z0-9_]+)\]")


def start_server(home: Path, seconds: float = _START_SECONDS) -> None:
    """Start a server on `home` and wait until it has published itself.

    Raises what the server refused to start with, Unavailable where it ended or stays silent without saying why.
    """
    log = home / "server.log"
    before = log.stat().st_size if log.exists() else 0
    process = _launch(home, log)
    deadline = time.monotonic() + seconds
    pause = 0.02
    while not _has_published(home, process.pid):
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            process.wait()
            raise _why(log, before)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)
    # It may go on for longer than this process; where it ends before, it leaves no zombie.
    threading.Thread(target=process.wait, name="acai-local-platform", daemon=True).start()


def _has_published(home: Path, pid: int) -> bool:
    for entry in (home / "servers").glob("*.json"):
        try:
            if json.loads(entry.read_text())["pid"] == pid:
                return True
        except (OSError, ValueError, KeyError):
            continue  # withdrawn or half written
    return False


def _why(log: Path, start: int) -> AcaiError:
    """The error in the last line that was logged after `start`: as the server named it, or that line in words."""
    said = log.read_bytes()[start:].decode(errors="replace").strip().splitlines() or ["it said nothing."]
    refusal = _REFUSAL.fullmatch(said[-1])
    if refusal:
        return error_from_json(503, {"message": refusal[1], "code": refusal[2]})
    # A server that had to be ended says at last that it ends: what went wrong stands before that.
    telling = [line for line in said if line.startswith("[E ")] or said
    words = re.sub(r"^\[[^]]*\] *", "", telling[-1])[:_MOST_WORDS]
    return Unavailable(f"The local platform could not be started: {words} ({log} says more.)")


def _launch(home: Path, log: Path) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "acai_server", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={_free_port()}"]
    if os.geteuid() == 0:
        arguments.append("--ServerApp.allow_root=True")
    environment = {name: value for name, value in os.environ.items() if name not in ("ACAI_URL", "ACAI_TOKEN")}
    environment |= {"ACAI_HOME": str(home)}
    environment.setdefault("ACAI_IDLE_TIMEOUT_SECONDS", str(_IDLE_SECONDS))
    with open(log, "ab", opener=opener) as output:
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
