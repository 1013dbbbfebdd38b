"""Metadata, tags and metrics."""

from __future__ import annotations

from sqlalchemy import Column, Index

from acai_jupyter.backends.sql.schema.base import owned_table, refers
from acai_jupyter.backends.sql.types import Big, Flag, Id, Label, Moment, Number

metadata_values = owned_table(
    "metadata_values",
    Column("kind", Label, nullable=False),
    Column("artifact_id", Id, nullable=False),
    Column("artifact_version", Big, nullable=False),
    Column("key", Label, nullable=False),
    Column("type", Label, nullable=False),
    Column("text", Label),
    Column("number", Number),  # finite numbers, and booleans as 0 and 1
    Column("nonfinite", Label),  # nan, inf or -inf, which SQLite can't keep as a number
    Column("moment", Moment),
    Column("staged", Flag, nullable=False),  # on a job: meant for its output file set
    Column("set_at", Moment, nullable=False),
    Index("ix_metadata_values_number", "project_id", "kind", "key", "type", "number", "artifact_id", "artifact_version"),
    Index("ix_metadata_values_text", "project_id", "kind", "key", "text", "artifact_id", "artifact_version"),
    Index("ix_metadata_values_moment", "project_id", "kind", "key", "moment", "artifact_id", "artifact_version"),
    key=("kind", "artifact_id", "artifact_version", "key", "staged"),
)

tags = owned_table(
    "tags",
    Column("kind", Label, nullable=False),
    Column("artifact_id", Id, nullable=False),
    Column("artifact_version", Big, nullable=False),
    Column("tag", Label, nullable=False),
    Column("set_at", Moment, nullable=False),
    Index("ix_tags_tag", "project_id", "kind", "tag", "artifact_id", "artifact_version"),
    key=("kind", "artifact_id", "artifact_version", "tag"),
)

metric_series = owned_table(
    "metric_series",
    Column("job_id", Id, nullable=False),
    Column("key", Label, nullable=False),
    Column("count", Big, nullable=False),
    refers("job_id", "jobs.id"),
    key=("job_id", "key"),
)

metric_points = owned_table(
    "metric_points",
    Column("job_id", Id, nullable=False),
    Column("key", Label, nullable=False),
    Column("position", Big, nullable=False),
    Column("step", Number, nullable=False),
    Column("value", Number),
    Column("nonfinite", Label),
    Column("at", Moment, nullable=False),
    refers("job_id", "jobs.id"),
    key=("job_id", "key", "position"),
)
