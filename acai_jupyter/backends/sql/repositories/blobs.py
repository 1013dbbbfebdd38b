"""Where bytes lie, by digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, exists, func, literal, select

from acai_jupyter.backends.sql.driver import execute, insert_columns, native_id, rows_with
from acai_jupyter.backends.sql.repositories.promises import lock_promises
from acai_jupyter.backends.sql.session import Session
from acai_jupyter.backends.sql.tables import (
    blob_pins,
    blobs,
    damaged_objects,
    objects,
    upload_files,
    upload_objects,
    upload_runs,
)
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.errors import UploadIncomplete
from acai_jupyter.domain.files import BlobLocation
from acai_jupyter.domain.uploads import UploadSession

_LIE: Final = """INSERT INTO blobs (project_id, digest, size, object_id, "offset", created_at)
    SELECT held.project_id, held.digest, held.size, carrier.id, CAST(run."offset" - held.size
        + SUM(held.size) OVER (PARTITION BY run."first" ORDER BY held.position ROWS UNBOUNDED PRECEDING) AS BIGINT), ?
    FROM upload_runs AS run CROSS JOIN upload_objects AS carrier CROSS JOIN upload_files AS held
    WHERE run.project_id = ? AND run.upload_id = ?
    AND carrier.project_id = run.project_id AND carrier.upload_id = run.upload_id AND carrier.ordinal = run.ordinal
    AND held.project_id = run.project_id AND held.upload_id = run.upload_id
    AND held.position >= run."first" AND held.position < run."first" + run."count"
    ON CONFLICT (project_id, digest) DO NOTHING"""
"""In this order: SQLite takes a CROSS JOIN at its word, and finds the files of a run by their positions."""


class SqlBlobs:
    def __init__(self, session: Session) -> None:
        self._session = session

    def known(self, project_id: UUID, digests: Iterable[bytes]) -> set[bytes]:
        lock_promises(self._session, project_id, shared=True)
        wanted = set(digests)
        wanted -= self._damaged(project_id, wanted)
        own = {"project_id": native_id(self._session, project_id)}
        return {bytes(row[0]) for row in rows_with(self._session, blobs, ["digest"], own, "digest", list(wanted))}

    def _damaged(self, project_id: UUID, digests: Iterable[bytes]) -> set[bytes]:
        """Which of the digests lie in objects that a check found missing or damaged."""
        if not self._session.run(select(exists(_damaged_objects(project_id)))).scalar_one():
            return set()
        inside = blobs.c.object_id.in_(_damaged_objects(project_id))
        lying = self._session.run(select(blobs.c.digest).where(blobs.c.project_id == project_id, inside)).scalars()
        return {digest.to_bytes() for digest in lying} & set(digests)

    def _forget_damaged(self, session: UploadSession) -> None:
        """What the session brings anew lies where it brought it."""
        brought = select(upload_files.c.digest).where(*_mine(session), upload_files.c.stored.is_(False))
        inside = blobs.c.object_id.in_(_damaged_objects(session.project_id))
        self._session.run(delete(blobs).where(blobs.c.project_id == session.project_id, inside, blobs.c.digest.in_(brought)))

    def pin(self, session: UploadSession, digests: Iterable[bytes]) -> None:
        own = self._key(session)
        columns = {"digest": list(set(digests))}
        insert_columns(self._session, blob_pins, own, columns, ["project_id", "digest", "upload_id"])

    def unpin(self, session: UploadSession) -> None:
        mine = (blob_pins.c.project_id == session.project_id, blob_pins.c.upload_id == session.id)
        self._session.run(delete(blob_pins).where(*mine))

    def record_upload(self, session: UploadSession) -> None:
        own_objects = (upload_objects.c.project_id == session.project_id, upload_objects.c.upload_id == session.id)
        now = literal(self._session.now)
        copied = select(upload_objects.c.project_id, upload_objects.c.id, upload_objects.c.key, upload_objects.c.size, now)
        self._session.run(
            self._session.insert(objects)
            .from_select(["project_id", "id", "key", "size", "created_at"], copied.where(*own_objects))
            .on_conflict_do_nothing(index_elements=["project_id", "id"])
        )
        if self._session.run(select(exists(_damaged_objects(session.project_id)))).scalar_one():
            self._forget_damaged(session)
        execute(self._session, _LIE, (self._session.now, *self._key(session).values()))
        self._check_all_there(session)

    def _check_all_there(self, session: UploadSession) -> None:
        """All that was promised, and all that lies in no object of the session."""
        there = exists().where(blobs.c.project_id == upload_files.c.project_id, blobs.c.digest == upload_files.c.digest)
        runs = select(func.coalesce(func.sum(upload_runs.c.count), 0))
        brought = runs.where(upload_runs.c.project_id == session.project_id, upload_runs.c.upload_id == session.id)
        lacking = select(func.count()).select_from(upload_files).where(*_mine(session), upload_files.c.stored.is_(False))
        doubtful = [upload_files.c.source_url.is_(None), ~there]
        if self._session.run(select(brought.scalar_subquery() == lacking.scalar_subquery())).scalar():
            doubtful.append(upload_files.c.stored.is_(True))
        missing = select(func.min(upload_files.c.path)).where(*_mine(session), *doubtful)
        path = self._session.run(missing).scalar()
        if path is not None:
            raise UploadIncomplete(f"The bytes of {path!r} are not in the store (any more): upload it again.")

    def _key(self, session: UploadSession) -> dict[str, Any]:
        return {
            "project_id": native_id(self._session, session.project_id),
            "upload_id": native_id(self._session, session.id),
        }

    def add_object(self, project_id: UUID, object_id: UUID, key: str, size: int) -> None:
        values = {"id": object_id, "key": key, "size": size, "created_at": self._session.now}
        self._session.run(self._session.insert(objects).values(project_id=project_id, **values))

    def locate(self, project_id: UUID, digests: Iterable[Digest]) -> dict[Digest, BlobLocation]:
        wanted = {digest.to_bytes(): digest for digest in digests}
        own = {"project_id": native_id(self._session, project_id)}
        columns = ("digest", "object_id", "offset", "size")
        found = list(rows_with(self._session, blobs, columns, own, "digest", list(wanted)))
        holders = list({row[1] for row in found})
        keys = {row[0]: row[1] for row in rows_with(self._session, objects, ("id", "key"), own, "id", holders)}
        return {
            wanted[digest]: BlobLocation(wanted[digest], keys[holder], offset, size) for digest, holder, offset, size in found
        }


def object_keys(session: Session, project_id: UUID, holders: Sequence[Any]) -> list[str | None]:
    """The keys of objects by their ids as the driver gives them; None for None."""
    own = {"project_id": native_id(session, project_id)}
    wanted = [holder for holder in dict.fromkeys(holders) if holder is not None]
    keys: dict[Any, str] = dict(rows_with(session, objects, ("id", "key"), own, "id", wanted))
    return [None if holder is None else keys[holder] for holder in holders]


def _mine(session: UploadSession) -> tuple[Any, Any]:
    return upload_files.c.project_id == session.project_id, upload_files.c.upload_id == session.id


def _damaged_objects(project_id: UUID) -> Any:
    return select(damaged_objects.c.object_id).where(damaged_objects.c.project_id == project_id)
