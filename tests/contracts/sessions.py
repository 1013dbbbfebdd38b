"""Upload sessions put into the store as `lake.uploads` does, where a test needs files and no bytes."""

from __future__ import annotations

from collections.abc import Mapping

from acai_jupyter.domain.digests import of_bytes
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.uploads import CarriedFile, ObjectKind, Purpose, UploadFile, UploadObject, UploadSession, UploadState
from acai_jupyter.ports.store.unit import UnitOfWork
from tests.contracts.people import Person


def begin_session(unit: UnitOfWork, who: Person, purpose: Purpose = Purpose.FILES, seconds: int = 3600) -> UploadSession:
    expires = unit.now() + seconds * 1_000_000
    session = UploadSession(
        who.project_id, new_id(), who.user_id, purpose, UploadState.PENDING, None, unit.now(), expires, None, None, None
    )
    unit.uploads.add(session)
    return session


def commit_files(unit: UnitOfWork, who: Person, files: Mapping[str, bytes]) -> dict[str, int]:
    """Make versions of these files, whose bytes are taken to lie in one object of the session; their numbers."""
    session = begin_session(unit, who)
    rows = [
        UploadFile(position, path, len(content), of_bytes(content), False)
        for position, (path, content) in enumerate(files.items())
    ]
    unit.uploads.add_files(session, rows)
    whole = b"".join(files.values())
    key = f"{session.project_id.hex}/{session.id.hex}/{new_id().hex}"
    unit.uploads.add_object(session, UploadObject(0, new_id(), ObjectKind.PACK, key, len(whole), of_bytes(whole)))
    unit.uploads.place(session, 0, [CarriedFile(0, 0, len(rows))])
    unit.uploads.move(session, UploadState.SEALED)
    unit.files.number(session, always_new=False)
    unit.blobs.record_upload(session)
    unit.files.commit(session, who.user_id)
    unit.uploads.move(session, UploadState.COMMITTED)
    return {file.path: file.version for _, file in unit.uploads.committed(session, -1, len(rows))}
