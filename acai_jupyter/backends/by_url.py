"""Backends by URL. What a URL names and is not built yet is refused here, and nowhere pretended."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from acai_jupyter.backends.blobs.inventory import LocalInventory
from acai_jupyter.backends.blobs.local import LocalBlobs
from acai_jupyter.backends.blobs.signing import Signer
from acai_jupyter.backends.bus.local import LocalBus, Probe
from acai_jupyter.backends.launchers.process import ALL_THERE_IS, ProcessLauncher
from acai_jupyter.backends.sources.local import LocalSources
from acai_jupyter.backends.sql.sqlite import SqliteStore
from acai_jupyter.config import Settings, check_built, scheme_of
from acai_jupyter.domain.errors import InvalidSetting
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.bus import EventBus
from acai_jupyter.ports.launcher import Launcher
from acai_jupyter.ports.store.unit import OnEvents, Store

_DATABASES: Final = "sqlite:///path or postgresql://user:password@host/database"
_KNOWN_FORM: Final = re.compile("[a-z][a-z0-9]{0,15}")


def store_by_url(url: str, on_events: OnEvents) -> Store:
    """The metadata store. Raises InvalidSetting, BackendNotBuilt."""
    if scheme_of(url) == "sqlite":
        return SqliteStore(_path(url, "ACAI_DATABASE_URL"), on_events)
    if scheme_of(url) == "postgresql":
        from acai_jupyter.backends.sql.postgres import PostgresStore

        return PostgresStore(url, on_events)
    raise _refused(url, "ACAI_DATABASE_URL", _DATABASES)


def blobs_by_url(url: str, signer: Signer) -> LocalBlobs:
    """The object store. Raises InvalidSetting, BackendNotBuilt."""
    if scheme_of(url) == "file":
        return LocalBlobs(_path(url, "ACAI_OBJECT_STORE_URL"), signer)
    raise _refused(url, "ACAI_OBJECT_STORE_URL", "file:///path")


def sources_for(settings: Settings, signer: Signer) -> LocalSources:
    """Where data may be registered in place: nowhere among what is the platform's own. Raises InvalidSetting."""
    own = [settings.home_folder]
    for url, setting in ((settings.database, "ACAI_DATABASE_URL"), (settings.object_store, "ACAI_OBJECT_STORE_URL")):
        if scheme_of(url) in ("sqlite", "file"):
            own.append(_path(url, setting))
    return LocalSources(settings.folders_to_register, own, signer)


def inventory_by_url(url: str) -> LocalInventory:
    """What really lies in the object store. Raises InvalidSetting, BackendNotBuilt."""
    if scheme_of(url) == "file":
        return LocalInventory(_path(url, "ACAI_OBJECT_STORE_URL"))
    raise _refused(url, "ACAI_OBJECT_STORE_URL", "file:///path")


def bus_by_url(database_url: str, probe: Probe) -> EventBus:
    """The event bus, which follows the database. Raises InvalidSetting, BackendNotBuilt."""
    if scheme_of(database_url) == "sqlite":
        return LocalBus(probe)
    if scheme_of(database_url) == "postgresql":
        from acai_jupyter.backends.bus.postgres import PostgresBus

        return PostgresBus(database_url, probe)
    raise _refused(database_url, "ACAI_DATABASE_URL", _DATABASES)


def launcher_by_url(
    url: str,
    folder: Path,
    capacity: Resources = ALL_THERE_IS,
    cache_bytes: int = 0,
    on_crash: Callable[[], None] = lambda: None,
) -> Launcher:
    """The launcher; `folder` is where a local one keeps what jobs need, `capacity` is what all jobs have there together (zeros:
    all that the machine has), and up to `cache_bytes` of inputs are kept for other jobs. `on_crash` may be called when an agent
    has died.

    Raises InvalidSetting, BackendNotBuilt.
    """
    if url.strip().lower() == "process:":
        return ProcessLauncher(folder, capacity=capacity, cache_bytes=cache_bytes, on_crash=on_crash)
    raise _refused(url, "ACAI_LAUNCHER_URL", "process:")


def _path(url: str, setting: str) -> Path:
    """The absolute path that a URL names. What such a URL can't say is refused: it would be lost without a word."""
    scheme = scheme_of(url)
    example = f"write three slashes before an absolute path, as in {scheme}:///home/me/acai"
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise InvalidSetting(f"{setting}: {example}.") from error
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute() or "\0" in str(path):
        raise InvalidSetting(f"{setting}: {example}.")
    if parts.query or parts.fragment or url.rstrip().endswith(("?", "#")):
        raise InvalidSetting(f"{setting}: {example}, where '?' is written %3F and '#' %23.")
    return path


def _refused(url: str, setting: str, instead: str) -> InvalidSetting:
    # The URL itself is never shown: it may hold a password.
    scheme = scheme_of(url)
    check_built(url, setting)
    if not _KNOWN_FORM.fullmatch(scheme):
        return InvalidSetting(f"{setting} is no URL: use {instead}.")
    return InvalidSetting(f"{setting} begins with {scheme}:, which is not known: use {instead}.")
