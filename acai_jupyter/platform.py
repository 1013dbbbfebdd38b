"""The composition root: puts backends behind the ports and services on top. The only room that names backends."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from acai_jupyter.backends.blobs.local import LocalBlobs
from acai_jupyter.backends.blobs.signing import Signer, shared_key
from acai_jupyter.backends.by_url import (
    blobs_by_url,
    bus_by_url,
    inventory_by_url,
    launcher_by_url,
    sources_for,
    store_by_url,
)
from acai_jupyter.backends.poster import HttpPoster
from acai_jupyter.backends.sources.local import LocalSources
from acai_jupyter.backends.vault import FernetVault
from acai_jupyter.config import Settings, check_platform_url
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Bounds, Resources
from acai_jupyter.engine.budgets import Budgets
from acai_jupyter.engine.chains import Chains
from acai_jupyter.engine.dispatch import Dispatch
from acai_jupyter.engine.job_files import JobFiles
from acai_jupyter.engine.kills import Kills
from acai_jupyter.engine.logs import Logs
from acai_jupyter.engine.metrics import Metrics
from acai_jupyter.engine.monitor import Monitor
from acai_jupyter.engine.placement import Placement
from acai_jupyter.engine.registry import Registry
from acai_jupyter.engine.scheduler import MOST_AT_ONCE, Scheduler
from acai_jupyter.engine.secrets import Secrets
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.engine.webhooks import Webhooks
from acai_jupyter.lake.access import Access
from acai_jupyter.lake.check import StoreCheck
from acai_jupyter.lake.deletion import Deletions
from acai_jupyter.lake.files import Files
from acai_jupyter.lake.filesets import Filesets
from acai_jupyter.lake.garbage import GarbageCollector
from acai_jupyter.lake.metadata import MetadataService
from acai_jupyter.lake.provenance import ProvenanceService
from acai_jupyter.lake.registration import Registrations
from acai_jupyter.lake.uploads import Uploads
from acai_jupyter.lake.usage import UsageService
from acai_jupyter.ports.bus import EventBus
from acai_jupyter.ports.launcher import Launcher
from acai_jupyter.ports.store.unit import Changes, Store
from acai_jupyter.provision.arrivals import Arrivals
from acai_jupyter.provision.autoprovision import Autoprovisioner
from acai_jupyter.provision.profiler import Profiler
from acai_jupyter.provision.quotes import Quotes
from acai_jupyter.workflows.grid_quotes import GridQuotes
from acai_jupyter.workflows.grids import Grids

_DAY: Final = 86_400 * SECOND
_LONGEST_URL_SECONDS: Final = 86_400  # no setting can make URLs last longer


class Wake:
    """Called when there is something to do that no event tells of. Whoever can do something about it sets `then`, and
    `on_events` to be told of the events of this process; both may be called on any thread."""

    def __init__(self) -> None:
        self.then: Callable[[], object] = lambda: None
        self.on_events: Callable[[Changes], object] = lambda changed: None

    def __call__(self) -> None:
        self.then()


@dataclass
class Platform:
    """A running platform. `agent_url` is set once the server listens: where agents reach it; `open_files` is where uploads from
    this machine's disk may hand over theirs. `wake` tells whoever ticks of this process's events, and that an
    agent has died."""

    settings: Settings
    server_id: UUID
    store: Store
    objects: LocalBlobs
    sources: LocalSources
    bus: EventBus
    launcher: Launcher
    access: Access
    uploads: Uploads
    registrations: Registrations
    files: Files
    filesets: Filesets
    deletions: Deletions
    usage: UsageService
    garbage: GarbageCollector
    check: StoreCheck
    metadata: MetadataService
    provenance: ProvenanceService
    registry: Registry
    secrets: Secrets
    webhooks: Webhooks
    grids: Grids
    chains: Chains
    scheduler: Scheduler
    dispatch: Dispatch
    placement: Placement
    budgets: Budgets
    kills: Kills
    job_files: JobFiles
    monitor: Monitor
    logs: Logs
    profiler: Profiler
    arrivals: Arrivals
    quotes: Quotes
    grid_quotes: GridQuotes
    autoprovisioner: Autoprovisioner
    metrics: Metrics
    disk_key: bytes
    agent_url: str | None = None
    open_files: str | None = None
    wake: Wake = field(default_factory=Wake)

    @classmethod
    def create(cls, settings: Settings) -> Platform:
        """Put a platform together without touching the database. Raises InvalidSetting, BackendNotBuilt."""
        check_platform_url(settings.platform_url)
        home = settings.home_folder
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        publish: list[EventBus] = []
        wake = Wake()
        store = store_by_url(settings.database, lambda changed: _publish(wake, publish, changed))
        signer = Signer(shared_key(home / "keys" / "objects"))
        objects = blobs_by_url(settings.object_store, signer)
        sources = sources_for(settings, signer)
        bus = bus_by_url(settings.database, _Probe(store))
        publish.append(bus)
        given = Resources(settings.capacity_cpu, settings.capacity_memory_mb, settings.capacity_gpu)
        launcher = launcher_by_url(settings.launcher_url, home / "jobs", given, settings.input_cache_bytes, wake)
        platform = cls._compose(settings, store, objects, sources, bus, launcher)
        platform.wake = wake
        return platform

    @classmethod
    def _compose(
        cls,
        settings: Settings,
        store: Store,
        objects: LocalBlobs,
        sources: LocalSources,
        bus: EventBus,
        launcher: Launcher,
    ) -> Platform:
        engine = engine_settings(settings)
        server_id = new_id()
        inventory = inventory_by_url(settings.object_store)
        vault = FernetVault(settings.secrets_key, settings.home_folder / "keys" / "secrets")
        secrets = Secrets(store, vault)
        containers = not settings.launcher_url.startswith("process:")
        registry = Registry(store, engine, images_used=containers, capacity=launcher.capacity)
        platform: Platform
        dispatch = Dispatch(
            store,
            launcher,
            engine,
            holder=server_id,
            agent_url=lambda: platform.agent_url,
            servers=servers_folder(settings),
            secrets=secrets,
        )
        quotes = Quotes(store, engine, launcher.capacity)
        grid_quotes = GridQuotes(quotes)
        platform = cls(
            settings=settings,
            server_id=server_id,
            store=store,
            objects=objects,
            sources=sources,
            bus=bus,
            launcher=launcher,
            access=Access(store),
            uploads=Uploads(store, objects, settings.upload_lifetime_seconds, settings.url_lifetime_seconds, settings.packing),
            registrations=Registrations(store, sources),
            files=Files(store, objects, sources, settings.url_lifetime_seconds),
            filesets=Filesets(store),
            deletions=Deletions(store),
            usage=UsageService(store),
            garbage=GarbageCollector(store, inventory, _LONGEST_URL_SECONDS),
            check=StoreCheck(store, objects, inventory, sources),
            metadata=MetadataService(store),
            provenance=ProvenanceService(store),
            secrets=secrets,
            webhooks=Webhooks(
                store, vault, HttpPoster(bool(settings.webhook_private_addresses), settings.webhook_timeout_seconds)
            ),
            registry=registry,
            grids=Grids(store, registry, grid_quotes),
            grid_quotes=grid_quotes,
            chains=Chains(store),
            scheduler=Scheduler(store, engine),
            dispatch=dispatch,
            placement=dispatch.placement,
            budgets=Budgets(store),
            kills=Kills(store),
            job_files=JobFiles(store, objects, sources, settings.url_lifetime_seconds),
            monitor=Monitor(store, launcher, engine, dispatch),
            logs=Logs(store, objects, settings.progress_bars),
            arrivals=Arrivals(store),
            profiler=Profiler(store, registry, engine, launcher.capacity),
            quotes=quotes,
            autoprovisioner=Autoprovisioner(registry, quotes),
            disk_key=shared_key(settings.home_folder / "keys" / "disk"),
            metrics=Metrics(store),
        )
        return platform

    def open(self) -> None:
        """Bring the database up to date. Raises SchemaMismatch, StoreUnavailable."""
        self.store.open()

    def shares_disk(self, shown: str | None) -> bool:
        """Whether what a client shows comes from this platform's folder, which only its own user can read."""
        return shown is not None and hmac.compare_digest(shown.encode(), self.disk_key.hex().encode())

    def start_jobs(self) -> bool:
        """Whose turn it is, is launched; returns whether there may be more at once.

        Like `look_after_jobs` it may be called at any time, by any number of servers.
        """
        self.chains.advance()
        return self.dispatch.launch_waiting(self.scheduler) >= MOST_AT_ONCE

    def look_after_jobs(self) -> None:
        """What is due for jobs that run: who was told to end, what has died, what is left of those that ended."""
        tried_again = self.monitor.tried_again
        self.monitor.check()
        if self.monitor.tried_again != tried_again:
            self.wake()
        self.profiler.advance()
        self.arrivals.advance()

    def sweep(self) -> None:
        """Housekeeping: expired uploads, logs of ended jobs, old events and answers."""
        self.store.check()
        self.uploads.sweep()
        self.logs.compact()
        with self.store.begin() as unit:
            unit.events.forget_before(unit.now() - self.settings.event_retention_days * _DAY, limit=10_000)
            unit.idempotency.forget_before(unit.now() - _DAY)

    def close(self) -> None:
        """Let go of everything; jobs go on."""
        self.bus.close()
        self.launcher.close()
        self.store.close()


class _Probe:
    """Tells which projects other processes gave events."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self) -> dict[UUID, int]:
        if not self._store.foreign_changes():
            return {}
        with self._store.read() as unit:
            return unit.events.last_numbers()


def engine_settings(settings: Settings) -> EngineSettings:
    """The engine's part of the settings."""
    return EngineSettings(
        quota=settings.quota,
        bounds=Bounds(
            settings.cpu_min,
            settings.cpu_max,
            settings.cpu_step,
            settings.memory_min_mb,
            settings.memory_max_mb,
            settings.memory_step_mb,
            settings.gpu_max,
        ),
        prices=PriceTable(
            settings.cpu_hour_price,
            settings.memory_gib_hour_price,
            settings.gpu_hour_price,
            settings.cpu_min,
            settings.cpu_max,
            settings.memory_min_mb,
            settings.memory_max_mb,
        ),
        default_resources=Resources(settings.default_cpu, settings.default_memory_mb),
        heartbeat=settings.heartbeat_seconds,
        sample=settings.sample_seconds,
        kill_grace=settings.kill_grace_seconds,
        kill_upload_patience=settings.kill_upload_seconds,
        agent_silence=settings.agent_silence_seconds,
        agent_stuck=settings.agent_stuck_seconds,
        launch_hold=settings.launch_hold_seconds,
    )


def servers_folder(settings: Settings) -> Path:
    """Where servers publish their URLs."""
    return settings.home_folder / "servers"


def _publish(wake: Wake, buses: list[EventBus], changed: Changes) -> None:
    wake.on_events(changed)  # before the bus tells of them: who is woken here need not be woken by its notices
    for bus in buses:
        for project_id, number in changed.items():
            bus.publish(project_id, number)
