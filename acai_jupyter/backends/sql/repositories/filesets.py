"""File sets, their versions, manifests; and snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, and_, bindparam, func, insert, literal, select, update

from acai_jupyter.backends.sql.driver import fetched, insert_rows, native_id, rows_with
from acai_jupyter.backends.sql.repositories.blobs import object_keys
from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import (
    fileset_versions,
    filesets,
    manifest_nodes,
    snapshot_files,
    snapshots,
    upload_files,
    users,
)
from acai_jupyter.domain.files import DEFAULT_MODE, StoredFiles
from acai_jupyter.domain.filesets import FilesetSummary, FilesetVersion
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.manifests import Built
from acai_jupyter.domain.snapshots import Snapshot, SnapshotFile, snapshot_digest
from acai_jupyter.domain.uploads import UploadSession

_joined = fileset_versions.join(
    filesets,
    and_(filesets.c.project_id == fileset_versions.c.project_id, filesets.c.id == fileset_versions.c.fileset_id),
).join(users, and_(users.c.project_id == fileset_versions.c.project_id, users.c.id == fileset_versions.c.creator_id))


class SqlFilesets:
    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, project_id: UUID, name: str, version: int | None) -> FilesetVersion | None:
        given = {"project": project_id, "name": name, "version": version}
        row = self._session.run(_LATEST if version is None else _NUMBERED, given).one_or_none()
        return row and _version(row)

    def by_id(self, project_id: UUID, ids: Sequence[UUID]) -> dict[UUID, FilesetVersion]:
        found: dict[UUID, FilesetVersion] = {}
        for some in chunks(ids):
            wanted = _all(project_id).where(fileset_versions.c.id.in_(some))
            found |= {row.id: _version(row) for row in self._session.run(wanted)}
        return found

    def add(self, project_id: UUID, name: str, content: Built, creator: UUID, job_id: UUID | None) -> FilesetVersion:
        self._add_nodes(project_id, content.nodes)
        number = self._next_number(project_id, name, creator)
        version_id = new_id()
        made = {
            "project_id": project_id,
            "id": version_id,
            "fileset_id": number.id,
            "version": number.last_version,
            "root": content.root,
            "file_count": content.file_count,
            "size": content.size,
            "creator_id": creator,
            "job_id": job_id,
            "created_at": self._session.now,
        }
        self._session.run(_ADD, made)
        return self.by_id(project_id, [version_id])[version_id]

    def _next_number(self, project_id: UUID, name: str, creator: UUID) -> Row[Any]:
        """The id of the file set, which is made where there is none, and the number of its next version."""
        given = {"project": project_id, "of_name": name}
        numbered = self._session.run(_ADVANCE, given).one_or_none()
        if numbered is None:
            own = {"project_id": project_id, "name": name, "last_version": 0, "version_count": 0}
            new = {"id": new_id(), "owner_id": creator, "mode": DEFAULT_MODE, "created_at": self._session.now}
            self._session.run(self._session.insert_new(filesets, "project_id", "name"), {**own, **new})
            numbered = self._session.run(_ADVANCE, given).one()
        return numbered

    def page(self, project_id: UUID, after: str | None, limit: int) -> list[FilesetSummary]:
        wanted = (
            _there(project_id)
            .add_columns(filesets.c.version_count)
            .where(fileset_versions.c.version == filesets.c.latest_version)
        )
        if after is not None:
            wanted = wanted.where(filesets.c.name > after)
        rows = self._session.run(wanted.order_by(filesets.c.name).limit(limit))
        return [FilesetSummary(_version(row), row.version_count) for row in rows]

    def versions(self, project_id: UUID, name: str, after: int, limit: int) -> list[FilesetVersion]:
        wanted = _there(project_id).where(filesets.c.name == name, fileset_versions.c.version > after)
        return [_version(row) for row in self._session.run(wanted.order_by(fileset_versions.c.version).limit(limit))]

    def outputs_of(self, project_id: UUID, job_ids: Iterable[UUID]) -> set[UUID]:
        found: set[UUID] = set()
        for some in chunks(list(set(job_ids))):
            written = select(fileset_versions.c.id).where(
                fileset_versions.c.project_id == project_id,
                fileset_versions.c.job_id.in_(some),
                fileset_versions.c.deleted_at.is_(None),
            )
            found.update(self._session.run(written).scalars())
        return found

    def read_nodes(self, project_id: UUID, digests: Sequence[bytes]) -> Mapping[bytes, bytes]:
        own = {"project_id": native_id(self._session, project_id)}
        rows = rows_with(self._session, manifest_nodes, ("digest", "content"), own, "digest", digests)
        return dict(rows)

    def _add_nodes(self, project_id: UUID, nodes: Mapping[bytes, bytes]) -> None:
        own = {"project_id": native_id(self._session, project_id)}
        columns = ("digest", "content")
        insert_rows(self._session, manifest_nodes, own, columns, list(nodes.items()), ["project_id", "digest"])


class SqlSnapshots:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, session: UploadSession, folder: str = "") -> Snapshot:
        below = func.substr(upload_files.c.path, 1, len(folder)) == folder
        own = (upload_files.c.project_id == session.project_id, upload_files.c.upload_id == session.id, below)
        path = func.substr(upload_files.c.path, len(folder) + 1).label("path")
        wanted = select(path, upload_files.c.size, upload_files.c.digest, upload_files.c.executable)
        files = [SnapshotFile(row.path, row.size, row.digest, row.executable) for row in self._session.run(wanted.where(*own))]
        digest = snapshot_digest(files)
        existing = self._session.run(
            select(snapshots).where(snapshots.c.project_id == session.project_id, snapshots.c.digest == digest)
        ).one_or_none()
        if existing is not None:
            return _snapshot(existing)
        snapshot = Snapshot(new_id(), digest, len(files), sum(file.size for file in files), self._session.now)
        values = {"id": snapshot.id, "digest": digest, "file_count": snapshot.file_count, "size": snapshot.size}
        self._session.run(
            self._session.insert(snapshots).values(project_id=session.project_id, created_at=snapshot.created_at, **values)
        )
        names = ["project_id", "snapshot_id", "path", "size", "digest", "executable"]
        copied = select(
            upload_files.c.project_id,
            literal(snapshot.id, snapshot_files.c.snapshot_id.type),
            path,
            upload_files.c.size,
            upload_files.c.digest,
            upload_files.c.executable,
        )
        self._session.run(self._session.insert(snapshot_files).from_select(names, copied.where(*own)))
        return snapshot

    def get(self, project_id: UUID, snapshot_id: UUID) -> Snapshot | None:
        wanted = select(snapshots).where(snapshots.c.project_id == project_id, snapshots.c.id == snapshot_id)
        row = self._session.run(wanted).one_or_none()
        return row and _snapshot(row)

    def files(self, project_id: UUID, snapshot_id: UUID) -> Iterator[SnapshotFile]:
        wanted = select(snapshot_files).where(
            snapshot_files.c.project_id == project_id, snapshot_files.c.snapshot_id == snapshot_id
        )
        for row in self._session.run(wanted.order_by(snapshot_files.c.path)):
            yield SnapshotFile(row.path, row.size, row.digest, row.executable)

    def stored(self, project_id: UUID, snapshot_id: UUID, after: str | None, limit: int) -> StoredFiles:
        own = (native_id(self._session, project_id), native_id(self._session, snapshot_id))
        rows = fetched(self._session, _STORED, (*own, after or "", limit))
        if not rows:
            return StoredFiles()
        paths, sizes, digests, executable, holders, offsets = zip(*rows, strict=True)
        keys = object_keys(self._session, project_id, holders)
        marked = [at for at, is_so in enumerate(executable) if is_so]
        return StoredFiles(paths, (), sizes, digests, keys, offsets, [None] * len(rows), marked)


_STORED: Final = """SELECT held.path, held.size, held.digest, held.executable, lying.object_id, lying."offset"
    FROM snapshot_files AS held LEFT JOIN blobs AS lying ON lying.project_id = held.project_id AND lying.digest = held.digest
    WHERE held.project_id = ? AND held.snapshot_id = ? AND held.path > ? ORDER BY held.path LIMIT ?"""


def _all(project_id: Any) -> Select[Any]:
    """File set versions, deleted ones too: the graph still shows them."""
    own = fileset_versions.c
    columns = (own.id, own.fileset_id, filesets.c.name, own.version, own.root, own.file_count, own.size)
    wanted = select(*columns, users.c.name.label("creator"), own.created_at, own.job_id)
    return wanted.select_from(_joined).where(own.project_id == project_id)


def _there(project_id: Any) -> Select[Any]:
    return _all(project_id).where(fileset_versions.c.deleted_at.is_(None))


# What is asked of every reference to a file set, and done for every version, is made once.
_named = _there(bindparam("project")).where(filesets.c.name == bindparam("name"))
_LATEST: Final = _named.where(fileset_versions.c.version == filesets.c.latest_version)
_NUMBERED: Final = _named.where(fileset_versions.c.version == bindparam("version"))
_ADD: Final = insert(fileset_versions)
_following = filesets.c.last_version + 1
_ADVANCE: Final = (
    update(filesets)
    .where(filesets.c.project_id == bindparam("project"), filesets.c.name == bindparam("of_name"))
    .values(last_version=_following, latest_version=_following, version_count=filesets.c.version_count + 1)
    .returning(filesets.c.id, filesets.c.last_version)
)


def _version(row: Row[Any]) -> FilesetVersion:
    return FilesetVersion(
        row.id,
        row.fileset_id,
        row.name,
        row.version,
        row.root,
        row.file_count,
        row.size,
        row.creator,
        row.created_at,
        row.job_id,
    )


def _snapshot(row: Row[Any]) -> Snapshot:
    return Snapshot(row.id, row.digest, row.file_count, row.size, row.created_at)
