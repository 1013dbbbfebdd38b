"""Files: immutable versions 1, 2, 3 … per path (paper 3.2.1, 4.4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from acai_jupyter.domain.digests import Digest

DEFAULT_MODE: Final = 0o660
"""Members of the project read and write."""


class VersionKind(StrEnum):
    """What stands at a version's number."""

    DATA = "data"
    TOMBSTONE = "tombstone"  # `rm PATH`: where it is the latest, the path does not exist
    DELETED = "deleted"  # `rm PATH:n`: the mark that the version leaves; its number is never used again


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes of a file that is registered in place lie, and which of the bytes that were ever there are meant: for a
    `file:` URL those last written at `version`, in nanoseconds since 1970."""

    url: str
    version: str


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One version of one file. `size` in bytes, `created_at` in microseconds.

    `job_id` is the job that wrote it, None where a person uploaded it. A file that is registered in place has a `source` and
    no digest, any other a digest and no source. A tombstone, and the mark of a deleted version, have neither.
    """

    path_id: UUID
    path: str
    version: int
    size: int
    digest: Digest | None
    creator: str
    created_at: int
    job_id: UUID | None = None
    source: Source | None = None
    kind: VersionKind = VersionKind.DATA


@dataclass(frozen=True, slots=True)
class BlobLocation:
    """Where bytes lie: `length` bytes from `offset` of the object `key`."""

    digest: Digest
    key: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """Files and where their bytes lie, a column each: at an offset of the object of a key, or at a source. Digests are as
    `Digest.to_bytes` gives them; `executable` are places in the columns."""

    paths: Sequence[str] = ()
    versions: Sequence[int] = ()
    sizes: Sequence[int] = ()
    digests: Sequence[bytes | None] = ()
    keys: Sequence[str | None] = ()
    offsets: Sequence[int | None] = ()
    sources: Sequence[Source | None] = ()
    executable: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder in a listing of one level, with the number and bytes of all files below it."""

    path: str
    file_count: int
    size: int
