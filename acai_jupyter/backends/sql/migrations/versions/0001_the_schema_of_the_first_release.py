"""The schema of the first release"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
LABEL = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
DIGEST = sa.LargeBinary(33)


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", LABEL, nullable=False),
        sa.Column("holder", ID, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "projects",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", LABEL, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("event_number", sa.BigInteger(), nullable=False),
        sa.Column("job_number", sa.BigInteger(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=True),
        sa.Column("grid_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("name", name=op.f("uq_projects_name")),
    )
    op.create_table(
        "environments",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", LABEL, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_environments_project_id")),
        sa.PrimaryKeyConstraint("project_id", "digest", name=op.f("pk_environments")),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "events",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", LABEL, nullable=False),
        sa.Column("ids", LABEL, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_events_project_id")),
        sa.PrimaryKeyConstraint("project_id", "number", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_at", ["at"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("key", LABEL, nullable=False),
        sa.Column("request_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer", LABEL, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_idempotency_keys_project_id")),
        sa.PrimaryKeyConstraint("project_id", "user_id", "key", name=op.f("pk_idempotency_keys")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index("ix_idempotency_keys_created_at", ["created_at"], unique=False)

    op.create_table(
        "manifest_nodes",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_manifest_nodes_project_id")),
        sa.PrimaryKeyConstraint("project_id", "digest", name=op.f("pk_manifest_nodes")),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "metadata_values",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("kind", LABEL, nullable=False),
        sa.Column("artifact_id", ID, nullable=False),
        sa.Column("artifact_version", sa.BigInteger(), nullable=False),
        sa.Column("key", LABEL, nullable=False),
        sa.Column("type", LABEL, nullable=False),
        sa.Column("text", LABEL, nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("nonfinite", LABEL, nullable=True),
        sa.Column("moment", sa.BigInteger(), nullable=True),
        sa.Column("staged", sa.Boolean(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_metadata_values_project_id")),
        sa.PrimaryKeyConstraint(
            "project_id", "kind", "artifact_id", "artifact_version", "key", "staged", name=op.f("pk_metadata_values")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("metadata_values", schema=None) as batch_op:
        batch_op.create_index(
            "ix_metadata_values_moment", ["project_id", "kind", "key", "moment", "artifact_id", "artifact_version"], unique=False
        )
        batch_op.create_index(
            "ix_metadata_values_number",
            ["project_id", "kind", "key", "type", "number", "artifact_id", "artifact_version"],
            unique=False,
        )
        batch_op.create_index(
            "ix_metadata_values_text", ["project_id", "kind", "key", "text", "artifact_id", "artifact_version"], unique=False
        )

    op.create_table(
        "objects",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("key", LABEL, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_objects_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_objects")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("file_count", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_snapshots_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("project_id", "digest", name=op.f("uq_snapshots_project_id_digest")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tags",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("kind", LABEL, nullable=False),
        sa.Column("artifact_id", ID, nullable=False),
        sa.Column("artifact_version", sa.BigInteger(), nullable=False),
        sa.Column("tag", LABEL, nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_tags_project_id")),
        sa.PrimaryKeyConstraint("project_id", "kind", "artifact_id", "artifact_version", "tag", name=op.f("pk_tags")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.create_index("ix_tags_tag", ["project_id", "kind", "tag", "artifact_id", "artifact_version"], unique=False)

    op.create_table(
        "users",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("name", LABEL, nullable=False),
        sa.Column("role", LABEL, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_users_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_users")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_users_project_id_name")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhooks",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_webhooks_project_id")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_webhooks")),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "actions",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", LABEL, nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("creator_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "creator_id"], ["users.project_id", "users.id"], name=op.f("fk_actions_project_id_creator_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_actions_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_actions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blobs",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "object_id"], ["objects.project_id", "objects.id"], name=op.f("fk_blobs_project_id_object_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_blobs_project_id")),
        sa.PrimaryKeyConstraint("project_id", "digest", name=op.f("pk_blobs")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("blobs", schema=None) as batch_op:
        batch_op.create_index("ix_blobs_object", ["project_id", "object_id"], unique=False)

    op.create_table(
        "damaged_objects",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "object_id"],
            ["objects.project_id", "objects.id"],
            name=op.f("fk_damaged_objects_project_id_object_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_damaged_objects_project_id")),
        sa.PrimaryKeyConstraint("project_id", "object_id", name=op.f("pk_damaged_objects")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "filesets",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("name", LABEL, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("group_name", LABEL, nullable=True),
        sa.Column("mode", sa.Integer(), nullable=False),
        sa.Column("last_version", sa.BigInteger(), nullable=False),
        sa.Column("latest_version", sa.BigInteger(), nullable=True),
        sa.Column("version_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "owner_id"], ["users.project_id", "users.id"], name=op.f("fk_filesets_project_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_filesets_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_filesets")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_filesets_project_id_name")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grids",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", LABEL, nullable=True),
        sa.Column("command", LABEL, nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "user_id"], ["users.project_id", "users.id"], name=op.f("fk_grids_project_id_user_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_grids_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_grids")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_grids_project_id_number")),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "paths",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("path", LABEL, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("group_name", LABEL, nullable=True),
        sa.Column("mode", sa.Integer(), nullable=False),
        sa.Column("last_version", sa.BigInteger(), nullable=False),
        sa.Column("latest_version", sa.BigInteger(), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "owner_id"], ["users.project_id", "users.id"], name=op.f("fk_paths_project_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_paths_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_paths")),
        sa.UniqueConstraint("project_id", "path", name=op.f("uq_paths_project_id_path")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "secrets",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", LABEL, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "user_id"], ["users.project_id", "users.id"], name=op.f("fk_secrets_project_id_user_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_secrets_project_id")),
        sa.PrimaryKeyConstraint("project_id", "user_id", "name", name=op.f("pk_secrets")),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "snapshot_files",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("snapshot_id", ID, nullable=False),
        sa.Column("path", LABEL, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("executable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "snapshot_id"],
            ["snapshots.project_id", "snapshots.id"],
            name=op.f("fk_snapshot_files_project_id_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_snapshot_files_project_id")),
        sa.PrimaryKeyConstraint("project_id", "snapshot_id", "path", name=op.f("pk_snapshot_files")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("snapshot_files", schema=None) as batch_op:
        batch_op.create_index("ix_snapshot_files_digest", ["project_id", "digest"], unique=False)

    op.create_table(
        "tokens",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("kind", LABEL, nullable=False),
        sa.Column("label", LABEL, nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "user_id"], ["users.project_id", "users.id"], name=op.f("fk_tokens_project_id_user_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tokens")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index("ix_tokens_job", ["project_id", "job_id"], unique=False)

    op.create_table(
        "file_versions",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("path_id", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", LABEL, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", DIGEST, nullable=True),
        sa.Column("source_url", LABEL, nullable=True),
        sa.Column("source_version", LABEL, nullable=True),
        sa.Column("creator_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "creator_id"], ["users.project_id", "users.id"], name=op.f("fk_file_versions_project_id_creator_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "path_id"], ["paths.project_id", "paths.id"], name=op.f("fk_file_versions_project_id_path_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_file_versions_project_id")),
        sa.PrimaryKeyConstraint("project_id", "path_id", "version", name=op.f("pk_file_versions")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("file_versions", schema=None) as batch_op:
        batch_op.create_index("ix_file_versions_created", ["project_id", "created_at"], unique=False)
        batch_op.create_index("ix_file_versions_digest", ["project_id", "digest"], unique=False)
        batch_op.create_index(
            "ix_file_versions_job",
            ["project_id", "job_id"],
            unique=False,
            sqlite_where=sa.text("job_id IS NOT NULL"),
            postgresql_where=sa.text("job_id IS NOT NULL"),
        )

    op.create_table(
        "fileset_versions",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("fileset_id", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("file_count", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("creator_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "creator_id"], ["users.project_id", "users.id"], name=op.f("fk_fileset_versions_project_id_creator_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "fileset_id"],
            ["filesets.project_id", "filesets.id"],
            name=op.f("fk_fileset_versions_project_id_fileset_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_fileset_versions_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_fileset_versions")),
        sa.UniqueConstraint(
            "project_id", "fileset_id", "version", name=op.f("uq_fileset_versions_project_id_fileset_id_version")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("fileset_versions", schema=None) as batch_op:
        batch_op.create_index("ix_fileset_versions_created", ["project_id", "created_at"], unique=False)
        batch_op.create_index("ix_fileset_versions_job", ["project_id", "job_id"], unique=False)

    op.create_table(
        "action_inputs",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("action_id", ID, nullable=False),
        sa.Column("fileset_version_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "action_id"], ["actions.project_id", "actions.id"], name=op.f("fk_action_inputs_project_id_action_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "fileset_version_id"],
            ["fileset_versions.project_id", "fileset_versions.id"],
            name=op.f("fk_action_inputs_project_id_fileset_version_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_action_inputs_project_id")),
        sa.PrimaryKeyConstraint("project_id", "action_id", "fileset_version_id", name=op.f("pk_action_inputs")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("action_inputs", schema=None) as batch_op:
        batch_op.create_index("ix_action_inputs_fileset_version", ["project_id", "fileset_version_id", "action_id"], unique=False)

    op.create_table(
        "action_outputs",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("action_id", ID, nullable=False),
        sa.Column("fileset_version_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "action_id"], ["actions.project_id", "actions.id"], name=op.f("fk_action_outputs_project_id_action_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "fileset_version_id"],
            ["fileset_versions.project_id", "fileset_versions.id"],
            name=op.f("fk_action_outputs_project_id_fileset_version_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_action_outputs_project_id")),
        sa.PrimaryKeyConstraint("project_id", "action_id", "fileset_version_id", name=op.f("pk_action_outputs")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("action_outputs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_action_outputs_fileset_version", ["project_id", "fileset_version_id", "action_id"], unique=False
        )

    op.create_table(
        "jobs",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", LABEL, nullable=True),
        sa.Column("command", LABEL, nullable=False),
        sa.Column("input_id", ID, nullable=True),
        sa.Column("input_job_id", ID, nullable=True),
        sa.Column("waits_for", sa.Integer(), nullable=False),
        sa.Column("grid_id", ID, nullable=True),
        sa.Column("grid_row", sa.BigInteger(), nullable=True),
        sa.Column("output_name", LABEL, nullable=True),
        sa.Column("output_path", LABEL, nullable=True),
        sa.Column("code_snapshot_id", ID, nullable=True),
        sa.Column("code_fileset_id", ID, nullable=True),
        sa.Column("git_commit", LABEL, nullable=True),
        sa.Column("git_branch", LABEL, nullable=True),
        sa.Column("git_dirty", sa.Boolean(), nullable=True),
        sa.Column("git_remote", LABEL, nullable=True),
        sa.Column("environment", sa.LargeBinary(length=32), nullable=True),
        sa.Column("secrets", LABEL, nullable=False),
        sa.Column("image", LABEL, nullable=True),
        sa.Column("python", LABEL, nullable=True),
        sa.Column("requirements", LABEL, nullable=True),
        sa.Column("env", LABEL, nullable=False),
        sa.Column("cpu", sa.Double(), nullable=False),
        sa.Column("memory_mb", sa.BigInteger(), nullable=False),
        sa.Column("gpu", sa.Integer(), nullable=False),
        sa.Column("prices", LABEL, nullable=False),
        sa.Column("timeout", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("lake_access", sa.Boolean(), nullable=False),
        sa.Column("retry_of", ID, nullable=True),
        sa.Column("start_snapshot_id", ID, nullable=True),
        sa.Column("notes", LABEL, nullable=False),
        sa.Column("status", LABEL, nullable=False),
        sa.Column("progress", LABEL, nullable=True),
        sa.Column("reason", LABEL, nullable=True),
        sa.Column("detail", LABEL, nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("signal", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("launch_holder", ID, nullable=True),
        sa.Column("launch_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("launching_at", sa.BigInteger(), nullable=True),
        sa.Column("running_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("kill_requested_at", sa.BigInteger(), nullable=True),
        sa.Column("kill_requested_by", LABEL, nullable=True),
        sa.Column("reserved", sa.BigInteger(), nullable=True),
        sa.Column("placed_at", sa.BigInteger(), nullable=True),
        sa.Column("enforced", LABEL, nullable=True),
        sa.Column("peak_memory", sa.BigInteger(), nullable=True),
        sa.Column("cpu_time", sa.Double(), nullable=True),
        sa.Column("throttled_time", sa.Double(), nullable=True),
        sa.Column("read_bytes", sa.BigInteger(), nullable=True),
        sa.Column("written_bytes", sa.BigInteger(), nullable=True),
        sa.Column("download_time", sa.Double(), nullable=True),
        sa.Column("command_time", sa.Double(), nullable=True),
        sa.Column("upload_time", sa.Double(), nullable=True),
        sa.Column("runtime", sa.BigInteger(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("output_id", ID, nullable=True),
        sa.Column("kept_snapshot_id", ID, nullable=True),
        sa.Column("bound", LABEL, nullable=True),
        sa.Column("step", sa.Double(), nullable=True),
        sa.Column("step_total", sa.Double(), nullable=True),
        sa.Column("step_tagged", sa.Boolean(), nullable=True),
        sa.Column("step_restarts", sa.Integer(), nullable=True),
        sa.Column("stepped_at", sa.BigInteger(), nullable=True),
        sa.Column("arrival", sa.BigInteger(), nullable=True),
        sa.Column("arrival_low", sa.BigInteger(), nullable=True),
        sa.Column("arrival_high", sa.BigInteger(), nullable=True),
        sa.Column("arrival_at", sa.BigInteger(), nullable=True),
        sa.Column("late_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "code_fileset_id"],
            ["fileset_versions.project_id", "fileset_versions.id"],
            name=op.f("fk_jobs_project_id_code_fileset_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "code_snapshot_id"],
            ["snapshots.project_id", "snapshots.id"],
            name=op.f("fk_jobs_project_id_code_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"],
            ["environments.project_id", "environments.digest"],
            name=op.f("fk_jobs_project_id_environment"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "grid_id"], ["grids.project_id", "grids.id"], name=op.f("fk_jobs_project_id_grid_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "input_id"],
            ["fileset_versions.project_id", "fileset_versions.id"],
            name=op.f("fk_jobs_project_id_input_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "kept_snapshot_id"],
            ["snapshots.project_id", "snapshots.id"],
            name=op.f("fk_jobs_project_id_kept_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "output_id"],
            ["fileset_versions.project_id", "fileset_versions.id"],
            name=op.f("fk_jobs_project_id_output_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "start_snapshot_id"],
            ["snapshots.project_id", "snapshots.id"],
            name=op.f("fk_jobs_project_id_start_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "user_id"], ["users.project_id", "users.id"], name=op.f("fk_jobs_project_id_user_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_jobs_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_jobs_project_id_number")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_created", ["project_id", "created_at"], unique=False)
        batch_op.create_index(
            "ix_jobs_grid",
            ["project_id", "grid_id", "grid_row", "number"],
            unique=False,
            sqlite_where=sa.text("grid_id IS NOT NULL"),
            postgresql_where=sa.text("grid_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_jobs_input_job",
            ["project_id", "input_job_id"],
            unique=False,
            sqlite_where=sa.text("input_job_id IS NOT NULL"),
            postgresql_where=sa.text("input_job_id IS NOT NULL"),
        )
        batch_op.create_index("ix_jobs_queue", ["status", "project_id", "user_id", "priority", "number"], unique=False)
        batch_op.create_index(
            "ix_jobs_retry_of",
            ["project_id", "retry_of"],
            unique=False,
            sqlite_where=sa.text("retry_of IS NOT NULL"),
            postgresql_where=sa.text("retry_of IS NOT NULL"),
        )

    op.create_table(
        "profiles",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", LABEL, nullable=False),
        sa.Column("template", LABEL, nullable=False),
        sa.Column("submission", LABEL, nullable=False),
        sa.Column("input_id", ID, nullable=True),
        sa.Column("code_snapshot_id", ID, nullable=True),
        sa.Column("code_fileset_id", ID, nullable=True),
        sa.Column("grid", LABEL, nullable=False),
        sa.Column("max_trials", sa.Integer(), nullable=True),
        sa.Column("max_cost", sa.BigInteger(), nullable=True),
        sa.Column("notes", LABEL, nullable=False),
        sa.Column("status", LABEL, nullable=False),
        sa.Column("law", LABEL, nullable=True),
        sa.Column("detail", LABEL, nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "code_fileset_id"],
            ["fileset_versions.project_id", "fileset_versions.id"],
            name=op.f("fk_profiles_project_id_code_fileset_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "code_snapshot_id"],
            ["snapshots.project_id", "snapshots.id"],
            name=op.f("fk_profiles_project_id_code_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "input_id"],
            ["fileset_versions.project_id", "fileset_versions.id"],
            name=op.f("fk_profiles_project_id_input_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "user_id"], ["users.project_id", "users.id"], name=op.f("fk_profiles_project_id_user_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_profiles_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_profiles")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.create_index("ix_profiles_name", ["project_id", "name", "turn"], unique=False)
        batch_op.create_index("ix_profiles_status", ["status"], unique=False)

    op.create_table(
        "uploads",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("purpose", LABEL, nullable=False),
        sa.Column("state", LABEL, nullable=False),
        sa.Column("fileset_name", LABEL, nullable=True),
        sa.Column("base_id", ID, nullable=True),
        sa.Column("removed", LABEL, nullable=True),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("fileset_version_id", ID, nullable=True),
        sa.Column("snapshot_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "fileset_version_id"],
            ["fileset_versions.project_id", "fileset_versions.id"],
            name=op.f("fk_uploads_project_id_fileset_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "snapshot_id"],
            ["snapshots.project_id", "snapshots.id"],
            name=op.f("fk_uploads_project_id_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "user_id"], ["users.project_id", "users.id"], name=op.f("fk_uploads_project_id_user_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_uploads_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_uploads")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index("ix_uploads_state", ["state", "expires_at"], unique=False)

    op.create_table(
        "blob_pins",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("upload_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "upload_id"], ["uploads.project_id", "uploads.id"], name=op.f("fk_blob_pins_project_id_upload_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_blob_pins_project_id")),
        sa.PrimaryKeyConstraint("project_id", "digest", "upload_id", name=op.f("pk_blob_pins")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("blob_pins", schema=None) as batch_op:
        batch_op.create_index("ix_blob_pins_upload", ["project_id", "upload_id"], unique=False)

    op.create_table(
        "job_history",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", LABEL, nullable=False),
        sa.Column("progress", LABEL, nullable=True),
        sa.Column("reason", LABEL, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_job_history_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_job_history_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "position", name=op.f("pk_job_history")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_predecessors",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("predecessor_id", ID, nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_job_predecessors_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "predecessor_id"],
            ["jobs.project_id", "jobs.id"],
            name=op.f("fk_job_predecessors_project_id_predecessor_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_job_predecessors_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "predecessor_id", name=op.f("pk_job_predecessors")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("job_predecessors", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_predecessors_due",
            ["project_id", "predecessor_id"],
            unique=False,
            sqlite_where=sa.text("due"),
            postgresql_where=sa.text("due"),
        )
        batch_op.create_index("ix_job_predecessors_predecessor", ["project_id", "predecessor_id"], unique=False)

    op.create_table(
        "job_ranks",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("handle", LABEL, nullable=True),
        sa.Column("instance", ID, nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=True),
        sa.Column("lost_at", sa.BigInteger(), nullable=True),
        sa.Column("progress", LABEL, nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=True),
        sa.Column("report", LABEL, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_job_ranks_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_job_ranks_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "attempt", "rank", name=op.f("pk_job_ranks")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("job_ranks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_job_ranks_handle",
            ["project_id", "job_id"],
            unique=False,
            sqlite_where=sa.text("handle IS NOT NULL"),
            postgresql_where=sa.text("handle IS NOT NULL"),
        )

    op.create_table(
        "job_samples",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("elapsed", sa.Double(), nullable=False),
        sa.Column("cpu_time", sa.Double(), nullable=False),
        sa.Column("memory", sa.BigInteger(), nullable=False),
        sa.Column("read_bytes", sa.BigInteger(), nullable=False),
        sa.Column("written_bytes", sa.BigInteger(), nullable=False),
        sa.Column("throttled_time", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_job_samples_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_job_samples_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "attempt", "position", name=op.f("pk_job_samples")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_steps",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_job_steps_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_job_steps_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "attempt", "at", name=op.f("pk_job_steps")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_chunks",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_log_chunks_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_log_chunks_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "attempt", "rank", "offset", name=op.f("pk_log_chunks")),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "logs",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("step", sa.Double(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("object_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_logs_project_id_job_id")),
        sa.ForeignKeyConstraint(
            ["project_id", "object_id"], ["objects.project_id", "objects.id"], name=op.f("fk_logs_project_id_object_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_logs_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "attempt", "rank", name=op.f("pk_logs")),
        sqlite_with_rowid=True,
    )
    op.create_table(
        "metric_points",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("key", LABEL, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("nonfinite", LABEL, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_metric_points_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_metric_points_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "key", "position", name=op.f("pk_metric_points")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "metric_series",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("key", LABEL, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_metric_series_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_metric_series_project_id")),
        sa.PrimaryKeyConstraint("project_id", "job_id", "key", name=op.f("pk_metric_series")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profile_trials",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("profile_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("arguments", LABEL, nullable=False),
        sa.Column("cpu", sa.Double(), nullable=False),
        sa.Column("memory_mb", sa.BigInteger(), nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("straggler", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_profile_trials_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "profile_id"],
            ["profiles.project_id", "profiles.id"],
            name=op.f("fk_profile_trials_project_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_profile_trials_project_id")),
        sa.PrimaryKeyConstraint("project_id", "profile_id", "number", name=op.f("pk_profile_trials")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "upload_files",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("upload_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", LABEL, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", DIGEST, nullable=True),
        sa.Column("source_url", LABEL, nullable=True),
        sa.Column("source_version", LABEL, nullable=True),
        sa.Column("executable", sa.Boolean(), nullable=False),
        sa.Column("stored", sa.Boolean(), nullable=False),
        sa.Column("path_id", ID, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "upload_id"], ["uploads.project_id", "uploads.id"], name=op.f("fk_upload_files_project_id_upload_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_upload_files_project_id")),
        sa.PrimaryKeyConstraint("project_id", "upload_id", "position", name=op.f("pk_upload_files")),
        sa.UniqueConstraint("project_id", "upload_id", "path", name=op.f("uq_upload_files_project_id_upload_id_path")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "upload_objects",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("upload_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", LABEL, nullable=False),
        sa.Column("key", LABEL, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("parts", sa.LargeBinary(), nullable=False),
        sa.Column("multipart_id", LABEL, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "upload_id"], ["uploads.project_id", "uploads.id"], name=op.f("fk_upload_objects_project_id_upload_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_upload_objects_project_id")),
        sa.PrimaryKeyConstraint("project_id", "upload_id", "ordinal", name=op.f("pk_upload_objects")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "upload_runs",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("upload_id", ID, nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "upload_id"], ["uploads.project_id", "uploads.id"], name=op.f("fk_upload_runs_project_id_upload_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_upload_runs_project_id")),
        sa.PrimaryKeyConstraint("project_id", "upload_id", "first", name=op.f("pk_upload_runs")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("project_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "job_id"], ["jobs.project_id", "jobs.id"], name=op.f("fk_webhook_deliveries_project_id_job_id")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_webhook_deliveries_project_id")),
        sa.PrimaryKeyConstraint("project_id", "id", name=op.f("pk_webhook_deliveries")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_deliveries_due", ["due_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_webhook_deliveries_due")

    op.drop_table("webhook_deliveries")
    op.drop_table("upload_runs")
    op.drop_table("upload_objects")
    op.drop_table("upload_files")
    op.drop_table("profile_trials")
    op.drop_table("metric_series")
    op.drop_table("metric_points")
    op.drop_table("logs")
    op.drop_table("log_chunks")
    op.drop_table("job_steps")
    op.drop_table("job_samples")
    with op.batch_alter_table("job_ranks", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_job_ranks_handle", sqlite_where=sa.text("handle IS NOT NULL"), postgresql_where=sa.text("handle IS NOT NULL")
        )

    op.drop_table("job_ranks")
    with op.batch_alter_table("job_predecessors", schema=None) as batch_op:
        batch_op.drop_index("ix_job_predecessors_predecessor")
        batch_op.drop_index("ix_job_predecessors_due", sqlite_where=sa.text("due"), postgresql_where=sa.text("due"))

    op.drop_table("job_predecessors")
    op.drop_table("job_history")
    with op.batch_alter_table("blob_pins", schema=None) as batch_op:
        batch_op.drop_index("ix_blob_pins_upload")

    op.drop_table("blob_pins")
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_index("ix_uploads_state")

    op.drop_table("uploads")
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.drop_index("ix_profiles_status")
        batch_op.drop_index("ix_profiles_name")

    op.drop_table("profiles")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_jobs_retry_of", sqlite_where=sa.text("retry_of IS NOT NULL"), postgresql_where=sa.text("retry_of IS NOT NULL")
        )
        batch_op.drop_index("ix_jobs_queue")
        batch_op.drop_index(
            "ix_jobs_input_job",
            sqlite_where=sa.text("input_job_id IS NOT NULL"),
            postgresql_where=sa.text("input_job_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_jobs_grid", sqlite_where=sa.text("grid_id IS NOT NULL"), postgresql_where=sa.text("grid_id IS NOT NULL")
        )
        batch_op.drop_index("ix_jobs_created")

    op.drop_table("jobs")
    with op.batch_alter_table("action_outputs", schema=None) as batch_op:
        batch_op.drop_index("ix_action_outputs_fileset_version")

    op.drop_table("action_outputs")
    with op.batch_alter_table("action_inputs", schema=None) as batch_op:
        batch_op.drop_index("ix_action_inputs_fileset_version")

    op.drop_table("action_inputs")
    with op.batch_alter_table("fileset_versions", schema=None) as batch_op:
        batch_op.drop_index("ix_fileset_versions_job")
        batch_op.drop_index("ix_fileset_versions_created")

    op.drop_table("fileset_versions")
    with op.batch_alter_table("file_versions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_file_versions_job",
            sqlite_where=sa.text("job_id IS NOT NULL"),
            postgresql_where=sa.text("job_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_file_versions_digest")
        batch_op.drop_index("ix_file_versions_created")

    op.drop_table("file_versions")
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_tokens_job")

    op.drop_table("tokens")
    with op.batch_alter_table("snapshot_files", schema=None) as batch_op:
        batch_op.drop_index("ix_snapshot_files_digest")

    op.drop_table("snapshot_files")
    op.drop_table("secrets")
    op.drop_table("paths")
    op.drop_table("grids")
    op.drop_table("filesets")
    op.drop_table("damaged_objects")
    with op.batch_alter_table("blobs", schema=None) as batch_op:
        batch_op.drop_index("ix_blobs_object")

    op.drop_table("blobs")
    op.drop_table("actions")
    op.drop_table("webhooks")
    op.drop_table("users")
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.drop_index("ix_tags_tag")

    op.drop_table("tags")
    op.drop_table("snapshots")
    op.drop_table("objects")
    with op.batch_alter_table("metadata_values", schema=None) as batch_op:
        batch_op.drop_index("ix_metadata_values_text")
        batch_op.drop_index("ix_metadata_values_number")
        batch_op.drop_index("ix_metadata_values_moment")

    op.drop_table("metadata_values")
    op.drop_table("manifest_nodes")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_idempotency_keys_created_at")

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_at")

    op.drop_table("events")
    op.drop_table("environments")
    op.drop_table("projects")
    op.drop_table("leases")
