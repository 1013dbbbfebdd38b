"""File sets: named, versioned, immutable lists of file versions (paper 3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FilesetVersion:
    """One version of a file set, a node of the provenance graph.

    `root` is the digest of its manifest's root node: two versions with one root hold the same file versions.
    """

    id: UUID
    fileset_id: UUID
    name: str
    version: int
    root: bytes
    file_count: int
    size: int
    creator: str
    created_at: int
    job_id: UUID | None = None

    @property
    def label(self) -> str:
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class FilesetSummary:
    """A file set and its latest version."""

    latest: FilesetVersion
    version_count: int


@dataclass(frozen=True, slots=True)
class CreatedFileset:
    """The answer to a creation. `unchanged` says that the latest version already holds exactly this."""

    version: FilesetVersion
    unchanged: bool
