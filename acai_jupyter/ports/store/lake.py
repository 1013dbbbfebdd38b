"""The lake's nouns in the store: uploads, blobs, files, file sets, snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.files import BlobLocation, FileVersion, StoredFiles
from acai_jupyter.domain.filesets import FilesetSummary, FilesetVersion
from acai_jupyter.domain.manifests import Built
from acai_jupyter.domain.snapshots import Snapshot, SnapshotFile
from acai_jupyter.domain.uploads import (
    CarriedFile,
    CommittedFile,
    DeclaredFiles,
    UploadFile,
    UploadObject,
    UploadSession,
    UploadState,
)


class Uploads(Protocol):
    """Upload sessions while they last, and for a day after."""

    def add(self, session: UploadSession, removed: Sequence[str] = ()) -> None:
        """Add a session; `removed` are the paths that its base has and it has not."""
        ...

    def removed(self, session: UploadSession) -> list[str]:
        """The paths that the base has and the session has not."""
        ...

    def get(self, project_id: UUID, upload_id: UUID, lock: bool = False) -> UploadSession | None: ...

    def move(
        self, session: UploadSession, state: UploadState, fileset_version: UUID | None = None, snapshot: UUID | None = None
    ) -> UploadSession: ...

    def prolong(self, session: UploadSession, until: int) -> UploadSession:
        """Let the session expire at another time."""
        ...

    def results(self, session: UploadSession) -> tuple[UUID | None, UUID | None]:
        """The file set version and the snapshot that its commit made."""
        ...

    def add_files(self, session: UploadSession, files: Sequence[UploadFile]) -> None:
        """Declare files; a position that is declared already is left as it is.

        Raises InvalidRequest where two positions name one path.
        """
        ...

    def declare(self, session: UploadSession, first: int, files: DeclaredFiles, stored: Sequence[bool]) -> None:
        """The same of files whose bytes are in the store, or have to be sent, from position `first` on."""
        ...

    def take_back_registered(self, session: UploadSession, first: int) -> None:
        """Forget those of the files from position `first` on that are registered in place."""
        ...

    def files(self, session: UploadSession, after: int = -1, limit: int | None = None) -> list[UploadFile]:
        """Declared files in order of position."""
        ...

    def at(self, session: UploadSession, positions: Sequence[int]) -> list[UploadFile]: ...

    def file_count(self, session: UploadSession) -> int: ...

    def contents(self, session: UploadSession) -> list[tuple[str, int, bytes | None, bool]]:
        """Of every declared file, in order of position: path, size, digest (as `Digest.to_bytes` gives it), and whether it is
        stored."""
        ...

    def sums(self, session: UploadSession, runs: Sequence[CarriedFile]) -> dict[int, tuple[int, int, bool]]:
        """Of each run of neighbours that is declared, by its first position: how many files of it are declared, their bytes,
        and whether one of them is stored."""
        ...

    def place(self, session: UploadSession, ordinal: int, runs: Sequence[CarriedFile]) -> None:
        """Say which object carries which files."""
        ...

    def runs(self, session: UploadSession, after: int = -1, before: int = 2**31) -> list[tuple[int, CarriedFile]]:
        """Which objects, by ordinal, carry which files, in order of position: those whose first lies between the two."""
        ...

    def add_object(self, session: UploadSession, item: UploadObject) -> UploadObject:
        """Add an object; where its ordinal is taken, the one that stands there is returned."""
        ...

    def keep_multipart(self, session: UploadSession, ordinal: int, multipart_id: str) -> str:
        """Keep the name of an object's upload in parts where it has none yet; returns the one that it has now."""
        ...

    def objects(self, session: UploadSession) -> list[UploadObject]: ...

    def committed(self, session: UploadSession, after: int, limit: int) -> list[tuple[int, CommittedFile]]:
        """What the commit made of the files, by position."""
        ...

    def numbered(self, session: UploadSession, after: int, limit: int) -> list[tuple[int, str, int, int]]:
        """Position, path, version and size of the files, by position, once the commit has numbered them."""
        ...

    def overdue(self, limit: int) -> list[UploadSession]:
        """Open sessions past their expiry, those left out that the current attempts of unended jobs have."""
        ...

    def ended_before(self, at: int, limit: int) -> list[UploadSession]:
        """Committed and aborted sessions of long ago."""
        ...

    def forget(self, session: UploadSession) -> None:
        """Remove the records of a session."""
        ...


class Blobs(Protocol):
    """Where bytes lie, by digest, within a project. Only digests that the platform verified get here."""

    def known(self, project_id: UUID, digests: Iterable[bytes]) -> set[bytes]:
        """Those that are in the store, as `Digest.to_bytes` gives them; they stay at least until the unit ends, so that it can
        `pin` them."""
        ...

    def pin(self, session: UploadSession, digests: Iterable[bytes]) -> None:
        """Promise the session that these stay."""
        ...

    def unpin(self, session: UploadSession) -> None: ...

    def record_upload(self, session: UploadSession) -> None:
        """Make the bytes of a sealed session known, under the digests of its files.

        Raises UploadIncomplete where a file's bytes are nowhere (any more).
        """
        ...

    def add_object(self, project_id: UUID, object_id: UUID, key: str, size: int) -> None:
        """An object that the platform itself wrote, such as a log."""
        ...

    def locate(self, project_id: UUID, digests: Iterable[Digest]) -> dict[Digest, BlobLocation]: ...


class Files(Protocol):
    """Paths and their versions."""

    def number(self, session: UploadSession, always_new: bool) -> None:
        """Number all files of a session: the next version of each path, or the latest one where its bytes are the same
        and `always_new` is not set. Call `lock_project` first."""
        ...

    def commit(self, session: UploadSession, creator: UUID) -> None:
        """Make versions of the files of a session as they were numbered in this transaction."""
        ...

    def latest(self, project_id: UUID, paths: Sequence[str]) -> dict[str, FileVersion]:
        """The latest versions of those paths that exist."""
        ...

    def versions_at(self, project_id: UUID, pins: Sequence[tuple[str, int]]) -> dict[str, FileVersion]:
        """The given versions of the given paths, where they were not deleted."""
        ...

    def stored(self, project_id: UUID, pins: Sequence[tuple[str, int]]) -> StoredFiles:
        """The same in the order of `pins`, with where their bytes lie."""
        ...

    def pins_below(
        self, project_id: UUID, folder: str, after: str | None, limit: int, moment: int | None = None
    ) -> list[tuple[str, int]]:
        """The paths below a folder that exist, in order, from the first beyond `after`, each with its latest version; with a
        `moment` (microseconds) as they were when the versions until then had been made, but for what was deleted for good."""
        ...

    def last_moment(self, project_id: UUID) -> int:
        """When the last of the versions and tombstones that are seen here was made."""
        ...

    def versions(self, project_id: UUID, path: str, after: int, limit: int, deleted: bool = False) -> list[FileVersion]:
        """The versions of a path that hold data, in order; with `deleted` also tombstones, and the marks of deleted versions."""
        ...

    def below(self, project_id: UUID, folder: str, after: str | None, limit: int) -> list[FileVersion]:
        """The latest versions of the files below a folder, in order of path, from the first beyond `after`."""
        ...

    def one_level(self, project_id: UUID, folder: str, after: str | None, limit: int) -> list[str | FileVersion]:
        """What stands directly in a folder: folders as paths ending in '/', files as their latest versions."""
        ...


class Filesets(Protocol):
    """File sets, their versions, and the manifests behind them."""

    def get(self, project_id: UUID, name: str, version: int | None) -> FilesetVersion | None:
        """A version, or the latest."""
        ...

    def by_id(self, project_id: UUID, ids: Sequence[UUID]) -> dict[UUID, FilesetVersion]: ...

    def add(self, project_id: UUID, name: str, content: Built, creator: UUID, job_id: UUID | None) -> FilesetVersion:
        """The next version, also of a name that is new. Call `lock_project` first."""
        ...

    def page(self, project_id: UUID, after: str | None, limit: int) -> list[FilesetSummary]:
        """File sets in order of name."""
        ...

    def versions(self, project_id: UUID, name: str, after: int, limit: int) -> list[FilesetVersion]: ...

    def outputs_of(self, project_id: UUID, job_ids: Iterable[UUID]) -> set[UUID]:
        """The file set versions that these jobs wrote."""
        ...

    def read_nodes(self, project_id: UUID, digests: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Nodes of manifests."""
        ...


class Snapshots(Protocol):
    """Unversioned lists of files that jobs pin."""

    def add(self, session: UploadSession, folder: str = "") -> Snapshot:
        """The snapshot of a session's files, of those below `folder` where one is given, by their paths from there; equal
        content is one snapshot."""
        ...

    def get(self, project_id: UUID, snapshot_id: UUID) -> Snapshot | None: ...

    def files(self, project_id: UUID, snapshot_id: UUID) -> Iterator[SnapshotFile]: ...

    def stored(self, project_id: UUID, snapshot_id: UUID, after: str | None, limit: int) -> StoredFiles:
        """The files of a snapshot in order of path, from the first beyond `after`, with where their bytes lie."""
        ...
