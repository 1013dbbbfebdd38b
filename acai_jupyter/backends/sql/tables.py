"""The schema. Migrations follow it: a test compares what they make with what stands here.

Keys of a project's data begin with the project, and so do foreign keys. Times are microseconds, money is micro-dollars.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.schema import SchemaItem

from acai_jupyter.backends.sql.types import Big, Bytes, DigestColumn, Flag, Id, Int, Label, Moment, Money, Number

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _platform(name: str, *items: SchemaItem) -> Table:
    """A table of the platform: no project owns its rows."""
    return Table(name, metadata, *items)


def _owned(name: str, *items: SchemaItem, key: tuple[str, ...], clustered: bool = True) -> Table:
    """A table of a project's data. SQLite clusters it by its key, which pays only where rows are short."""
    return Table(
        name,
        metadata,
        Column("project_id", Id, nullable=False),
        *items,
        PrimaryKeyConstraint("project_id", *key),
        ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sqlite_with_rowid=not clustered,
    )


def _refers(column: str, target: str, *more: tuple[str, str]) -> ForeignKeyConstraint:
    """A foreign key within the project: `column` to `target` ("table.column")."""
    columns = ["project_id", column, *(own for own, _ in more)]
    table = target.partition(".")[0]
    return ForeignKeyConstraint(columns, [f"{table}.project_id", target, *(other for _, other in more)])


# --- platform ---------------------------------------------------------------------------------------------------------

projects = _platform(
    "projects",
    Column("id", Id, primary_key=True),
    Column("name", Label, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("event_number", Big, nullable=False, default=0),
    Column("job_number", Big, nullable=False, default=0),
    Column("budget", Money),
    Column("grid_number", Big, nullable=False, default=0),
)

tokens = _platform(
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

leases = _platform(
    "leases",
    Column("name", Label, primary_key=True),
    Column("holder", Id, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

# --- access -----------------------------------------------------------------------------------------------------------

users = _owned(
    "users",
    Column("id", Id, nullable=False),
    Column("name", Label, nullable=False),
    Column("role", Label, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("project_id", "name"),
    key=("id",),
)

idempotency_keys = _owned(
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

# --- bytes ------------------------------------------------------------------------------------------------------------

objects = _owned(
    "objects",
    Column("id", Id, nullable=False),
    Column("key", Label, nullable=False),
    Column("size", Big, nullable=False),
    Column("created_at", Moment, nullable=False),
    key=("id",),
)

damaged_objects = _owned(  # what a check found missing or damaged: bytes in them are sent again where somebody uploads them
    "damaged_objects",
    Column("object_id", Id, nullable=False),
    Column("found_at", Moment, nullable=False),
    _refers("object_id", "objects.id"),
    key=("object_id",),
)

blobs = _owned(
    "blobs",
    Column("digest", DigestColumn, nullable=False),
    Column("size", Big, nullable=False),
    Column("object_id", Id, nullable=False),
    Column("offset", Big, nullable=False),
    Column("created_at", Moment, nullable=False),
    _refers("object_id", "objects.id"),
    Index("ix_blobs_object", "project_id", "object_id"),
    key=("digest",),
)

blob_pins = _owned(
    "blob_pins",
    Column("digest", DigestColumn, nullable=False),
    Column("upload_id", Id, nullable=False),
    _refers("upload_id", "uploads.id"),
    Index("ix_blob_pins_upload", "project_id", "upload_id"),
    key=("digest", "upload_id"),
)

uploads = _owned(
    "uploads",
    Column("id", Id, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("purpose", Label, nullable=False),
    Column("state", Label, nullable=False),
    Column("fileset_name", Label),
    Column("base_id", Id),  # the upload whose files these are, but for those declared here; it may be forgotten
    Column("removed", Label),  # paths of the base that are none of these files, as a JSON list
    Column("job_id", Id),
    Column("attempt", Int),
    Column("rank", Int),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("fileset_version_id", Id),
    Column("snapshot_id", Id),
    _refers("user_id", "users.id"),
    _refers("fileset_version_id", "fileset_versions.id"),
    _refers("snapshot_id", "snapshots.id"),
    Index("ix_uploads_state", "state", "expires_at"),
    key=("id",),
    clustered=False,
)

upload_files = _owned(
    "upload_files",
    Column("upload_id", Id, nullable=False),
    Column("position", Int, nullable=False),
    Column("path", Label, nullable=False),
    Column("size", Big, nullable=False),
    Column("digest", DigestColumn),
    Column("source_url", Label),  # to be registered in place
    Column("source_version", Label),
    Column("executable", Flag, nullable=False),
    Column("stored", Flag, nullable=False),
    Column("path_id", Id, nullable=False),  # of the path if the commit makes it
    Column("version", Big, nullable=False),  # what the commit makes of it: 1 until it finds the path to be there
    Column("unchanged", Flag, nullable=False),
    _refers("upload_id", "uploads.id"),
    UniqueConstraint("project_id", "upload_id", "path"),
    key=("upload_id", "position"),
)

upload_objects = _owned(
    "upload_objects",
    Column("upload_id", Id, nullable=False),
    Column("ordinal", Int, nullable=False),
    Column("id", Id, nullable=False),
    Column("kind", Label, nullable=False),
    Column("key", Label, nullable=False),
    Column("size", Big, nullable=False),
    Column("digest", DigestColumn, nullable=False),
    Column("parts", Bytes, nullable=False),
    Column("multipart_id", Label),
    _refers("upload_id", "uploads.id"),
    key=("upload_id", "ordinal"),
)

upload_runs = _owned(  # files that lie one after the other in an object
    "upload_runs",
    Column("upload_id", Id, nullable=False),
    Column("first", Int, nullable=False),  # position of the first of them
    Column("count", Int, nullable=False),
    Column("ordinal", Int, nullable=False),  # of the object
    Column("offset", Big, nullable=False),  # of the first of them, in the object
    _refers("upload_id", "uploads.id"),
    key=("upload_id", "first"),
)

# --- lake -------------------------------------------------------------------------------------------------------------

paths = _owned(
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
    _refers("owner_id", "users.id"),
    key=("id",),
)

file_versions = _owned(
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
    _refers("path_id", "paths.id"),
    _refers("creator_id", "users.id"),
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

filesets = _owned(
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
    _refers("owner_id", "users.id"),
    key=("id",),
)

fileset_versions = _owned(
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
    _refers("fileset_id", "filesets.id"),
    _refers("creator_id", "users.id"),
    Index("ix_fileset_versions_created", "project_id", "created_at"),
    Index("ix_fileset_versions_job", "project_id", "job_id"),
    key=("id",),
)

manifest_nodes = _owned(
    "manifest_nodes",
    Column("digest", Bytes(32), nullable=False),
    Column("content", Bytes, nullable=False),
    key=("digest",),
    clustered=False,
)

snapshots = _owned(
    "snapshots",
    Column("id", Id, nullable=False),
    Column("digest", Bytes(32), nullable=False),
    Column("file_count", Big, nullable=False),
    Column("size", Big, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("project_id", "digest"),
    key=("id",),
)

snapshot_files = _owned(
    "snapshot_files",
    Column("snapshot_id", Id, nullable=False),
    Column("path", Label, nullable=False),
    Column("size", Big, nullable=False),
    Column("digest", DigestColumn, nullable=False),
    Column("executable", Flag, nullable=False),
    _refers("snapshot_id", "snapshots.id"),
    Index("ix_snapshot_files_digest", "project_id", "digest"),
    key=("snapshot_id", "path"),
)

# --- provenance -------------------------------------------------------------------------------------------------------

actions = _owned(
    "actions",
    Column("id", Id, nullable=False),
    Column("kind", Label, nullable=False),
    Column("job_id", Id),
    Column("creator_id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    _refers("creator_id", "users.id"),
    key=("id",),
)

action_inputs = _owned(
    "action_inputs",
    Column("action_id", Id, nullable=False),
    Column("fileset_version_id", Id, nullable=False),
    _refers("action_id", "actions.id"),
    _refers("fileset_version_id", "fileset_versions.id"),
    Index("ix_action_inputs_fileset_version", "project_id", "fileset_version_id", "action_id"),
    key=("action_id", "fileset_version_id"),
)

action_outputs = _owned(
    "action_outputs",
    Column("action_id", Id, nullable=False),
    Column("fileset_version_id", Id, nullable=False),
    _refers("action_id", "actions.id"),
    _refers("fileset_version_id", "fileset_versions.id"),
    Index("ix_action_outputs_fileset_version", "project_id", "fileset_version_id", "action_id"),
    key=("action_id", "fileset_version_id"),
)

# --- metadata ---------------------------------------------------------------------------------------------------------

metadata_values = _owned(
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

tags = _owned(
    "tags",
    Column("kind", Label, nullable=False),
    Column("artifact_id", Id, nullable=False),
    Column("artifact_version", Big, nullable=False),
    Column("tag", Label, nullable=False),
    Column("set_at", Moment, nullable=False),
    Index("ix_tags_tag", "project_id", "kind", "tag", "artifact_id", "artifact_version"),
    key=("kind", "artifact_id", "artifact_version", "tag"),
)

metric_series = _owned(
    "metric_series",
    Column("job_id", Id, nullable=False),
    Column("key", Label, nullable=False),
    Column("count", Big, nullable=False),
    _refers("job_id", "jobs.id"),
    key=("job_id", "key"),
)

metric_points = _owned(
    "metric_points",
    Column("job_id", Id, nullable=False),
    Column("key", Label, nullable=False),
    Column("position", Big, nullable=False),
    Column("step", Number, nullable=False),
    Column("value", Number),
    Column("nonfinite", Label),
    Column("at", Moment, nullable=False),
    _refers("job_id", "jobs.id"),
    key=("job_id", "key", "position"),
)

# --- jobs -------------------------------------------------------------------------------------------------------------

secrets = _owned(
    "secrets",
    Column("user_id", Id, nullable=False),
    Column("name", Label, nullable=False),
    Column("sealed", Bytes, nullable=False),  # by the vault
    Column("changed_at", Moment, nullable=False),
    _refers("user_id", "users.id"),
    key=("user_id", "name"),
    clustered=False,
)

webhooks = _owned(
    "webhooks",
    Column("sealed", Bytes, nullable=False),  # by the vault: address and secret
    Column("changed_at", Moment, nullable=False),
    key=(),
    clustered=False,
)

webhook_deliveries = _owned(
    "webhook_deliveries",
    Column("id", Id, nullable=False),
    Column("job_id", Id, nullable=False),
    Column("attempts", Int, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    _refers("job_id", "jobs.id"),
    Index("ix_webhook_deliveries_due", "due_at"),
    key=("id",),
    clustered=False,
)

environments = _owned(
    "environments",
    Column("digest", Bytes(32), nullable=False),
    Column("content", Label, nullable=False),  # JSON: interpreter, platform, packages
    key=("digest",),
    clustered=False,
)

grids = _owned(
    "grids",
    Column("id", Id, nullable=False),
    Column("number", Big, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("name", Label),
    Column("command", Label, nullable=False),  # JSON: the template as it was given
    Column("row_count", Big, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("project_id", "number"),
    _refers("user_id", "users.id"),
    key=("id",),
    clustered=False,
)

jobs = _owned(
    "jobs",
    Column("id", Id, nullable=False),
    Column("number", Big, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("name", Label),
    Column("command", Label, nullable=False),  # JSON: text for /bin/sh, or a list
    Column("input_id", Id),
    Column("input_job_id", Id),  # whose output is the input: pinned in input_id when that job has finished
    Column("waits_for", Int, nullable=False),  # how many jobs must finish before this one's turn can come
    Column("grid_id", Id),
    Column("grid_row", Big),
    Column("output_name", Label),
    Column("output_path", Label),
    Column("code_snapshot_id", Id),
    Column("code_fileset_id", Id),
    Column("git_commit", Label),
    Column("git_branch", Label),
    Column("git_dirty", Flag),
    Column("git_remote", Label),
    Column("environment", Bytes(32)),
    Column("secrets", Label, nullable=False),  # JSON: names
    Column("image", Label),
    Column("python", Label),
    Column("requirements", Label),  # as pip reads them
    Column("env", Label, nullable=False),  # JSON
    Column("cpu", Number, nullable=False),
    Column("memory_mb", Big, nullable=False),
    Column("gpu", Int, nullable=False),
    Column("prices", Label, nullable=False),  # JSON: the price table, pinned
    Column("timeout", Big),
    Column("priority", Int, nullable=False),
    Column("lake_access", Flag, nullable=False),
    Column("retry_of", Id),
    Column("start_snapshot_id", Id),
    Column("notes", Label, nullable=False),  # JSON: what the platform has to say about this job
    Column("status", Label, nullable=False),
    Column("progress", Label),
    Column("reason", Label),
    Column("detail", Label),
    Column("exit_code", Int),
    Column("signal", Int),
    Column("attempt", Int, nullable=False),
    Column("launch_holder", Id),
    Column("launch_expires_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("launching_at", Moment),
    Column("running_at", Moment),
    Column("ended_at", Moment),
    Column("kill_requested_at", Moment),
    Column("kill_requested_by", Label),
    Column("reserved", Big),  # micro-dollars that it may cost until its timeout
    Column("placed_at", Moment),  # since when its resources are its own
    Column("enforced", Label),  # JSON: by what each resource is held
    Column("peak_memory", Big),  # bytes
    Column("cpu_time", Number),
    Column("throttled_time", Number),
    Column("read_bytes", Big),
    Column("written_bytes", Big),
    Column("download_time", Number),
    Column("command_time", Number),
    Column("upload_time", Number),
    Column("runtime", Big),
    Column("cost", Money),
    Column("output_id", Id),
    Column("kept_snapshot_id", Id),
    Column("bound", Label),  # JSON: what it was submitted under, and what was predicted then
    Column("step", Number),  # how far it says that it is
    Column("step_total", Number),
    Column("step_tagged", Flag),
    Column("step_restarts", Int),
    Column("stepped_at", Moment),
    Column("arrival", Moment),  # when it is expected to end
    Column("arrival_low", Moment),
    Column("arrival_high", Moment),
    Column("arrival_at", Moment),  # as seen then
    Column("late_at", Moment),
    UniqueConstraint("project_id", "number"),
    _refers("user_id", "users.id"),
    _refers("input_id", "fileset_versions.id"),
    _refers("output_id", "fileset_versions.id"),
    _refers("code_snapshot_id", "snapshots.id"),
    _refers("code_fileset_id", "fileset_versions.id"),
    _refers("kept_snapshot_id", "snapshots.id"),
    _refers("environment", "environments.digest"),
    _refers("start_snapshot_id", "snapshots.id"),
    _refers("grid_id", "grids.id"),
    Index("ix_jobs_queue", "status", "project_id", "user_id", "priority", "number"),
    Index(
        "ix_jobs_grid",
        "project_id",
        "grid_id",
        "grid_row",
        "number",
        sqlite_where=text("grid_id IS NOT NULL"),
        postgresql_where=text("grid_id IS NOT NULL"),
    ),
    Index(
        "ix_jobs_retry_of",
        "project_id",
        "retry_of",
        sqlite_where=text("retry_of IS NOT NULL"),
        postgresql_where=text("retry_of IS NOT NULL"),
    ),
    Index(
        "ix_jobs_input_job",
        "project_id",
        "input_job_id",
        sqlite_where=text("input_job_id IS NOT NULL"),
        postgresql_where=text("input_job_id IS NOT NULL"),
    ),
    Index("ix_jobs_created", "project_id", "created_at"),
    key=("id",),
    clustered=False,
)

job_predecessors = _owned(
    "job_predecessors",
    Column("job_id", Id, nullable=False),
    Column("predecessor_id", Id, nullable=False),
    Column("due", Flag, nullable=False),  # the predecessor has ended, and what follows from it is not done yet
    _refers("job_id", "jobs.id"),
    _refers("predecessor_id", "jobs.id"),
    Index("ix_job_predecessors_predecessor", "project_id", "predecessor_id"),
    Index("ix_job_predecessors_due", "project_id", "predecessor_id", sqlite_where=text("due"), postgresql_where=text("due")),
    key=("job_id", "predecessor_id"),
)

job_ranks = _owned(
    "job_ranks",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("rank", Int, nullable=False),
    Column("handle", Label),
    Column("instance", Id),
    Column("claimed_at", Moment),
    Column("heartbeat_at", Moment),
    Column("progress", Label),
    Column("reported_at", Moment),
    Column("report", Label),  # JSON
    _refers("job_id", "jobs.id"),
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

job_steps = _owned(
    "job_steps",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("at", Moment, nullable=False),
    Column("step", Number, nullable=False),
    _refers("job_id", "jobs.id"),
    key=("job_id", "attempt", "at"),
)

job_samples = _owned(
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
    _refers("job_id", "jobs.id"),
    key=("job_id", "attempt", "position"),
)

job_history = _owned(
    "job_history",
    Column("job_id", Id, nullable=False),
    Column("position", Int, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("status", Label, nullable=False),
    Column("progress", Label),
    Column("reason", Label),
    Column("at", Moment, nullable=False),
    _refers("job_id", "jobs.id"),
    key=("job_id", "position"),
)

logs = _owned(
    "logs",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("rank", Int, nullable=False),
    Column("size", Big, nullable=False),
    Column("line", Bytes, nullable=False),  # the beginning of a line that is not yet whole, for the tags
    Column("step", Number),  # the last step that a tag named
    Column("complete", Flag, nullable=False),
    Column("object_id", Id),  # the whole log, once it was compacted
    _refers("job_id", "jobs.id"),
    _refers("object_id", "objects.id"),
    key=("job_id", "attempt", "rank"),
    clustered=False,
)

log_chunks = _owned(
    "log_chunks",
    Column("job_id", Id, nullable=False),
    Column("attempt", Int, nullable=False),
    Column("rank", Int, nullable=False),
    Column("offset", Big, nullable=False),
    Column("data", Bytes, nullable=False),
    Column("at", Moment, nullable=False),
    _refers("job_id", "jobs.id"),
    key=("job_id", "attempt", "rank", "offset"),
    clustered=False,
)

# --- provision --------------------------------------------------------------------------------------------------------

profiles = _owned(
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
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    _refers("user_id", "users.id"),
    _refers("input_id", "fileset_versions.id"),
    _refers("code_snapshot_id", "snapshots.id"),
    _refers("code_fileset_id", "fileset_versions.id"),
    Index("ix_profiles_name", "project_id", "name", "id"),
    Index("ix_profiles_status", "status"),
    key=("id",),
    clustered=False,
)

profile_trials = _owned(
    "profile_trials",
    Column("profile_id", Id, nullable=False),
    Column("number", Int, nullable=False),
    Column("arguments", Label, nullable=False),  # JSON: as written, one a hint
    Column("cpu", Number, nullable=False),
    Column("memory_mb", Big, nullable=False),
    Column("job_id", Id, nullable=False),
    Column("straggler", Flag, nullable=False),
    _refers("profile_id", "profiles.id"),
    _refers("job_id", "jobs.id"),
    key=("profile_id", "number"),
)

# --- events -----------------------------------------------------------------------------------------------------------

events = _owned(
    "events",
    Column("number", Big, nullable=False),
    Column("kind", Label, nullable=False),
    Column("ids", Label, nullable=False),  # JSON
    Column("at", Moment, nullable=False),
    Index("ix_events_at", "at"),
    key=("number",),
)
