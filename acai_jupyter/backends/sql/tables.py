"""The schema: every table by its name. Migrations follow it: a test compares what they make with what stands here."""

from __future__ import annotations

from acai_jupyter.backends.sql.schema.access import idempotency_keys, leases, projects, secrets, tokens, users
from acai_jupyter.backends.sql.schema.base import metadata
from acai_jupyter.backends.sql.schema.events import events, webhook_deliveries, webhooks
from acai_jupyter.backends.sql.schema.job_runs import job_history, job_ranks, job_samples, job_steps, log_chunks, logs
from acai_jupyter.backends.sql.schema.jobs import environments, grids, job_predecessors, jobs
from acai_jupyter.backends.sql.schema.lake import (
    action_inputs,
    action_outputs,
    actions,
    file_versions,
    fileset_versions,
    filesets,
    manifest_nodes,
    paths,
    snapshot_files,
    snapshots,
)
from acai_jupyter.backends.sql.schema.objects import (
    blob_pins,
    blobs,
    damaged_objects,
    objects,
    upload_files,
    upload_objects,
    upload_runs,
    uploads,
)
from acai_jupyter.backends.sql.schema.provision import profile_trials, profiles
from acai_jupyter.backends.sql.schema.values import metadata_values, metric_points, metric_series, tags

__all__ = [
    "action_inputs",
    "action_outputs",
    "actions",
    "blob_pins",
    "blobs",
    "damaged_objects",
    "environments",
    "events",
    "file_versions",
    "fileset_versions",
    "filesets",
    "grids",
    "idempotency_keys",
    "job_history",
    "job_predecessors",
    "job_ranks",
    "job_samples",
    "job_steps",
    "jobs",
    "leases",
    "log_chunks",
    "logs",
    "manifest_nodes",
    "metadata",
    "metadata_values",
    "metric_points",
    "metric_series",
    "objects",
    "paths",
    "profile_trials",
    "profiles",
    "projects",
    "secrets",
    "snapshot_files",
    "snapshots",
    "tags",
    "tokens",
    "upload_files",
    "upload_objects",
    "upload_runs",
    "uploads",
    "users",
    "webhook_deliveries",
    "webhooks",
]
