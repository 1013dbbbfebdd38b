"""Projects, who may what in them, and what the platform's servers agree on."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint

from acai_jupyter.backends.sql.schema.base import owned_table, platform_table, refers
from acai_jupyter.backends.sql.types import Big, Bytes, Id, Int, Label, Moment, Money

projects = platform_table(
    "projects",
    Column("id", Id, primary_key=True),
    Column("name", Label, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("event_number", Big, nullable=False, default=0),
    Column("job_number", Big, nullable=False, default=0),
    Column("budget", Money),
    Column("grid_number", Big, nullable=False, default=0),
)

tokens = platform_table(
    "tokens",
    Column("digest", Bytes(32), primary_key=True),
    Column("project_id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("kind", Label, nullable=False),
    Column("label", Label, nullable=False),
    Column("job_id", Id),
    Column("attempt", Int),
    Column("rank", Int),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    ForeignKeyConstraint(["project_id", "user_id"], ["users.project_id", "users.id"]),
    Index("ix_tokens_job", "project_id", "job_id"),
)

leases = platform_table(
    "leases",
    Column("name", Label, primary_key=True),
    Column("holder", Id, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

users = owned_table(
    "users",
    Column("id", Id, nullable=False),
    Column("name", Label, nullable=False),
    Column("role", Label, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("project_id", "name"),
    key=("id",),
)

idempotency_keys = owned_table(
    "idempotency_keys",
    Column("user_id", Id, nullable=False),
    Column("key", Label, nullable=False),
    Column("request_digest", Bytes(32), nullable=False),
    Column("answer", Label, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
    key=("user_id", "key"),
    clustered=False,
)

secrets = owned_table(
    "secrets",
    Column("user_id", Id, nullable=False),
    Column("name", Label, nullable=False),
    Column("sealed", Bytes, nullable=False),  # by the vault
    Column("changed_at", Moment, nullable=False),
    refers("user_id", "users.id"),
    key=("user_id", "name"),
    clustered=False,
)
