"""One transaction: a repository a noun over one connection."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, literal_column, select

from acai_jupyter.backends.sql.repositories.access import SqlAccess
from acai_jupyter.backends.sql.repositories.arrivals import SqlArrivals
from acai_jupyter.backends.sql.repositories.blobs import SqlBlobs
from acai_jupyter.backends.sql.repositories.budgets import SqlBudgets
from acai_jupyter.backends.sql.repositories.chains import SqlChains
from acai_jupyter.backends.sql.repositories.checks import SqlChecks
from acai_jupyter.backends.sql.repositories.deletions import SqlDeletions
from acai_jupyter.backends.sql.repositories.environments import SqlEnvironments
from acai_jupyter.backends.sql.repositories.files import SqlFiles
from acai_jupyter.backends.sql.repositories.filesets import SqlFilesets, SqlSnapshots
from acai_jupyter.backends.sql.repositories.garbage import SqlGarbage
from acai_jupyter.backends.sql.repositories.grids import SqlGrids
from acai_jupyter.backends.sql.repositories.jobs import SqlJobs
from acai_jupyter.backends.sql.repositories.logs import SqlLogs
from acai_jupyter.backends.sql.repositories.metadata import SqlMetadataValues
from acai_jupyter.backends.sql.repositories.metrics import SqlMetrics
from acai_jupyter.backends.sql.repositories.platform import SqlEvents, SqlIdempotency, SqlLeases
from acai_jupyter.backends.sql.repositories.profiles import SqlProfiles
from acai_jupyter.backends.sql.repositories.provenance import SqlProvenance
from acai_jupyter.backends.sql.repositories.samples import SqlSamples
from acai_jupyter.backends.sql.repositories.search import SqlSearch
from acai_jupyter.backends.sql.repositories.secrets import SqlSecrets
from acai_jupyter.backends.sql.repositories.uploads import SqlUploads
from acai_jupyter.backends.sql.repositories.usage import SqlUsage
from acai_jupyter.backends.sql.repositories.webhooks import SqlWebhooks
from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import projects
from acai_jupyter.ports.store.access import Access
from acai_jupyter.ports.store.care import Checks, Deletions, GarbageCollection, UsageMeasures
from acai_jupyter.ports.store.engine import Budgets, Chains, Environments, Jobs, Logs, Metrics, Samples, Secrets, Webhooks
from acai_jupyter.ports.store.lake import Blobs, Files, Filesets, Snapshots, Uploads
from acai_jupyter.ports.store.platform import Events, Idempotency, Leases
from acai_jupyter.ports.store.provision import Arrivals, Profiles
from acai_jupyter.ports.store.search import MetadataValues, Provenance, Search
from acai_jupyter.ports.store.workflows import Grids

_CLOCK: Final[ColumnElement[int]] = literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)")
"""Of PostgreSQL, which asks it for every row: so it is asked once the row is locked."""


class SqlUnitOfWork:
    """The repositories of one transaction."""

    def __init__(self, connection: Connection, now: int) -> None:
        self.session = session = Session(connection, now)
        self.access: Access = SqlAccess(session)
        self.uploads: Uploads = SqlUploads(session)
        self.blobs: Blobs = SqlBlobs(session)
        self.files: Files = SqlFiles(session)
        self.filesets: Filesets = SqlFilesets(session)
        self.snapshots: Snapshots = SqlSnapshots(session)
        self.deletions: Deletions = SqlDeletions(session)
        self.usage: UsageMeasures = SqlUsage(session)
        self.garbage: GarbageCollection = SqlGarbage(session)
        self.checks: Checks = SqlChecks(session)
        self.provenance: Provenance = SqlProvenance(session)
        self.metadata: MetadataValues = SqlMetadataValues(session)
        self.search: Search = SqlSearch(session)
        self.jobs: Jobs = SqlJobs(session)
        self.chains: Chains = SqlChains(session)
        self.grids: Grids = SqlGrids(session)
        self.logs: Logs = SqlLogs(session)
        self.profiles: Profiles = SqlProfiles(session)
        self.arrivals: Arrivals = SqlArrivals(session)
        self.samples: Samples = SqlSamples(session)
        self.budgets: Budgets = SqlBudgets(session)
        self.metrics: Metrics = SqlMetrics(session)
        self.environments: Environments = SqlEnvironments(session)
        self.secrets: Secrets = SqlSecrets(session)
        self.webhooks: Webhooks = SqlWebhooks(session)
        self.events: Events = SqlEvents(session)
        self.leases: Leases = SqlLeases(session)
        self.idempotency: Idempotency = SqlIdempotency(session)

    def now(self) -> int:
        return self.session.now

    def lock_project(self, project_id: UUID) -> None:
        # SQLite has one writer at a time: whoever writes holds every row.
        if self.session.dialect == "postgresql":
            # NO KEY: a row that is added meanwhile refers to the project, and must not wait for this, nor this for it.
            # What is stamped from here on is later than what all who had the lock before have stamped.
            locked = select(projects.c.id).where(projects.c.id == project_id).with_for_update(key_share=True).cte()
            now = self.session.run(select(_CLOCK).select_from(locked)).scalar()
            self.session.now = max(self.session.now, now or 0)
