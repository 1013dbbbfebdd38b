"""The store and its unit of work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.events import EventKind
from acai_jupyter.ports.store.access import Access
from acai_jupyter.ports.store.care import Checks, Deletions, GarbageCollection, UsageMeasures
from acai_jupyter.ports.store.engine import Budgets, Chains, Environments, Jobs, Logs, Metrics, Samples, Secrets, Webhooks
from acai_jupyter.ports.store.lake import Blobs, Files, Filesets, Snapshots, Uploads
from acai_jupyter.ports.store.platform import Events, Idempotency, Leases
from acai_jupyter.ports.store.provision import Arrivals, Profiles
from acai_jupyter.ports.store.search import MetadataValues, Provenance, Search
from acai_jupyter.ports.store.workflows import Grids


class Changes(dict[UUID, int]):
    """The events that one unit of work wrote: which projects have some now, up to which number, from which `first` one on, and
    of which `kinds` they are."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[UUID, int] = {}
        self.kinds: set[EventKind] = set()


OnEvents = Callable[[Changes], None]
"""Is told of events after their commit."""


class UnitOfWork(Protocol):
    """One transaction. All that is written through it is committed when its block ends, or nothing is where it raises."""

    access: Access
    uploads: Uploads
    blobs: Blobs
    files: Files
    filesets: Filesets
    snapshots: Snapshots
    deletions: Deletions
    usage: UsageMeasures
    garbage: GarbageCollection
    checks: Checks
    provenance: Provenance
    metadata: MetadataValues
    search: Search
    jobs: Jobs
    chains: Chains
    grids: Grids
    logs: Logs
    profiles: Profiles
    arrivals: Arrivals
    metrics: Metrics
    samples: Samples
    budgets: Budgets
    environments: Environments
    secrets: Secrets
    webhooks: Webhooks
    events: Events
    leases: Leases
    idempotency: Idempotency

    def now(self) -> int:
        """The database's clock, in microseconds; the same throughout the unit."""
        ...

    def lock_project(self, project_id: UUID) -> None:
        """Hold the project's row until the end: numbers of events, jobs and versions are given under it, so whoever
        writes what is numbered takes it first. What `now` tells from then on is not earlier than what it told those who had it
        before."""
        ...


class Store(Protocol):
    """Where metadata is kept. Every method may raise StoreUnavailable.

    Writes are durable when `begin`'s block has ended. Readers never wait for writers and see one state throughout.
    """

    def begin(self) -> AbstractContextManager[UnitOfWork]:
        """A unit that writes. Units of one process take turns; keep them short, and do no input or output in them."""
        ...

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """A unit that only reads, from one snapshot."""
        ...

    def open(self) -> None:
        """Bring the schema up to date. Raises SchemaMismatch where it is newer than this platform."""
        ...

    def check(self) -> None:
        """Raises SchemaMismatch once a newer platform has moved the schema on."""
        ...

    def foreign_changes(self) -> bool:
        """Whether another process has given events since the last call; now and then also where there are none."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...
