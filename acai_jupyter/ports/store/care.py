"""What keeps the lake in order: deleting, collecting garbage, measuring and checking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.deletion import Uses
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.files import BlobLocation, Source, VersionKind
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.garbage import ObjectState
from acai_jupyter.domain.usage import StoreUsage, Usage


class Deletions(Protocol):
    """Deletes what people delete; the bytes are left to the garbage collection. Call `lock_project` before any change."""

    def hide(self, project_id: UUID, pins: Sequence[tuple[str, int]], creator: UUID) -> dict[str, int]:
        """Give those of the paths that mean these versions a tombstone; returns its number for each."""
        ...

    def tombstone(self, project_id: UUID, path: str) -> int | None:
        """The number of the tombstone that hides a path, None where none does, or no version is left behind it."""
        ...

    def hidden_below(self, project_id: UUID, folder: str, after: str | None, limit: int, since: int) -> list[str]:
        """The paths below a folder, in order, that a tombstone hides which was made at `since` (microseconds) or later, and that
        have a version left behind it; from the first beyond `after`."""
        ...

    def restore(self, project_id: UUID, paths: Sequence[str], since: int) -> dict[str, int]:
        """Leave only marks at the tombstones that hide these paths, which mean their last versions again; returns the number of
        that for each that was hidden so, at `since` or later."""
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


class UsageMeasures(Protocol):
    """How much room things take."""

    def of_path(self, project_id: UUID, path: str) -> Usage:
        """A file, or all files below a folder, which ends in '/'; all zero where there is none."""
        ...

    def of_versions(self, project_id: UUID, pins: Iterable[tuple[str, int]]) -> Usage:
        """Exactly these versions of files; all zero where there is none."""
        ...

    def of_store(self, project_id: UUID) -> StoreUsage: ...


class GarbageCollection(Protocol):
    """Finds and removes what nothing names. Call `lock_promises` and `lock_project`, in this order, before removing; whatever
    removes looks again whether it is still garbage."""

    def lock_promises(self, project_id: UUID) -> None:
        """Until the unit ends no upload is promised what the store has."""
        ...

    def total(self, project_id: UUID) -> int:
        """How much there is to look at: nodes, and objects twice, in the database and in the store."""
        ...

    def unnamed_snapshots(self, project_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        """Snapshots that no job and no upload names, in order of id."""
        ...

    def delete_snapshots(self, project_id: UUID, ids: Sequence[UUID]) -> int:
        """Delete those that are still unnamed; returns how many."""
        ...

    def nodes(self, project_id: UUID, after: bytes, limit: int) -> list[tuple[bytes, int]]:
        """Nodes of manifests, whoever refers to them, in order of digest, with their sizes."""
        ...

    def delete_nodes(self, project_id: UUID, digests: Sequence[bytes]) -> None: ...

    def objects(self, project_id: UUID, after: UUID | None, limit: int, code_goes: bool = False) -> list[ObjectState]:
        """Objects in order of id; with `code_goes` as if unnamed snapshots were deleted already."""
        ...

    def delete_objects(self, project_id: UUID, ids: Sequence[UUID]) -> list[ObjectState]:
        """Forget those that are still unnamed, with all that lies in them; returns them: their bytes can go now."""
        ...

    def known_keys(self, project_id: UUID, keys: Iterable[str]) -> tuple[set[str], set[str]]:
        """Which of the keys belong to objects, and which to uploads that have not ended."""
        ...


@dataclass(frozen=True, slots=True)
class CheckedPath:
    """A path with the numbers of its versions, as its row has them and as they are. `unknown` are the versions whose content
    is not known to be anywhere, or with another size; `registered` those registered in place: number,
    source, size."""

    id: UUID
    path: str
    last_version: int
    latest_version: int | None
    hidden: bool
    versions: tuple[tuple[int, VersionKind], ...]
    unknown: tuple[int, ...]
    registered: tuple[tuple[int, Source, int], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedFileset:
    """A file set with the numbers of its versions, deleted ones too, and those that are there. `unmade` are the versions that
    no action made."""

    id: UUID
    name: str
    last_version: int
    latest_version: int | None
    numbers: tuple[int, ...]
    versions: tuple[FilesetVersion, ...]
    unmade: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CheckedObject:
    """An object, and what should lie in it: digest, offset and size. `log_size` is there where it is a job's log."""

    id: UUID
    key: str
    size: int
    blobs: tuple[BlobLocation, ...]
    log_size: int | None


class Checks(Protocol):
    """Reads what a check compares, page by page, in order of id."""

    def total(self, project_id: UUID) -> int: ...

    def paths(self, project_id: UUID, after: UUID | None, limit: int) -> list[CheckedPath]: ...

    def filesets(self, project_id: UUID, after: UUID | None, limit: int) -> list[CheckedFileset]: ...

    def nodes(self, project_id: UUID, after: bytes, limit: int) -> list[tuple[bytes, bytes]]: ...

    def missing_versions(self, project_id: UUID, pins: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Which of these versions hold no data (any more)."""
        ...

    def snapshots(self, project_id: UUID, after: UUID | None, limit: int) -> list[tuple[UUID, list[str]]]:
        """Snapshots, and the paths in them whose content is not known to be anywhere."""
        ...

    def objects(self, project_id: UUID, after: UUID | None, limit: int) -> list[CheckedObject]: ...

    def noted_damaged(self, project_id: UUID) -> set[UUID]:
        """The objects that a check has found missing or damaged."""
        ...

    def note_damaged(self, project_id: UUID, object_id: UUID, damaged: bool) -> bool:
        """Note that an object is missing or damaged, or is so no longer; whether that is new. Bytes in such an object are not
        known: an upload has to send them, and they then lie where it brought them."""
        ...

    def named_by(self, project_id: UUID, digest: Digest, limit: int) -> list[str]:
        """References of the files that have this content."""
        ...
