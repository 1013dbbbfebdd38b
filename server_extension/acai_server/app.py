"""The extension: puts a platform into a Jupyter Server, and keeps its loops running."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import HasTraits, MetaHasTraits

from acai_jupyter.config import Settings, load
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.wire.addresses import API
from acai_server.handlers.base import State
from acai_server.handlers.table import handlers
from acai_server.handover import DeathWatch, hand_over
from acai_server.lifetime import Lifetime, tell_kernels
from acai_server.pools import Pools
from acai_server.relay import Relay
from acai_server.traits import settings_traits

_SETTING_NAMES: Final = tuple(setting.name for setting in fields(Settings))

_SettingsTraits: Any = MetaHasTraits("_SettingsTraits", (HasTraits,), settings_traits())


class AcaiServer(_SettingsTraits, ExtensionApp):  # type: ignore[misc]
    """ACAI for Jupyter: a versioned data lake and a job engine."""

    name = "acai_server"
    extension_url = "/lab"
    load_other_extensions = True
    is_team_server = False
    drains = False

    _lifetime: Lifetime | None = None
    _death_watch: DeathWatch | None = None

    def initialize_handlers(self) -> None:
        try:
            settings = load(self._given())
            settings.check_built()
        except AcaiError as error:
            # The Jupyter Server itself must come up; who asks for the platform is told what is wrong.
            state = State(Pools(Settings()), Relay())
            state.refusal = error
            self.hopeless(error)
        else:
            state = State(Pools(settings), Relay())
            self._lifetime = Lifetime(state, settings, self.log, not self.is_team_server, self.hopeless, self.drains)
        self.handlers.extend(handlers(state))

    def hopeless(self, error: AcaiError) -> None:
        """The platform can't run with these settings, or on this database."""
        self.log.error("ACAI is switched off: %s", error.message)

    def initialize_settings(self) -> None:
        scrubbed = [*self.settings.get("extra_log_scrub_param_keys", []), "signature"]
        self.settings["extra_log_scrub_param_keys"] = scrubbed

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        url = local_url(serverapp)
        if self._lifetime is not None:
            if self._hands_over:
                self._lifetime.on_jobs = self._watch_for_death
            await self._lifetime.start(url)
        elif not self.is_team_server:
            tell_kernels(url)

    async def stop_extension(self) -> None:
        if self._lifetime is None:
            return
        await self._lifetime.stop()
        if self._hands_over and (self._lifetime.unended or self._lifetime.untold):
            hand_over(self._lifetime.settings, self.log)
        if self._death_watch is not None:
            self._death_watch.dismiss()

    @property
    def _hands_over(self) -> bool:
        return self._lifetime is not None and bool(self._lifetime.settings.hand_over) and not self.is_team_server

    async def _watch_for_death(self) -> None:
        assert self._lifetime is not None
        try:
            self._death_watch = DeathWatch(self._lifetime.settings)
        except OSError as error:
            self.log.warning("Should this server be killed, its jobs wait for the next one: %s", error)

    def current_activity(self) -> dict[str, int] | None:
        """Jobs that have not ended: a server that is culled when idle stays."""
        unended = self._lifetime.unended if self._lifetime is not None else 0
        return {"jobs": unended} if unended else None

    def _given(self) -> dict[str, Any]:
        """The settings that were configured as traits; the others may come from the environment."""
        configured = {**self.config.get(type(self).__name__, {}), **self.config.get("AcaiServer", {})}
        return {name: getattr(self, name) for name in _SETTING_NAMES if name in configured}


def local_url(serverapp: ServerApp) -> str | None:
    """Where processes of this machine reach the API; None where the server listens on a Unix socket."""
    if serverapp.sock:
        return None
    scheme = "https" if serverapp.certfile else "http"
    host = "127.0.0.1" if serverapp.ip in ("", "*", "0.0.0.0", "::", "localhost") else serverapp.ip  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{serverapp.port}{serverapp.base_url.rstrip('/')}{API}"
