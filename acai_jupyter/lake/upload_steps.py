"""The steps of an upload session within a unit of work, and what is refused there: nothing is believed of the client."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import JobScope, Principal, Right, TokenKind
from acai_jupyter.domain.digests import PART_SIZE, Digest
from acai_jupyter.domain.errors import Forbidden, InvalidRequest, LimitExceeded, UploadNotFound
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.path_columns import check_paths, check_relatives
from acai_jupyter.domain.uploads import (
    MOST_FILES_A_CALL,
    CarriedFile,
    DeclaredFiles,
    ObjectKind,
    Purpose,
    UploadObject,
    UploadSession,
    WantedObject,
)
from acai_jupyter.lake.objects import check_object
from acai_jupyter.ports.store.unit import UnitOfWork

MOST_FILES: Final = 2_000_000
_MOST_FILE_BYTES: Final = 5 * 1024**4
"""What S3 takes in one object."""

_IN_PARTS: Final = Digest("sha256-64m", b"").to_bytes()[0]
"""What the digest of a file over 64 MiB begins with."""


@dataclass(frozen=True, slots=True)
class Declared:
    """The answer to declaring files: the positions whose bytes the store lacks."""

    session: UploadSession
    missing: tuple[int, ...]


def require_right(principal: Principal, purpose: Purpose) -> None:
    """Raises Forbidden unless the principal may begin an upload for this."""
    if principal.kind is TokenKind.AGENT:
        if purpose is Purpose.FILES:
            raise Forbidden("A job's agent uploads the job's output only.")
        principal.require(Right.SUPERVISE)
        return
    principal.require(Right.WRITE)
    if purpose is Purpose.OUTPUT:
        raise Forbidden("Only a job's agent uploads a job's output.")


def check_files(files: DeclaredFiles, purpose: Purpose) -> None:
    """Raises InvalidPath, InvalidRequest, LimitExceeded."""
    if len(files) > MOST_FILES_A_CALL:
        raise LimitExceeded(f"Declare at most {MOST_FILES_A_CALL} files in one call; add the others in further calls.")
    check = check_relatives if purpose is Purpose.SNAPSHOT else check_paths
    check(files.paths)
    if not (min(files.sizes, default=0) >= 0 and max(files.sizes, default=0) <= _MOST_FILE_BYTES):
        path, size = next(found for found in zip(files.paths, files.sizes, strict=True) if not 0 <= found[1] <= _MOST_FILE_BYTES)
        raise InvalidRequest(f"{path!r} can't have {size} bytes: a file has 0 bytes to 5 TiB.")
    for path, size, digest in zip(files.paths, files.sizes, files.digests, strict=True):
        if (digest[0] == _IN_PARTS) != (size > PART_SIZE):
            raise InvalidRequest(f"The digest of {path!r} does not fit its size: files over 64 MiB have sha256-64m digests.")


def open_session(unit: UnitOfWork, principal: Principal, upload_id: UUID, lock: bool = False) -> UploadSession:
    """The principal's own session: nobody else's can be seen, and a job's only by the agent that began it.

    Raises UploadNotFound, Forbidden for a token that only reads.
    """
    agent = principal.kind is TokenKind.AGENT
    principal.require(Right.SUPERVISE if agent else Right.WRITE)
    session = unit.uploads.get(principal.project_id, upload_id, lock)
    mine = principal.job if agent else None
    if session is None or session.user_id != principal.user_id or _scope(session) != mine:
        raise UploadNotFound("There is no such upload (any more): begin a new one.")
    return session


def declare(unit: UnitOfWork, session: UploadSession, first: int, files: DeclaredFiles, count: int) -> Declared:
    """Declare files from position `first` on, where `count` are declared already: of these the same.

    Raises InvalidRequest.
    """
    known = unit.blobs.known(session.project_id, files.digests)
    unit.blobs.pin(session, known)
    stored, seen = [], set(known)
    for digest in files.digests:  # of equal files, the first brings the bytes of all
        stored.append(digest in seen)
        seen.add(digest)
    unit.uploads.declare(session, first, files, stored)
    if first == count:
        return Declared(session, tuple(at for at, there in enumerate(stored, first) if not there))
    # What was promised or asked for by the first call still holds, whatever has come into the store since.
    there = unit.uploads.files(session, first - 1, len(files))
    for file in there:
        at = file.position - first
        own = (files.paths[at], files.sizes[at], files.digests[at], at in files.executable)
        if own != (file.path, file.size, file.digest and file.digest.to_bytes(), file.executable):
            raise InvalidRequest(f"File {file.position} of this upload was declared as another before: begin a new one.")
    return Declared(session, tuple(file.position for file in there if not file.stored))


def add_object(unit: UnitOfWork, session: UploadSession, wanted: WantedObject) -> UploadObject:
    """Take an object into the session, and say which files it carries. Raises InvalidRequest."""
    runs = wanted.files
    if not 0 <= wanted.ordinal < MOST_FILES or any(not 0 <= run.position <= MOST_FILES - run.file_count for run in runs):
        raise InvalidRequest(f"Objects and files of an upload are numbered from 0 to {MOST_FILES - 1}.")
    if any(not 0 < run.file_count <= MOST_FILES_A_CALL for run in runs):
        raise InvalidRequest(f"Files that follow each other in an object are 1 to {MOST_FILES_A_CALL}.")
    if any(one.position + one.file_count > other.position for one, other in pairwise(sorted(runs))):
        raise InvalidRequest(f"Object {wanted.ordinal} can't be taken: it names a file twice.")
    alone = unit.uploads.at(session, [run.position for run in runs]) if wanted.kind is not ObjectKind.PACK else []
    sums, taken = unit.uploads.sums(session, runs), _taken(unit, session, runs)
    check_object(wanted, sums, alone[0] if alone else None, taken)
    object_id = new_id()
    key = f"{prefix_of(session)}/{object_id.hex}"
    item = UploadObject(wanted.ordinal, object_id, wanted.kind, key, wanted.size, wanted.digest, wanted.parts)
    stored = unit.uploads.add_object(session, item)
    if _content(stored) != _content(item):
        raise InvalidRequest(f"Object {wanted.ordinal} of this upload was announced with other bytes before.")
    unit.uploads.place(session, wanted.ordinal, runs)
    return stored


def _taken(unit: UnitOfWork, session: UploadSession, runs: Sequence[CarriedFile]) -> list[tuple[int, CarriedFile]]:
    """What was announced before of the positions that `runs` name."""
    if not runs:
        return []
    mine = sorted(runs)
    ends = [run.position + run.file_count for run in mine]
    found = unit.uploads.runs(session, mine[0].position - MOST_FILES_A_CALL, ends[-1])

    def is_mine(other: CarriedFile) -> bool:
        at = bisect_right(ends, other.position)  # the first of mine that ends behind its beginning
        return at < len(mine) and mine[at].position < other.position + other.file_count

    return [one for one in found if is_mine(one[1])]


def prefix_of(session: UploadSession) -> str:
    """Where the objects of a session lie."""
    return f"{session.project_id.hex}/{session.id.hex}"


def _scope(session: UploadSession) -> JobScope | None:
    if session.job_id is None:
        return None
    return JobScope(session.job_id, session.attempt or 0, session.rank or 0)


def _content(item: UploadObject) -> tuple[object, ...]:
    return item.kind, item.size, item.digest, item.parts
