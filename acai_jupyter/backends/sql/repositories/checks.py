"""What a check compares, read page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, delete, exists, func, literal, select

from acai_jupyter.backends.sql.repositories.filesets import SqlFilesets
from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import (
    action_outputs,
    blobs,
    damaged_objects,
    file_versions,
    fileset_versions,
    filesets,
    logs,
    manifest_nodes,
    objects,
    paths,
    snapshot_files,
    snapshots,
)
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.files import BlobLocation, Source, VersionKind
from acai_jupyter.domain.references import escape
from acai_jupyter.ports.store.care import CheckedFileset, CheckedObject, CheckedPath

_versions_of_paths = file_versions.join(
    paths, and_(paths.c.project_id == file_versions.c.project_id, paths.c.id == file_versions.c.path_id)
)
_is_data = file_versions.c.kind == VersionKind.DATA.value


class SqlChecks:
    def __init__(self, session: Session) -> None:
        self._session = session

    def total(self, project_id: UUID) -> int:
        tables = (paths, filesets, manifest_nodes, snapshots, objects)
        counts = (select(func.count()).where(table.c.project_id == project_id) for table in tables)
        return sum(int(self._session.run(count).scalar_one()) for count in counts)

    def paths(self, project_id: UUID, after: UUID | None, limit: int) -> list[CheckedPath]:
        page = self._session.run(_page(paths, project_id, after, limit)).all()
        versions: dict[UUID, list[Any]] = {row.id: [] for row in page}
        for some in chunks(list(versions)):
            own = (file_versions.c.project_id == project_id, file_versions.c.path_id.in_(some))
            for row in self._session.run(select(file_versions).where(*own).order_by(file_versions.c.version)):
                versions[row.path_id].append(row)
        sizes = self._sizes(project_id, (row.digest for rows in versions.values() for row in rows if row.digest is not None))
        return [
            CheckedPath(
                row.id,
                row.path,
                row.last_version,
                row.latest_version,
                row.hidden,
                tuple((each.version, VersionKind(each.kind)) for each in versions[row.id]),
                tuple(each.version for each in versions[row.id] if _is_unknown(each, sizes)),
                tuple(
                    (each.version, Source(each.source_url, each.source_version), each.size)
                    for each in versions[row.id]
                    if each.source_url is not None
                ),
            )
            for row in page
        ]

    def filesets(self, project_id: UUID, after: UUID | None, limit: int) -> list[CheckedFileset]:
        page = self._session.run(_page(filesets, project_id, after, limit)).all()
        return [self._fileset(project_id, row) for row in page]

    def nodes(self, project_id: UUID, after: bytes, limit: int) -> list[tuple[bytes, bytes]]:
        beyond = (manifest_nodes.c.project_id == project_id, manifest_nodes.c.digest > after)
        wanted = select(manifest_nodes.c.digest, manifest_nodes.c.content).where(*beyond).order_by(manifest_nodes.c.digest)
        return [(row.digest, row.content) for row in self._session.run(wanted.limit(limit))]

    def missing_versions(self, project_id: UUID, pins: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        found: set[tuple[str, int]] = set()
        for some in chunks(pins):  # all versions are read: pairs of columns of two tables are slow to look for
            of_paths = (paths.c.project_id == project_id, _is_data, paths.c.path.in_([path for path, _ in some]))
            wanted = select(paths.c.path, file_versions.c.version).select_from(_versions_of_paths)
            found.update((row.path, row.version) for row in self._session.run(wanted.where(*of_paths)))
        return [pin for pin in pins if pin not in found]

    def snapshots(self, project_id: UUID, after: UUID | None, limit: int) -> list[tuple[UUID, list[str]]]:
        found: list[tuple[UUID, list[str]]] = []
        there = exists().where(
            blobs.c.project_id == project_id, blobs.c.digest == snapshot_files.c.digest, blobs.c.size == snapshot_files.c.size
        )
        for row in self._session.run(_page(snapshots, project_id, after, limit)).all():
            own = (snapshot_files.c.project_id == project_id, snapshot_files.c.snapshot_id == row.id)
            unknown = select(snapshot_files.c.path).where(*own, ~there).order_by(snapshot_files.c.path)
            found.append((row.id, list(self._session.run(unknown).scalars())))
        return found

    def objects(self, project_id: UUID, after: UUID | None, limit: int) -> list[CheckedObject]:
        page = self._session.run(_page(objects, project_id, after, limit)).all()
        ids = [row.id for row in page]
        keys = {row.id: row.key for row in page}
        inside: dict[UUID, list[BlobLocation]] = {one: [] for one in ids}
        own = (blobs.c.project_id == project_id, blobs.c.object_id.in_(ids))
        for row in self._session.run(select(blobs).where(*own).order_by(blobs.c.offset)):
            inside[row.object_id].append(BlobLocation(row.digest, keys[row.object_id], row.offset, row.size))
        of_logs = select(logs.c.object_id, logs.c.size).where(logs.c.project_id == project_id, logs.c.object_id.in_(ids))
        sizes = {row.object_id: row.size for row in self._session.run(of_logs)}
        return [CheckedObject(row.id, row.key, row.size, tuple(inside[row.id]), sizes.get(row.id)) for row in page]

    def noted_damaged(self, project_id: UUID) -> set[UUID]:
        noted = select(damaged_objects.c.object_id).where(damaged_objects.c.project_id == project_id)
        return set(self._session.run(noted).scalars())

    def note_damaged(self, project_id: UUID, object_id: UUID, damaged: bool) -> bool:
        this = (damaged_objects.c.project_id == project_id, damaged_objects.c.object_id == object_id)
        if not damaged:
            return bool(self._session.run(delete(damaged_objects).where(*this)).rowcount)
        there = select(objects.c.project_id, objects.c.id, literal(self._session.now))
        row = there.where(objects.c.project_id == project_id, objects.c.id == object_id)
        names = ["project_id", "object_id", "found_at"]
        insert = self._session.insert(damaged_objects).from_select(names, row)
        return bool(self._session.run(insert.on_conflict_do_nothing(index_elements=names[:2])).rowcount)

    def named_by(self, project_id: UUID, digest: Digest, limit: int) -> list[str]:
        wanted = select(paths.c.path, file_versions.c.version).select_from(_versions_of_paths)
        mine = (file_versions.c.project_id == project_id, file_versions.c.digest == digest)
        rows = self._session.run(wanted.where(*mine).order_by(paths.c.path, file_versions.c.version).limit(limit))
        return [f"{escape(row.path)}:{row.version}" for row in rows]

    def _fileset(self, project_id: UUID, row: Any) -> CheckedFileset:
        own = (fileset_versions.c.project_id == project_id, fileset_versions.c.fileset_id == row.id)
        every = select(fileset_versions.c.id, fileset_versions.c.version, fileset_versions.c.deleted_at).where(*own)
        each = self._session.run(every.order_by(fileset_versions.c.version)).all()
        ids = [one.id for one in each if one.deleted_at is None]
        versions = SqlFilesets(self._session).by_id(project_id, ids)
        made: set[UUID] = set()
        for some in chunks(ids):
            outputs = (action_outputs.c.project_id == project_id, action_outputs.c.fileset_version_id.in_(some))
            made.update(self._session.run(select(action_outputs.c.fileset_version_id).where(*outputs)).scalars())
        return CheckedFileset(
            row.id,
            row.name,
            row.last_version,
            row.latest_version,
            tuple(one.version for one in each),
            tuple(versions[one] for one in ids),
            tuple(versions[one].version for one in ids if one not in made),
        )

    def _sizes(self, project_id: UUID, digests: Iterable[Digest]) -> dict[Digest, int]:
        found: dict[Digest, int] = {}
        for some in chunks(list(set(digests))):
            wanted = select(blobs.c.digest, blobs.c.size).where(blobs.c.project_id == project_id, blobs.c.digest.in_(some))
            found |= {row.digest: row.size for row in self._session.run(wanted)}
        return found


def _is_unknown(version: Any, sizes: dict[Digest, int]) -> bool:
    """Whether the content of a version lies nowhere; what was registered in place has none here."""
    if version.kind != VersionKind.DATA.value or version.source_url is not None:
        return False
    return bool(sizes.get(version.digest) != version.size)


def _page(table: Any, project_id: UUID, after: UUID | None, limit: int) -> Select[Any]:
    own = select(table).where(table.c.project_id == project_id)
    beyond = own if after is None else own.where(table.c.id > after)
    return beyond.order_by(table.c.id).limit(limit)
