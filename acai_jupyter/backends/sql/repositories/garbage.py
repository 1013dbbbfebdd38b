"""What nothing names: found, and removed where that is still so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, union

from acai_jupyter.backends.sql.repositories.promises import lock_promises
from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import (
    blob_pins,
    blobs,
    damaged_objects,
    file_versions,
    jobs,
    logs,
    manifest_nodes,
    objects,
    snapshot_files,
    snapshots,
    upload_objects,
    uploads,
)
from acai_jupyter.domain.garbage import ObjectState
from acai_jupyter.domain.uploads import UploadState

_ID_DIGITS: Final = 32


class SqlGarbage:
    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_promises(self, project_id: UUID) -> None:
        lock_promises(self._session, project_id, shared=False)

    def total(self, project_id: UUID) -> int:
        counts = (select(func.count()).where(table.c.project_id == project_id) for table in (manifest_nodes, objects))
        of_nodes, of_objects = (int(self._session.run(count).scalar_one()) for count in counts)
        return of_nodes + 2 * of_objects

    def unnamed_snapshots(self, project_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        unnamed = (snapshots.c.project_id == project_id, snapshots.c.id.not_in(_named_snapshots(project_id)))
        wanted = select(snapshots.c.id).where(*unnamed).order_by(snapshots.c.id).limit(limit)
        return list(self._session.run(wanted if after is None else wanted.where(snapshots.c.id > after)).scalars())

    def delete_snapshots(self, project_id: UUID, ids: Sequence[UUID]) -> int:
        count = 0
        for some in chunks(ids):
            these = (snapshots.c.project_id == project_id, snapshots.c.id.in_(some))
            wanted = select(snapshots.c.id).where(*these, snapshots.c.id.not_in(_named_snapshots(project_id)))
            unnamed = list(self._session.run(wanted).scalars())
            of_them = (snapshot_files.c.project_id == project_id, snapshot_files.c.snapshot_id.in_(unnamed))
            self._session.run(delete(snapshot_files).where(*of_them))
            self._session.run(delete(snapshots).where(snapshots.c.project_id == project_id, snapshots.c.id.in_(unnamed)))
            count += len(unnamed)
        return count

    def nodes(self, project_id: UUID, after: bytes, limit: int) -> list[tuple[bytes, int]]:
        size = func.length(manifest_nodes.c.content).label("size")
        beyond = (manifest_nodes.c.project_id == project_id, manifest_nodes.c.digest > after)
        wanted = select(manifest_nodes.c.digest, size).where(*beyond).order_by(manifest_nodes.c.digest)
        return [(row.digest, row.size) for row in self._session.run(wanted.limit(limit))]

    def delete_nodes(self, project_id: UUID, digests: Sequence[bytes]) -> None:
        for some in chunks(digests):
            these = (manifest_nodes.c.project_id == project_id, manifest_nodes.c.digest.in_(some))
            self._session.run(delete(manifest_nodes).where(*these))

    def objects(self, project_id: UUID, after: UUID | None, limit: int, code_goes: bool = False) -> list[ObjectState]:
        page = select(objects.c.id).where(objects.c.project_id == project_id).order_by(objects.c.id).limit(limit)
        return self._states(project_id, page if after is None else page.where(objects.c.id > after), code_goes)

    def delete_objects(self, project_id: UUID, ids: Sequence[UUID]) -> list[ObjectState]:
        gone: list[ObjectState] = []
        for some in chunks(ids):
            page = select(objects.c.id).where(objects.c.project_id == project_id, objects.c.id.in_(some))
            unnamed = [state for state in self._states(project_id, page) if not state.named]
            keys = [state.id for state in unnamed]
            self._session.run(delete(blobs).where(blobs.c.project_id == project_id, blobs.c.object_id.in_(keys)))
            noted = (damaged_objects.c.project_id == project_id, damaged_objects.c.object_id.in_(keys))
            self._session.run(delete(damaged_objects).where(*noted))
            self._session.run(delete(objects).where(objects.c.project_id == project_id, objects.c.id.in_(keys)))
            gone += unnamed
        return gone

    def known_keys(self, project_id: UUID, keys: Iterable[str]) -> tuple[set[str], set[str]]:
        stored: set[str] = set()
        coming: set[str] = set()
        of_session = and_(uploads.c.project_id == upload_objects.c.project_id, uploads.c.id == upload_objects.c.upload_id)
        is_open = uploads.c.state.in_([UploadState.PENDING.value, UploadState.SEALED.value])
        for some in chunks(sorted(set(keys)), 250):
            ids = _ids_in(some)  # keys have no index, and need none: the ids of the object and of its upload stand in them
            there = select(objects.c.key).where(objects.c.project_id == project_id, objects.c.id.in_(ids))
            stored.update(self._session.run(there).scalars())
            wanted = select(upload_objects.c.key).join(uploads, of_session)
            announced = (upload_objects.c.project_id == project_id, upload_objects.c.upload_id.in_(ids))
            coming.update(self._session.run(wanted.where(*announced, is_open, upload_objects.c.key.in_(some))).scalars())
        return stored, coming

    def _states(self, project_id: UUID, page: Any, code_goes: bool = False) -> list[ObjectState]:
        live = _is_live(project_id, code_goes)
        inside = and_(blobs.c.project_id == objects.c.project_id, blobs.c.object_id == objects.c.id)
        of_logs = select(logs.c.object_id).where(logs.c.project_id == project_id, logs.c.object_id.is_not(None))
        is_log = objects.c.id.in_(of_logs)
        columns = (objects.c.id, objects.c.key, objects.c.size, case((is_log, 1), else_=0).label("is_log"))
        count = func.coalesce(func.sum(case((live, 1), else_=0)), 0).label("live_count")
        size = func.coalesce(func.sum(case((live, blobs.c.size), else_=0)), 0).label("live_size")
        of_page = (objects.c.project_id == project_id, objects.c.id.in_(page))
        wanted = select(*columns, count, size).select_from(objects.outerjoin(blobs, inside)).where(*of_page)
        grouped = wanted.group_by(objects.c.project_id, objects.c.id, objects.c.key, objects.c.size).order_by(objects.c.id)
        return [
            ObjectState(
                row.id, row.key, row.size, bool(row.is_log or row.live_count), row.size if row.is_log else int(row.live_size)
            )
            for row in self._session.run(grouped)
        ]


def _ids_in(keys: Iterable[str]) -> list[UUID]:
    parts = {part for key in keys for part in key.split("/") if len(part) == _ID_DIGITS}
    return [UUID(hex=part) for part in sorted(parts)]


def _is_live(project_id: UUID, code_goes: bool) -> ColumnElement[bool]:
    """A blob that a file names, or code or a kept output, or that an upload was promised. Where `code_goes`, code that nobody
    names does not count."""
    by_file = exists().where(file_versions.c.project_id == project_id, file_versions.c.digest == blobs.c.digest)
    of_code = (snapshot_files.c.project_id == project_id, snapshot_files.c.digest == blobs.c.digest)
    by_code = exists().where(*of_code)
    if code_goes:
        by_code = by_code.where(snapshot_files.c.snapshot_id.in_(_named_snapshots(project_id)))
    promised = exists().where(blob_pins.c.project_id == project_id, blob_pins.c.digest == blobs.c.digest)
    return or_(by_file, by_code, promised)


def _named_snapshots(project_id: UUID) -> Any:
    of_jobs = (jobs.c.code_snapshot_id, jobs.c.kept_snapshot_id, jobs.c.start_snapshot_id)
    named = [select(column).where(jobs.c.project_id == project_id, column.is_not(None)) for column in of_jobs]
    uploaded = select(uploads.c.snapshot_id).where(uploads.c.project_id == project_id, uploads.c.snapshot_id.is_not(None))
    return union(*named, uploaded)
