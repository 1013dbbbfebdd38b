"""Profiles and their trials."""

from __future__ import annotations

from sqlalchemy import Column, Index

from acai_jupyter.backends.sql.schema.base import owned_table, refers
from acai_jupyter.backends.sql.types import Big, Flag, Id, Int, Label, Moment, Money, Number

profiles = owned_table(
    "profiles",
    Column("id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("name", Label, nullable=False),
    Column("template", Label, nullable=False),
    Column("submission", Label, nullable=False),  # JSON: what every trial shares, pinned
    Column("input_id", Id),
    Column("code_snapshot_id", Id),
    Column("code_fileset_id", Id),
    Column("grid", Label, nullable=False),  # JSON: every trial that may be run
    Column("max_trials", Int),
    Column("max_cost", Money),
    Column("notes", Label, nullable=False),  # JSON
    Column("status", Label, nullable=False),
    Column("law", Label),
    Column("detail", Label),
    Column("turn", Int, nullable=False),  # among those of its name: the highest was made, or used again, last
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    refers("user_id", "users.id"),
    refers("input_id", "fileset_versions.id"),
    refers("code_snapshot_id", "snapshots.id"),
    refers("code_fileset_id", "fileset_versions.id"),
    Index("ix_profiles_name", "project_id", "name", "turn"),
    Index("ix_profiles_status", "status"),
    key=("id",),
    clustered=False,
)

profile_trials = owned_table(
    "profile_trials",
    Column("profile_id", Id, nullable=False),
    Column("number", Int, nullable=False),
    Column("arguments", Label, nullable=False),  # JSON: as written, one a hint
    Column("cpu", Number, nullable=False),
    Column("memory_mb", Big, nullable=False),
    Column("job_id", Id, nullable=False),
    Column("straggler", Flag, nullable=False),
    refers("profile_id", "profiles.id"),
    refers("job_id", "jobs.id"),
    key=("profile_id", "number"),
)
