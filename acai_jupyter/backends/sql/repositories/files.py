"""Paths and their versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, literal, null, or_, select, update

from acai_jupyter.backends.sql.driver import as_uuid, execute, native_id, pairs
from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import file_versions, paths, upload_files, users
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.files import DEFAULT_MODE, FileVersion, Source, VersionKind
from acai_jupyter.domain.uploads import UploadSession

_same_version = and_(
    file_versions.c.project_id == paths.c.project_id,
    file_versions.c.path_id == paths.c.id,
)
_creator = and_(users.c.project_id == file_versions.c.project_id, users.c.id == file_versions.c.creator_id)
_columns = (
    paths.c.id,
    paths.c.path,
    file_versions.c.version,
    file_versions.c.size,
    file_versions.c.digest,
    users.c.name.label("creator"),
    file_versions.c.created_at,
    file_versions.c.job_id,
    file_versions.c.source_url,
    file_versions.c.source_version,
)
_same_source = and_(
    file_versions.c.source_url == upload_files.c.source_url,
    file_versions.c.source_version == upload_files.c.source_version,
    file_versions.c.size == upload_files.c.size,
)

_AT: Final = """SELECT paths.id, paths.path, held.version, held.size, held.digest, users.name, held.created_at, held.job_id,
    held.source_url, held.source_version
    FROM {wanted} CROSS JOIN paths CROSS JOIN file_versions AS held CROSS JOIN users
    WHERE paths.project_id = ? AND paths.path = wanted.path
    AND held.project_id = paths.project_id AND held.path_id = paths.id AND held.version = wanted.version
    AND held.kind = ? AND held.deleted_at IS NULL
    AND users.project_id = held.project_id AND users.id = held.creator_id"""
"""In this order: SQLite takes a CROSS JOIN at its word, and looks up every path by its index."""


class SqlFiles:
    def __init__(self, session: Session) -> None:
        self._session = session

    def commit(self, session: UploadSession, creator: UUID, always_new: bool) -> None:
        self._add_paths(session, creator)
        if not always_new:
            self._mark_unchanged(session)
        self._number(session, creator)
        self._advance(session)

    def _add_paths(self, session: UploadSession, owner: UUID) -> None:
        new = select(
            upload_files.c.project_id,
            upload_files.c.path_id,
            upload_files.c.path,
            literal(owner, paths.c.owner_id.type),
            literal(DEFAULT_MODE),
            literal(0),
            false(),
            literal(self._session.now),
        )
        names = ["project_id", "id", "path", "owner_id", "mode", "last_version", "hidden", "created_at"]
        statement = self._session.insert(paths).from_select(names, new.where(*_of(session)))
        self._session.run(statement.on_conflict_do_nothing(index_elements=["project_id", "path"]))

    def _mark_unchanged(self, session: UploadSession) -> None:
        same = (
            select(paths.c.latest_version)
            .join(file_versions, and_(_same_version, file_versions.c.version == paths.c.latest_version))
            .where(
                paths.c.project_id == upload_files.c.project_id,
                paths.c.path == upload_files.c.path,
                or_(file_versions.c.digest == upload_files.c.digest, _same_source),
            )
            .scalar_subquery()
        )
        self._session.run(update(upload_files).where(*_of(session)).values(version=same))
        self._session.run(update(upload_files).where(*_of(session)).values(unchanged=upload_files.c.version.is_not(None)))

    def _number(self, session: UploadSession, creator: UUID) -> None:
        numbered = (
            select(
                paths.c.project_id,
                paths.c.id,
                paths.c.last_version + 1,
                literal(VersionKind.DATA.value),
                upload_files.c.size,
                upload_files.c.digest,
                upload_files.c.source_url,
                upload_files.c.source_version,
                literal(creator, file_versions.c.creator_id.type),
                literal(session.job_id, file_versions.c.job_id.type) if session.job_id else null(),
                literal(self._session.now),
            )
            .select_from(upload_files)
            .join(paths, and_(paths.c.project_id == upload_files.c.project_id, paths.c.path == upload_files.c.path))
        )
        names = ["project_id", "path_id", "version", "kind", "size", "digest", "source_url", "source_version"]
        names += ["creator_id", "job_id", "created_at"]
        changed = (*_of(session), upload_files.c.version.is_(None))
        self._session.run(self._session.insert(file_versions).from_select(names, numbered.where(*changed)))

    def _advance(self, session: UploadSession) -> None:
        """Move the paths of new versions on, and write the new numbers back to the session's files."""
        changed = (*_of(session), upload_files.c.version.is_(None))
        moved = paths.c.path.in_(select(upload_files.c.path).where(*changed))
        following = paths.c.last_version + 1
        self._session.run(
            update(paths)
            .where(paths.c.project_id == session.project_id, moved)
            .values(last_version=following, latest_version=following, hidden=False)
        )
        given = (
            select(paths.c.last_version)
            .where(paths.c.project_id == upload_files.c.project_id, paths.c.path == upload_files.c.path)
            .scalar_subquery()
        )
        self._session.run(update(upload_files).where(*changed).values(version=given))

    def latest(self, project_id: UUID, paths_wanted: Sequence[str]) -> dict[str, FileVersion]:
        found: dict[str, FileVersion] = {}
        for some in chunks(paths_wanted):
            rows = self._session.run(_latest(project_id).where(paths.c.path.in_(some)))
            found |= {row.path: _version(row) for row in rows}
        return found

    def versions_at(self, project_id: UUID, pins: Sequence[tuple[str, int]]) -> dict[str, FileVersion]:
        found: dict[str, FileVersion] = {}
        own = native_id(self._session, project_id)
        for some in chunks(pins):
            wanted, values = pairs(self._session, ("path", "version"), ("text", "bigint"), some)
            for row in execute(self._session, _AT.format(wanted=wanted), (*values, own, VersionKind.DATA.value)):
                found[row.path] = _native_version(row)
        return found

    def versions(self, project_id: UUID, path: str, after: int, limit: int) -> list[FileVersion]:
        wanted = _data(project_id).where(paths.c.path == path, file_versions.c.version > after)
        return _versions(self._session.run(wanted.order_by(file_versions.c.version).limit(limit)))

    def below(self, project_id: UUID, folder: str, after: str | None, limit: int) -> list[FileVersion]:
        wanted = _latest(project_id).where(paths.c.path > max(after or "", folder), paths.c.path < _end(folder))
        return _versions(self._session.run(wanted.order_by(paths.c.path).limit(limit)))

    def one_level(self, project_id: UUID, folder: str, after: str | None, limit: int) -> list[str | FileVersion]:
        found: list[str | FileVersion] = []
        beyond = _beyond(max(after or "", folder), folder)
        while len(found) < limit:
            wanted = _latest(project_id).where(beyond, paths.c.path < _end(folder))
            row = self._session.run(wanted.order_by(paths.c.path).limit(1)).one_or_none()
            if row is None:
                break
            name, slash, _ = row.path[len(folder) :].partition("/")
            found.append(folder + name + "/" if slash else _version(row))
            beyond = _beyond(folder + name + slash, folder)
        return found


def _end(folder: str) -> str:
    """The first text that sorts after everything below a folder, whatever its names are: '0' follows '/'."""
    return folder[:-1] + "0"


def _beyond(entry: str, folder: str) -> ColumnElement[bool]:
    """Behind an entry of `folder`: behind all that is below it where it is a folder itself."""
    inner = entry.endswith("/") and entry != folder
    return paths.c.path >= _end(entry) if inner else paths.c.path > entry


def _of(session: UploadSession) -> tuple[Any, Any]:
    return upload_files.c.project_id == session.project_id, upload_files.c.upload_id == session.id


def _data(project_id: UUID) -> Select[Any]:
    """Versions that hold data, with their paths."""
    joined = paths.join(file_versions, _same_version).join(users, _creator)
    holds_data = (file_versions.c.kind == VersionKind.DATA.value, file_versions.c.deleted_at.is_(None))
    return select(*_columns).select_from(joined).where(paths.c.project_id == project_id, *holds_data)


def _latest(project_id: UUID) -> Select[Any]:
    """The latest versions of paths that exist."""
    return _data(project_id).where(file_versions.c.version == paths.c.latest_version, paths.c.hidden.is_(False))


def _version(row: Row[Any]) -> FileVersion:
    source = Source(row.source_url, row.source_version) if row.source_url is not None else None
    return FileVersion(row.id, row.path, row.version, row.size, row.digest, row.creator, row.created_at, row.job_id, source)


def _native_version(row: Any) -> FileVersion:
    """The same of a row in the driver's values."""
    path_id, path, version, size, digest, creator, created_at, job_id, url, source_version = row
    own = None if digest is None else Digest.from_bytes(digest)
    source = None if url is None else Source(url, source_version)
    return FileVersion(as_uuid(path_id), path, version, size, own, creator, created_at, job_id and as_uuid(job_id), source)


def _versions(rows: Iterable[Row[Any]]) -> list[FileVersion]:
    return [_version(row) for row in rows]
