"""Files, file sets, snapshots, and what was made from what."""

from __future__ import annotations

from sqlalchemy import Column, Index, UniqueConstraint, text

from acai_jupyter.backends.sql.schema.base import owned_table, refers
from acai_jupyter.backends.sql.types import Big, Bytes, DigestColumn, Flag, Id, Int, Label, Moment

paths = owned_table(
    "paths",
    Column("id", Id, nullable=False),
    Column("path", Label, nullable=False),
    Column("owner_id", Id, nullable=False),
    Column("group_name", Label),
    Column("mode", Int, nullable=False),
    Column("last_version", Big, nullable=False),  # the highest number ever given
    Column("latest_version", Big),  # the highest that was not deleted; None where there is none
    Column("hidden", Flag, nullable=False),  # the latest version is a tombstone
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("project_id", "path"),
    refers("owner_id", "users.id"),
    key=("id",),
)

file_versions = owned_table(
    "file_versions",
    Column("path_id", Id, nullable=False),
    Column("version", Big, nullable=False),
    Column("kind", Label, nullable=False),
    Column("size", Big, nullable=False),
    Column("digest", DigestColumn),
    Column("source_url", Label),  # registered in place: where the bytes lie, and what pins them
    Column("source_version", Label),
    Column("creator_id", Id, nullable=False),
    Column("job_id", Id),
    Column("created_at", Moment, nullable=False),
    Column("deleted_at", Moment),
    refers("path_id", "paths.id"),
    refers("creator_id", "users.id"),
    Index("ix_file_versions_digest", "project_id", "digest"),
    Index("ix_file_versions_created", "project_id", "created_at"),
    Index(
        "ix_file_versions_job",
        "project_id",
        "job_id",
        sqlite_where=text("job_id IS NOT NULL"),
        postgresql_where=text("job_id IS NOT NULL"),
    ),
    key=("path_id", "version"),
)

filesets = owned_table(
    "filesets",
    Column("id", Id, nullable=False),
    Column("name", Label, nullable=False),
    Column("owner_id", Id, nullable=False),
    Column("group_name", Label),
    Column("mode", Int, nullable=False),
    Column("last_version", Big, nullable=False),
    Column("latest_version", Big),
    Column("version_count", Big, nullable=False),  # of those that were not deleted: a list of file sets shows it
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("project_id", "name"),
    refers("owner_id", "users.id"),
    key=("id",),
)

fileset_versions = owned_table(
    "fileset_versions",
    Column("id", Id, nullable=False),
    Column("fileset_id", Id, nullable=False),
    Column("version", Big, nullable=False),
    Column("root", Bytes(32), nullable=False),
    Column("file_count", Big, nullable=False),
    Column("size", Big, nullable=False),
    Column("creator_id", Id, nullable=False),
    Column("job_id", Id),
    Column("created_at", Moment, nullable=False),
    Column("deleted_at", Moment),
    UniqueConstraint("project_id", "fileset_id", "version"),
    refers("fileset_id", "filesets.id"),
    refers("creator_id", "users.id"),
    Index("ix_fileset_versions_created", "project_id", "created_at"),
    Index("ix_fileset_versions_job", "project_id", "job_id"),
    key=("id",),
)

manifest_nodes = owned_table(
    "manifest_nodes",
    Column("digest", Bytes(32), nullable=False),
    Column("content", Bytes, nullable=False),
    key=("digest",),
    clustered=False,
)

snapshots = owned_table(
    "snapshots",
    Column("id", Id, nullable=False),
    Column("digest", Bytes(32), nullable=False),
    Column("file_count", Big, nullable=False),
    Column("size", Big, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("project_id", "digest"),
    key=("id",),
)

snapshot_files = owned_table(
    "snapshot_files",
    Column("snapshot_id", Id, nullable=False),
    Column("path", Label, nullable=False),
    Column("size", Big, nullable=False),
    Column("digest", DigestColumn, nullable=False),
    Column("executable", Flag, nullable=False),
    refers("snapshot_id", "snapshots.id"),
    Index("ix_snapshot_files_digest", "project_id", "digest"),
    key=("snapshot_id", "path"),
)

actions = owned_table(
    "actions",
    Column("id", Id, nullable=False),
    Column("kind", Label, nullable=False),
    Column("job_id", Id),
    Column("creator_id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    refers("creator_id", "users.id"),
    key=("id",),
)

action_inputs = owned_table(
    "action_inputs",
    Column("action_id", Id, nullable=False),
    Column("fileset_version_id", Id, nullable=False),
    refers("action_id", "actions.id"),
    refers("fileset_version_id", "fileset_versions.id"),
    Index("ix_action_inputs_fileset_version", "project_id", "fileset_version_id", "action_id"),
    key=("action_id", "fileset_version_id"),
)

action_outputs = owned_table(
    "action_outputs",
    Column("action_id", Id, nullable=False),
    Column("fileset_version_id", Id, nullable=False),
    refers("action_id", "actions.id"),
    refers("fileset_version_id", "fileset_versions.id"),
    Index("ix_action_outputs_fileset_version", "project_id", "fileset_version_id", "action_id"),
    key=("action_id", "fileset_version_id"),
)
