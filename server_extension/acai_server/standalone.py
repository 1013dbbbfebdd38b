"""A server of its own: for a team, or for plain Python on this machine."""

from __future__ import annotations

import gc
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp
from tornado.ioloop import PeriodicCallback
from traitlets.config import Config

from acai_jupyter.domain.errors import AcaiError
from acai_server.app import AcaiServer
from acai_server.handover import DRAIN
from acai_server.servers_folder import other_servers


class StandaloneAcai(AcaiServer):
    """The extension where no kernels run, and nobody logs in but with the platform's own tokens."""

    name = "acai_server"
    is_team_server = True

    refused: AcaiError | None = None

    def hopeless(self, error: AcaiError) -> None:
        """Nothing but the platform runs here: there is no use in going on without it."""
        self.refused = error
        if self._lifetime is not None and self.serverapp is not None:
            self.serverapp.stop(from_signal=True)

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        await super()._start_jupyter_server_extension(serverapp)
        if self._lifetime is not None and self.drains:
            self._idle = PeriodicCallback(_DrainWatch(self._lifetime, serverapp), 250)
            self._idle.start()
        elif self._lifetime is not None and self._lifetime.settings.idle_timeout_seconds:
            self._idle = PeriodicCallback(_IdleWatch(self._lifetime, serverapp), 1000)
            self._idle.start()


class _IdleWatch:
    """Stops the server once there were no requests and no jobs for long enough."""

    def __init__(self, lifetime: Any, serverapp: ServerApp) -> None:
        self._lifetime = lifetime
        self._serverapp = serverapp
        self._requests = -1
        self._busy_at = time.monotonic()

    def __call__(self) -> None:
        life = self._lifetime
        if not life.is_open or life.requests != self._requests or life.unended or life.followers:
            self._requests = self._lifetime.requests
            self._busy_at = time.monotonic()
        elif time.monotonic() - self._busy_at > self._lifetime.settings.idle_timeout_seconds:
            self._serverapp.stop(from_signal=True)


class _DrainWatch:
    """Stops the server once no job is left and the webhooks know, or another server has come, which does the same and more."""

    def __init__(self, lifetime: Any, serverapp: ServerApp) -> None:
        self._lifetime = lifetime
        self._serverapp = serverapp
        self._home: Path = lifetime.settings.home_folder

    def __call__(self) -> None:
        empty = self._lifetime.is_open and self._lifetime.unended == 0 and self._lifetime.untold == 0
        if empty or not self._home.is_dir() or other_servers(self._home / "servers", drains=False):
            self._serverapp.stop(from_signal=True)


def serve(arguments: Sequence[str]) -> int:
    """Run until told to stop, or with `--drain` until no job is left; the other `arguments` are Jupyter Server's own, such as
    --port. Returns the exit code."""
    config = Config()
    config.ServerApp.jpserver_extensions = {"acai_server.standalone": True}
    config.ServerApp.open_browser = False
    config.ServerApp.terminals_enabled = False
    config.ServerApp.default_url = "/acai/"
    config.IdentityProvider.token = secrets.token_hex(32)  # nobody knows it: only the platform's own tokens count
    server = ServerApp.instance(config=config)
    server.default_services = ("auth", "security")  # type: ignore[assignment]  # no kernels, contents, terminals …
    StandaloneAcai.drains = DRAIN in arguments
    server.initialize([argument for argument in arguments if argument != DRAIN], find_extensions=False)
    platform: StandaloneAcai = server.extension_manager.extension_points[StandaloneAcai.name].app
    _collect_seldom()
    if platform.refused is None:
        server.start()
    if platform.refused is not None:
        print(f"acai: {platform.refused.message} [{platform.refused.code}]", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _collect_seldom() -> None:
    """Requests make rows by the hundred thousand, and no circles: looking for those every 700 objects, through all that was
    imported, takes a seventh of the time that an upload takes here. (In a Jupyter Server, whose process others share, all
    stays as it is.)"""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "acai_server.standalone", "app": StandaloneAcai}]
