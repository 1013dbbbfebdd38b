"""What becomes of jobs whose server stops: a detached `acai server --drain` goes on with them, until none is left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import fields
from logging import Logger
from pathlib import Path
from typing import Final

from acai_jupyter.backends.private import opener
from acai_jupyter.config import PREFIX, Settings, variable
from acai_server import death_watch
from acai_server.servers_folder import other_servers

DRAIN: Final = "--drain"
_JUPYTERS_OWN: Final = ("JPY_", "JUPYTER_TOKEN", "JUPYTER_SERVER", "JUPYTERHUB_")


def hand_over(settings: Settings, log: Logger) -> bool:
    """Start a server that drains the queue, unless another one runs already; returns whether it was started."""
    home = settings.home_folder
    if other_servers(home / "servers", drains=True) or not home.is_dir():
        return False
    try:
        with open(_log(home), "ab", opener=opener) as output:
            process = subprocess.Popen(
                _drain(),
                cwd=home,
                env=_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
    except OSError as error:
        log.warning("Jobs wait for the next server: acai server --drain can't be started: %s", error)
        return False
    process.returncode = 0  # it goes on for longer than this process
    log.info("Jobs have not ended: acai server --drain (process %d) goes on with them.", process.pid)
    return True


class DeathWatch:
    """A process that waits beside the server, and becomes an `acai server --drain` where the server ends without `dismiss`:
    killed, or out of memory."""

    def __init__(self, settings: Settings) -> None:
        """Raises OSError."""
        home = settings.home_folder
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", death_watch.__file__, str(_log(home)), *_drain()],
            cwd=home,
            env=_environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """The server ends in order: nothing is to be done after it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as told:  # somebody has ended it
            told.write(b".")
        self._process.wait()


def _drain() -> list[str]:
    command = [sys.executable, "-m", "acai_server", DRAIN, "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={_free_port()}"]
    return [*command, "--ServerApp.allow_root=True"] if os.geteuid() == 0 else command


def _log(home: Path) -> Path:
    return home / "drain.log"


def _environment(settings: Settings) -> dict[str, str]:
    """This process's environment, with the platform's settings as this one has them: never as arguments, which all can read."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, *_JUPYTERS_OWN))}
    named = {variable(field.name): getattr(settings, field.name) for field in fields(Settings)}
    given = {name: str(value) for name, value in named.items() if value not in ("", None)}
    return {**inherited, **given, variable("home"): str(settings.home_folder)}


def _free_port() -> int:
    """A port that was free a moment ago; the server tries its neighbours if it is taken meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
