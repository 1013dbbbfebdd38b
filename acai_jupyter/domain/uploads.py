"""Upload sessions (paper 4.4.3): PENDING → SEALED → COMMITTED, or ABORTED."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.errors import UploadNotPending
from acai_jupyter.domain.files import Source

MOST_FILES_A_CALL: Final = 20_000
MOST_PACK_BYTES: Final = 16 * 1024 * 1024
LEAST_SINGLE_BYTES: Final = 256 * 1024


class UploadState(StrEnum):
    PENDING = "pending"  # files are declared and bytes arrive
    SEALED = "sealed"  # every object was verified; nothing more may come
    COMMITTED = "committed"
    ABORTED = "aborted"  # by the client or by expiry; leaves nothing


class Purpose(StrEnum):
    """What a commit makes of the files."""

    FILES = "files"  # new versions of lake paths, and a file set version where one is named
    OUTPUT = "output"  # a job's output: committed only by the transaction that finishes the job
    SNAPSHOT = "snapshot"  # an unversioned list of files that a job pins: its code, or the output folder kept with it


class ObjectKind(StrEnum):
    """How bytes travel: a file in one PUT, a large file in parts of 64 MiB, many small files in one PUT."""

    SINGLE = "single"
    MULTIPART = "multipart"
    PACK = "pack"


class DeclaredFile(NamedTuple):
    """A file that the client wants to upload: an absolute lake path, or a relative one in a snapshot."""

    path: str
    size: int
    digest: Digest
    executable: bool = False


@dataclass(frozen=True, slots=True)
class DeclaredFiles:
    """The files that one call declares, a column each: of ten thousands of files an object each would cost more than the
    database. Digests are as `Digest.to_bytes` gives them, `executable` are places in the columns."""

    paths: Sequence[str]
    sizes: Sequence[int]
    digests: Sequence[bytes]
    executable: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.paths)

    @classmethod
    def of(cls, files: DeclaredFiles | Sequence[DeclaredFile]) -> DeclaredFiles:
        """The columns of files that are given one by one; columns as they are."""
        if isinstance(files, DeclaredFiles):
            return files
        executable = frozenset(at for at, file in enumerate(files) if file.executable)
        digests = [file.digest.to_bytes() for file in files]
        return cls([file.path for file in files], [file.size for file in files], digests, executable)


@dataclass(frozen=True, slots=True)
class Packing:
    """Which files share an object: those of less than `single_min_bytes`, up to `pack_max_bytes` together."""

    single_min_bytes: int = LEAST_SINGLE_BYTES
    pack_max_bytes: int = MOST_PACK_BYTES


class UploadFile(NamedTuple):
    """A declared file within a session. Where it is `stored`, nothing has to be sent: the store already holds the bytes, or
    they stay where they are, at `source`, and have no digest."""

    position: int
    path: str
    size: int
    digest: Digest | None
    stored: bool
    executable: bool = False
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class UploadObject:
    """An object within a session; `ordinal` is the client's number for it, `key` is unique to this upload."""

    ordinal: int
    id: UUID
    kind: ObjectKind
    key: str
    size: int
    digest: Digest
    parts: tuple[bytes, ...] = ()
    multipart_id: str | None = None


class CarriedFile(NamedTuple):
    """A file in an object, by its position in the session; or `file_count` files that follow each other there and, without a gap,
    in the object."""

    position: int
    offset: int
    file_count: int = 1


@dataclass(frozen=True, slots=True)
class WantedObject:
    """An object that a client wants to send. `parts` are the SHA-256 values of a large object's parts."""

    ordinal: int
    kind: ObjectKind
    size: int
    digest: Digest
    files: tuple[CarriedFile, ...]
    parts: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadSession:
    """A transaction that uploads a batch of files. Where it has a base, the files are those of that upload, but for the ones
    declared here."""

    project_id: UUID
    id: UUID
    user_id: UUID
    purpose: Purpose
    state: UploadState
    fileset_name: str | None
    created_at: int
    expires_at: int
    job_id: UUID | None = None
    attempt: int | None = None
    rank: int | None = None
    base_id: UUID | None = None

    def require(self, *states: UploadState) -> None:
        """Raises UploadNotPending unless the session is in one of `states`."""
        if self.state not in states:
            wanted = " or ".join(states)
            early = self.state is UploadState.PENDING and UploadState.SEALED in states
            advice = "seal it first" if early else "begin a new one"
            raise UploadNotPending(f"This upload is {self.state}, not {wanted}: {advice}.")


class CommittedFile(NamedTuple):
    """What a commit made of one file. `unchanged` says that the latest version already had these bytes."""

    path: str
    version: int
    size: int
    unchanged: bool
