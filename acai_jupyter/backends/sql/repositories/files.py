"""Paths and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CursorResult, Row, Select, and_, bindparam, select

from acai_jupyter.backends.sql.driver import as_uuid, execute, fetched, native_id, padded, pairs
from acai_jupyter.backends.sql.repositories.blobs import object_keys
from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import file_versions, paths, upload_files, users
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.files import DEFAULT_MODE, FileVersion, Source, StoredFiles, VersionKind
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
_MOST_STORED: Final = 5_000
_SAME: Final = """COALESCE(latest.digest = held.digest OR (latest.source_url = held.source_url
    AND latest.source_version = held.source_version AND latest.size = held.size), FALSE)"""

_NUMBER: Final = """UPDATE upload_files SET path_id = found.path_id, unchanged = found.same,
    version = CASE WHEN found.same THEN found.latest_version ELSE found.last_version + 1 END
    FROM (SELECT held.position, paths.id AS path_id, paths.latest_version, paths.last_version, {same} AS same
        FROM upload_files AS held CROSS JOIN paths LEFT JOIN file_versions AS latest
        ON latest.project_id = paths.project_id AND latest.path_id = paths.id AND latest.version = paths.latest_version
        WHERE held.project_id = ? AND held.upload_id = ? AND paths.project_id = held.project_id AND paths.path = held.path
    ) AS found
    WHERE upload_files.project_id = ? AND upload_files.upload_id = ? AND upload_files.position = found.position"""
"""Of those of an upload's files whose paths are there: the others are the first version, as they were declared."""

_ADD_PATHS: Final = """INSERT INTO paths
    (project_id, id, path, owner_id, mode, last_version, latest_version, hidden, created_at)
    SELECT project_id, path_id, path, CAST(? AS {id}), CAST(? AS INTEGER), 1, 1, FALSE, CAST(? AS BIGINT)
    FROM upload_files WHERE project_id = ? AND upload_id = ? AND version = 1 AND NOT unchanged"""
_ADVANCE_PATHS: Final = """UPDATE paths SET last_version = made.version, latest_version = made.version, hidden = FALSE
    FROM (SELECT path_id, version FROM upload_files
        WHERE project_id = ? AND upload_id = ? AND version > 1 AND NOT unchanged) AS made
    WHERE paths.project_id = ? AND paths.id = made.path_id"""
_ADD_VERSIONS: Final = """INSERT INTO file_versions
    (project_id, path_id, version, kind, size, digest, source_url, source_version, creator_id, job_id, created_at)
    SELECT project_id, path_id, version, CAST(? AS TEXT), size, digest, source_url, source_version,
        CAST(? AS {id}), CAST(? AS {id}), CAST(? AS BIGINT)
    FROM upload_files WHERE project_id = ? AND upload_id = ? AND NOT unchanged"""

_AT: Final = """SELECT paths.id, paths.path, held.version, held.size, held.digest, users.name, held.created_at, held.job_id,
    held.source_url, held.source_version
    FROM {wanted} CROSS JOIN paths CROSS JOIN file_versions AS held CROSS JOIN users
    WHERE paths.project_id = ? AND paths.path = wanted.path
    AND held.project_id = paths.project_id AND held.path_id = paths.id AND held.version = wanted.version
    AND held.kind = ? AND held.deleted_at IS NULL
    AND users.project_id = held.project_id AND users.id = held.creator_id"""
"""In this order: SQLite takes a CROSS JOIN at its word, and looks up every path by its index."""

_STORED: Final = """SELECT paths.path, held.version, held.size, held.digest, lying.object_id, lying."offset",
    held.source_url, held.source_version
    FROM {wanted} CROSS JOIN paths CROSS JOIN file_versions AS held
    LEFT JOIN blobs AS lying ON lying.project_id = held.project_id AND lying.digest = held.digest
    WHERE paths.project_id = ? AND paths.path = wanted.path
    AND held.project_id = paths.project_id AND held.path_id = paths.id AND held.version = wanted.version
    AND held.kind = ? AND held.deleted_at IS NULL"""
_PAGE: Final = """SELECT paths.id, paths.path, held.version, held.size, held.digest, users.name, held.created_at, held.job_id,
    held.source_url, held.source_version
    FROM paths CROSS JOIN file_versions AS held CROSS JOIN users
    WHERE paths.project_id = ? AND paths.path > ? AND paths.path < ? AND NOT paths.hidden
    AND held.project_id = paths.project_id AND held.path_id = paths.id AND held.version = paths.latest_version
    AND held.kind = ? AND held.deleted_at IS NULL
    AND users.project_id = held.project_id AND users.id = held.creator_id
    ORDER BY paths.path LIMIT ?"""
_PINS: Final = """SELECT path, latest_version FROM paths
    WHERE project_id = ? AND path > ? AND path < ? AND NOT hidden AND latest_version IS NOT NULL ORDER BY path LIMIT ?"""

_PINS_THEN: Final = """SELECT paths.path, held.version FROM paths CROSS JOIN file_versions AS held
    WHERE paths.project_id = ? AND paths.path > ? AND paths.path < ?
    AND held.project_id = paths.project_id AND held.path_id = paths.id AND held.version = (
        SELECT MAX(seen.version) FROM file_versions AS seen WHERE seen.project_id = paths.project_id
        AND seen.path_id = paths.id AND seen.created_at <= ? AND seen.deleted_at IS NULL)
    AND held.kind = ? ORDER BY paths.path LIMIT ?"""


class SqlFiles:
    def __init__(self, session: Session) -> None:
        self._session = session

    def number(self, session: UploadSession, always_new: bool) -> None:
        own = (native_id(self._session, session.project_id), native_id(self._session, session.id))
        execute(self._session, _NUMBER.format(same="FALSE" if always_new else _SAME), (*own, *own))

    def commit(self, session: UploadSession, creator: UUID) -> None:
        own = (native_id(self._session, session.project_id), native_id(self._session, session.id))
        who, now = native_id(self._session, creator), self._session.now
        job = native_id(self._session, session.job_id) if session.job_id else None
        kind = "UUID" if self._session.dialect == "postgresql" else "BLOB"
        execute(self._session, _ADD_PATHS.format(id=kind), (who, DEFAULT_MODE, now, *own))
        execute(self._session, _ADVANCE_PATHS, (*own, own[0]))
        execute(self._session, _ADD_VERSIONS.format(id=kind), (VersionKind.DATA.value, who, job, now, *own))

    def latest(self, project_id: UUID, paths_wanted: Sequence[str]) -> dict[str, FileVersion]:
        found: dict[str, FileVersion] = {}
        for some in chunks(paths_wanted):
            rows = self._session.run(_LATEST_OF, {"project": project_id, "paths": padded(some)})
            found |= {row.path: _version(row) for row in rows}
        return found

    def versions_at(self, project_id: UUID, pins: Sequence[tuple[str, int]]) -> dict[str, FileVersion]:
        found: dict[str, FileVersion] = {}
        own = native_id(self._session, project_id)
        for some in chunks(pins):
            wanted, values = pairs(self._session, ("path", "version"), ("text", "bigint"), some)
            for row in fetched(self._session, _AT.format(wanted=wanted), (*values, own, VersionKind.DATA.value)):
                found[row[1]] = _native_version(row)
        return found

    def stored(self, project_id: UUID, pins: Sequence[tuple[str, int]]) -> StoredFiles:
        own = native_id(self._session, project_id)
        rows: list[Any] = []
        for some in chunks(pins, _MOST_STORED):
            wanted, values = pairs(self._session, ("path", "version"), ("text", "bigint"), some)
            found = fetched(self._session, _STORED.format(wanted=wanted), (*values, own, VersionKind.DATA.value))
            if self._session.dialect == "postgresql":  # SQLite finds them in the order in which they are wanted
                places = {path: at for at, (path, _) in enumerate(some)}
                found.sort(key=lambda row: places[row[0]])
            rows += found
        if not rows:
            return StoredFiles()
        stored, versions, sizes, digests, holders, offsets, urls, states = zip(*rows, strict=True)
        keys = object_keys(self._session, project_id, holders)
        sources = [None if url is None else Source(url, state) for url, state in zip(urls, states, strict=True)]
        return StoredFiles(stored, versions, sizes, digests, keys, offsets, sources)

    def pins_below(
        self, project_id: UUID, folder: str, after: str | None, limit: int, moment: int | None = None
    ) -> list[tuple[str, int]]:
        within = (native_id(self._session, project_id), max(after or "", folder), _end(folder))
        if moment is None:
            found: Any = fetched(self._session, _PINS, (*within, limit))
        else:
            found = fetched(self._session, _PINS_THEN, (*within, moment, VersionKind.DATA.value, limit))
        return list(found)

    def last_moment(self, project_id: UUID) -> int:
        made = select(file_versions.c.created_at).where(file_versions.c.project_id == project_id)
        return int(self._session.run(made.order_by(file_versions.c.created_at.desc()).limit(1)).scalar() or 0)

    def versions(self, project_id: UUID, path: str, after: int, limit: int, deleted: bool = False) -> list[FileVersion]:
        wanted = (_every if deleted else _data)(project_id).add_columns(file_versions.c.kind)
        wanted = wanted.where(paths.c.path == path, file_versions.c.version > after)
        rows = self._session.run(wanted.order_by(file_versions.c.version).limit(limit))
        return [replace(_version(row), kind=VersionKind(row.kind)) for row in rows]

    def below(self, project_id: UUID, folder: str, after: str | None, limit: int) -> list[FileVersion]:
        given = (max(after or "", folder), _end(folder), VersionKind.DATA.value, limit)
        rows = fetched(self._session, _PAGE, (native_id(self._session, project_id), *given))
        return [_native_version(row) for row in rows]

    def one_level(self, project_id: UUID, folder: str, after: str | None, limit: int) -> list[str | FileVersion]:
        found: list[str | FileVersion] = []
        beyond, most = max(after or "", folder), 1
        while len(found) < limit:
            rows = self._page(project_id, folder, beyond, min(most, limit - len(found))).all()
            if not rows:
                break
            for row in rows:
                name, slash, _ = row.path[len(folder) :].partition("/")
                beyond = folder + name + slash
                found.append(beyond if slash else _version(row))
                if slash:
                    break  # the rest may lie below this folder
            most = 1 if slash else 2 * most  # where files follow each other, more are likely to
        return found

    def _page(self, project_id: UUID, folder: str, beyond: str, most: int) -> CursorResult[Any]:
        """The next files below a folder, beyond an entry of it and all that is below that."""
        inner = beyond.endswith("/") and beyond != folder
        given = {"project": project_id, "first": _end(beyond) if inner else beyond, "end": _end(folder), "most": most}
        return self._session.run(_FROM if inner else _BEYOND, given)


def _end(folder: str) -> str:
    """The first text that sorts after everything below a folder, whatever its names are: '0' follows '/'."""
    return folder[:-1] + "0"


def _of(session: UploadSession) -> tuple[Any, Any]:
    return upload_files.c.project_id == session.project_id, upload_files.c.upload_id == session.id


def _every(project_id: Any) -> Select[Any]:
    """Versions with their paths, and what stands in the place of one."""
    joined = paths.join(file_versions, _same_version).join(users, _creator)
    return select(*_columns).select_from(joined).where(paths.c.project_id == project_id)


def _data(project_id: Any) -> Select[Any]:
    """Versions that hold data, with their paths."""
    return _every(project_id).where(file_versions.c.kind == VersionKind.DATA.value, file_versions.c.deleted_at.is_(None))


def _latest(project_id: Any) -> Select[Any]:
    """The latest versions of paths that exist."""
    return _data(project_id).where(file_versions.c.version == paths.c.latest_version, paths.c.hidden.is_(False))


# What listings ask over and over is made once.
_below = _latest(bindparam("project")).where(paths.c.path < bindparam("end")).order_by(paths.c.path).limit(bindparam("most"))
_BEYOND: Final = _below.where(paths.c.path > bindparam("first"))
_FROM: Final = _below.where(paths.c.path >= bindparam("first"))
_LATEST_OF: Final = _latest(bindparam("project")).where(paths.c.path.in_(bindparam("paths", expanding=True)))


def _version(row: Row[Any]) -> FileVersion:
    source = Source(row.source_url, row.source_version) if row.source_url is not None else None
    return FileVersion(row.id, row.path, row.version, row.size, row.digest, row.creator, row.created_at, row.job_id, source)


def _native_version(row: Any) -> FileVersion:
    """The same of a row in the driver's values."""
    path_id, path, version, size, digest, creator, created_at, job_id, url, source_version = row
    own = None if digest is None else Digest.from_bytes(digest)
    source = None if url is None else Source(url, source_version)
    return FileVersion(as_uuid(path_id), path, version, size, own, creator, created_at, job_id and as_uuid(job_id), source)
