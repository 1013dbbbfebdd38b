"""What becomes of jobs whose server stops: a detached `acai server --drain` goes on with them, until none is left."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import fields
from logging import Logger
from typing import Final

from acai_jupyter.config import PREFIX, Settings, variable
from acai_server.servers_folder import other_servers

DRAIN: Final = "--drain"
_JUPYTERS_OWN: Final = ("JPY_", "JUPYTER_TOKEN", "JUPYTER_SERVER", "JUPYTERHUB_")


def hand_over(settings: Settings, log: Logger) -> bool:
    """Start a server that drains the queue, unless another one runs already; returns whether it was started."""
    home = settings.home_folder
    if other_servers(home / "servers", drains=True) or not home.is_dir():
        return False
    command = [sys.executable, "-m", "acai_server", DRAIN, "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={_free_port()}"]
    if os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")
    try:
        with (home / "drain.log").open("ab") as output:
            process = subprocess.Popen(
                command,
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
