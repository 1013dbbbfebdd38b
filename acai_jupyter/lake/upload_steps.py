"""The steps of an upload session within a unit of work, and what is refused there: nothing is believed of the client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import JobScope, Principal, Right, TokenKind
from acai_jupyter.domain.errors import Forbidden, InvalidRequest, LimitExceeded, UploadNotFound
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.paths import check_path, check_relative
from acai_jupyter.domain.uploads import (
    MOST_FILES_A_CALL,
    DeclaredFile,
    Purpose,
    UploadFile,
    UploadObject,
    UploadSession,
    WantedObject,
)
from acai_jupyter.lake.objects import check_object
from acai_jupyter.ports.store.unit import UnitOfWork

MOST_FILES: Final = 2_000_000
_MOST_FILE_BYTES: Final = 5 * 1024**4
"""What S3 takes in one object."""


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


def check_files(files: Sequence[DeclaredFile], purpose: Purpose) -> None:
    """Raises InvalidPath, InvalidRequest, LimitExceeded."""
    if len(files) > MOST_FILES_A_CALL:
        raise LimitExceeded(f"Declare at most {MOST_FILES_A_CALL} files in one call; add the others in further calls.")
    check = check_relative if purpose is Purpose.SNAPSHOT else check_path
    for file in files:
        check(file.path)
        if not 0 <= file.size <= _MOST_FILE_BYTES:
            raise InvalidRequest(f"{file.path!r} can't have {file.size} bytes: a file has 0 bytes to 5 TiB.")
        if not file.digest.fits(file.size):
            raise InvalidRequest(f"The digest of {file.path!r} does not fit its size: files over 64 MiB have sha256-64m digests.")


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


def declare(unit: UnitOfWork, session: UploadSession, first: int, files: Sequence[DeclaredFile], count: int) -> Declared:
    """Declare files from position `first` on, where `count` are declared already: of these the same.

    Raises InvalidRequest.
    """
    known = unit.blobs.known(session.project_id, {file.digest for file in files})
    unit.blobs.pin(session, known)
    seen = set(known)
    rows = []
    for position, file in enumerate(files, first):
        rows.append(UploadFile(position, file.path, file.size, file.digest, file.digest in seen, file.executable))
        seen.add(file.digest)
    unit.uploads.add_files(session, rows)
    if first == count:
        return Declared(session, tuple(row.position for row in rows if not row.stored))
    # What was promised or asked for by the first call still holds, whatever has come into the store since.
    there = unit.uploads.files(session, first - 1, len(files))
    for asked, stored in zip(rows, there, strict=True):
        if _declaration(asked) != _declaration(stored):
            raise InvalidRequest(f"File {asked.position} of this upload was declared as another before: begin a new one.")
    return Declared(session, tuple(file.position for file in there if not file.stored))


def add_object(unit: UnitOfWork, session: UploadSession, wanted: WantedObject) -> UploadObject:
    """Take an object into the session, and say which files it carries. Raises InvalidRequest."""
    offsets = {carried.position: carried.offset for carried in wanted.files}
    if not 0 <= wanted.ordinal < MOST_FILES or any(not 0 <= position < MOST_FILES for position in offsets):
        raise InvalidRequest(f"Objects and files of an upload are numbered from 0 to {MOST_FILES - 1}.")
    check_object(wanted, unit.uploads.at(session, list(offsets)))
    object_id = new_id()
    key = f"{prefix_of(session)}/{object_id.hex}"
    item = UploadObject(wanted.ordinal, object_id, wanted.kind, key, wanted.size, wanted.digest, wanted.parts)
    stored = unit.uploads.add_object(session, item)
    if _content(stored) != _content(item):
        raise InvalidRequest(f"Object {wanted.ordinal} of this upload was announced with other bytes before.")
    unit.uploads.place(session, wanted.ordinal, offsets)
    return stored


def prefix_of(session: UploadSession) -> str:
    """Where the objects of a session lie."""
    return f"{session.project_id.hex}/{session.id.hex}"


def _scope(session: UploadSession) -> JobScope | None:
    if session.job_id is None:
        return None
    return JobScope(session.job_id, session.attempt or 0, session.rank or 0)


def _declaration(file: UploadFile) -> tuple[object, ...]:
    return file.path, file.size, file.digest, file.executable


def _content(item: UploadObject) -> tuple[object, ...]:
    return item.kind, item.size, item.digest, item.parts
