"""What happened while jobs ran."""

from __future__ import annotations

from sqlalchemy import Column, Index, text

from acai_jupyter.backends.sql.schema.base import owned_table, refers
from acai_jupyter.backends.sql.types import Big, Bytes, Flag, Id, Int, Label, Moment, Number

job_ranks = owned_table(
    "job_ranks",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("rank", Int, nullable=False),
    Column("handle", Label),
    Column("instance", Id),
    Column("claimed_at", Moment),
    Column("heartbeat_at", Moment),
    Column("lost_at", Moment),
    Column("progress", Label),
    Column("reported_at", Moment),
    Column("report", Label),  # JSON
    refers("job_id", "jobs.id"),
    Index(
        "ix_job_ranks_handle",
        "project_id",
        "job_id",
        sqlite_where=text("handle IS NOT NULL"),
        postgresql_where=text("handle IS NOT NULL"),
    ),
    key=("job_id", "attempt", "rank"),
    clustered=False,
)

job_steps = owned_table(
    "job_steps",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("at", Moment, nullable=False),
    Column("step", Number, nullable=False),
    refers("job_id", "jobs.id"),
    key=("job_id", "attempt", "at"),
)

job_samples = owned_table(
    "job_samples",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("position", Int, nullable=False),
    Column("elapsed", Number, nullable=False),  # seconds since the command began
    Column("cpu_time", Number, nullable=False),
    Column("memory", Big, nullable=False),
    Column("read_bytes", Big, nullable=False),
    Column("written_bytes", Big, nullable=False),
    Column("throttled_time", Number, nullable=False),
    refers("job_id", "jobs.id"),
    key=("job_id", "attempt", "position"),
)

job_history = owned_table(
    "job_history",
    Column("job_id", Id, nullable=False),
    Column("position", Int, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("status", Label, nullable=False),
    Column("progress", Label),
    Column("reason", Label),
    Column("at", Moment, nullable=False),
    refers("job_id", "jobs.id"),
    key=("job_id", "position"),
)

logs = owned_table(
    "logs",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("rank", Int, nullable=False),
    Column("size", Big, nullable=False),
    Column("line", Bytes, nullable=False),  # the beginning of a line that is not yet whole, for the tags
    Column("step", Number),  # the last step that a tag named
    Column("complete", Flag, nullable=False),
    Column("object_id", Id),  # the whole log, once it was compacted
    refers("job_id", "jobs.id"),
    refers("object_id", "objects.id"),
    key=("job_id", "attempt", "rank"),
    clustered=False,
)

log_chunks = owned_table(
    "log_chunks",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("rank", Int, nullable=False),
    Column("offset", Big, nullable=False),
    Column("data", Bytes, nullable=False),
    Column("at", Moment, nullable=False),
    refers("job_id", "jobs.id"),
    key=("job_id", "attempt", "rank", "offset"),
    clustered=False,
)
