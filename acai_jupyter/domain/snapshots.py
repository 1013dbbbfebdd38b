"""Snapshots: unversioned, content-addressed lists of files that a job pins, such as its code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from acai_jupyter.domain.digests import Digest


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A file of a snapshot at a relative path."""

    path: str
    size: int
    digest: Digest
    executable: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`digest` (32 bytes) identifies the content: equal content is one snapshot."""

    id: UUID
    digest: bytes
    file_count: int
    size: int
    created_at: int


def snapshot_digest(files: Iterable[SnapshotFile]) -> bytes:
    """The identity of a list of files, whatever their order."""
    total = hashlib.sha256(b"acai snapshot 1\n")
    for file in sorted(files, key=lambda f: f.path):
        name = file.path.encode()
        total.update(len(name).to_bytes(4, "big") + name + file.digest.to_bytes() + bytes([file.executable]))
    return total.digest()
