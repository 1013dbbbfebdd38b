"""Jobs and grids as they were submitted, and how they stand."""

from __future__ import annotations

from sqlalchemy import Column, Index, UniqueConstraint, text

from acai_jupyter.backends.sql.schema.base import owned_table, refers
from acai_jupyter.backends.sql.types import Big, Bytes, Flag, Id, Int, Label, Moment, Money, Number

environments = owned_table(
    "environments",
    Column("digest", Bytes(32), nullable=False),
    Column("content", Label, nullable=False),  # JSON: interpreter, platform, packages
    key=("digest",),
    clustered=False,
)

grids = owned_table(
    "grids",
    Column("id", Id, nullable=False),
    Column("number", Big, nullable=False),
    Column("user_id", Id, nullable=False),
    Column("name", Label),
    Column("command", Label, nullable=False),  # JSON: the template as it was given
    Column("row_count", Big, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("project_id", "number"),
    refers("user_id", "users.id"),
    key=("id",),
    clustered=False,
)

jobs = owned_table(
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
    refers("user_id", "users.id"),
    refers("input_id", "fileset_versions.id"),
    refers("output_id", "fileset_versions.id"),
    refers("code_snapshot_id", "snapshots.id"),
    refers("code_fileset_id", "fileset_versions.id"),
    refers("kept_snapshot_id", "snapshots.id"),
    refers("environment", "environments.digest"),
    refers("start_snapshot_id", "snapshots.id"),
    refers("grid_id", "grids.id"),
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

job_predecessors = owned_table(
    "job_predecessors",
    Column("job_id", Id, nullable=False),
    Column("predecessor_id", Id, nullable=False),
    Column("due", Flag, nullable=False),  # the predecessor has ended, and what follows from it is not done yet
    refers("job_id", "jobs.id"),
    refers("predecessor_id", "jobs.id"),
    Index("ix_job_predecessors_predecessor", "project_id", "predecessor_id"),
    Index("ix_job_predecessors_due", "project_id", "predecessor_id", sqlite_where=text("due"), postgresql_where=text("due")),
    key=("job_id", "predecessor_id"),
)
