"""What happened in a project, and who outside is told of it."""

from __future__ import annotations

from sqlalchemy import Column, Index

from acai_jupyter.backends.sql.schema.base import owned_table, refers
from acai_jupyter.backends.sql.types import Big, Bytes, Id, Int, Label, Moment

events = owned_table(
    "events",
    Column("number", Big, nullable=False),
    Column("kind", Label, nullable=False),
    Column("ids", Label, nullable=False),  # JSON
    Column("at", Moment, nullable=False),
    Index("ix_events_at", "at"),
    key=("number",),
)

webhooks = owned_table(
    "webhooks",
    Column("sealed", Bytes, nullable=False),  # by the vault: address and secret
    Column("changed_at", Moment, nullable=False),
    key=(),
    clustered=False,
)

webhook_deliveries = owned_table(
    "webhook_deliveries",
    Column("id", Id, nullable=False),
    Column("job_id", Id, nullable=False),
    Column("attempts", Int, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    refers("job_id", "jobs.id"),
    Index("ix_webhook_deliveries_due", "due_at"),
    key=("id",),
    clustered=False,
)
