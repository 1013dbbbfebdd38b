"""What keeps the lake in order: deleting, collecting garbage, measuring and checking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.deletion import Uses
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.filesets import FilesetVersion


class Deletions(Protocol):
    """Deletes what people delete; the bytes are left to the garbage collection. Call `lock_project` before any change."""

    def hide(self, project_id: UUID, paths: Sequence[str], creator: UUID) -> dict[str, int]:
        """Give those of the paths that exist a tombstone; returns its number for each."""
        ...

    def kind_of(self, project_id: UUID, path: str, version: int) -> VersionKind | None:
        """What stands at a version's number, None where no version has it yet."""
        ...

    def delete_version(self, project_id: UUID, path: str, version: int) -> None:
        """Leave only a mark at the number of a version or tombstone; its metadata goes."""
        ...

    def manifests(self, project_id: UUID) -> list[bytes]:
        """The roots of all file set versions that are there, each once."""
        ...

    def labels(self, project_id: UUID, roots: Sequence[bytes], limit: int) -> tuple[list[str], int]:
        """The first names of the file set versions with these manifests, and how many there are."""
        ...

    def uses(self, project_id: UUID, fileset_version: UUID, limit: int) -> Uses:
        """What used a file set version as an input, or pins it."""
        ...

    def delete_fileset_version(self, project_id: UUID, version: FilesetVersion) -> None:
        """Leave only a mark at the number of a version that nothing used; its metadata and its edges go."""
        ...
