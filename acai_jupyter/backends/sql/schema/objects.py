"""Bytes: what the object store holds, and what is on its way there."""

from __future__ import annotations

from sqlalchemy import Column, Index, UniqueConstraint

from acai_jupyter.backends.sql.schema.base import owned_table, refers
from acai_jupyter.backends.sql.types import Big, Bytes, DigestColumn, Flag, Id, Int, Label, Moment

objects = owned_table(
    "objects",
    Column("id", Id, nullable=False),
    Column("key", Label, nullable=False),
    Column("size", Big, nullable=False),
    Column("created_at", Moment, nullable=False),
    key=("id",),
)

damaged_objects = owned_table(  # what a check found missing or damaged: bytes in them are sent again where somebody uploads them
    "damaged_objects",
    Column("object_id", Id, nullable=False),
    Column("found_at", Moment, nullable=False),
    refers("object_id", "objects.id"),
    key=("object_id",),
)

blobs = owned_table(
    "blobs",
    Column("digest", DigestColumn, nullable=False),
    Column("size", Big, nullable=False),
    Column("object_id", Id, nullable=False),
    Column("offset", Big, nullable=False),
    Column("created_at", Moment, nullable=False),
    refers("object_id", "objects.id"),
    Index("ix_blobs_object", "project_id", "object_id"),
    key=("digest",),
)

blob_pins = owned_table(
    "blob_pins",
    Column("digest", DigestColumn, nullable=False),
    Column("upload_id", Id, nullable=False),
    refers("upload_id", "uploads.id"),
    Index("ix_blob_pins_upload", "project_id", "upload_id"),
    key=("digest", "upload_id"),
)

uploads = owned_table(
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
    refers("user_id", "users.id"),
    refers("fileset_version_id", "fileset_versions.id"),
    refers("snapshot_id", "snapshots.id"),
    Index("ix_uploads_state", "state", "expires_at"),
    key=("id",),
    clustered=False,
)

upload_files = owned_table(
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
    refers("upload_id", "uploads.id"),
    UniqueConstraint("project_id", "upload_id", "path"),
    key=("upload_id", "position"),
)

upload_objects = owned_table(
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
    refers("upload_id", "uploads.id"),
    key=("upload_id", "ordinal"),
)

upload_runs = owned_table(  # files that lie one after the other in an object
    "upload_runs",
    Column("upload_id", Id, nullable=False),
    Column("first", Int, nullable=False),  # position of the first of them
    Column("count", Int, nullable=False),
    Column("ordinal", Int, nullable=False),  # of the object
    Column("offset", Big, nullable=False),  # of the first of them, in the object
    refers("upload_id", "uploads.id"),
    key=("upload_id", "first"),
)
