"""How much room things take, counted by the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, select

from acai_jupyter.backends.sql.driver import fetched, native_id, padded, pairs
from acai_jupyter.backends.sql.scratch import CountedContents
from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import blobs, file_versions, logs, objects, paths, snapshot_files
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.usage import StoreUsage, Usage

_versions_of_paths = file_versions.join(
    paths, and_(paths.c.project_id == file_versions.c.project_id, paths.c.id == file_versions.c.path_id)
)
_is_data = file_versions.c.kind == VersionKind.DATA.value


_AT_ONCE: Final = 5000
_PINNED: Final = """SELECT held.digest, held.size FROM {wanted} CROSS JOIN paths CROSS JOIN file_versions AS held
    WHERE paths.project_id = ? AND paths.path = wanted.path
    AND held.project_id = paths.project_id AND held.path_id = paths.id AND held.version = wanted.version AND held.kind = ?"""
"""In this order: SQLite takes a CROSS JOIN at its word, and looks up every path by its index."""

_these: Final[Any] = bindparam("digests", expanding=True)
_EVERY: Final = (
    select(file_versions.c.digest, func.count().label("named"), func.max(file_versions.c.size).label("size"))
    .where(file_versions.c.project_id == bindparam("project"), file_versions.c.digest.in_(_these))
    .group_by(file_versions.c.digest)
)
_IN_CODE: Final = (
    select(snapshot_files.c.digest)
    .where(snapshot_files.c.project_id == bindparam("project"), snapshot_files.c.digest.in_(_these))
    .distinct()
)


class SqlUsage:
    def __init__(self, session: Session) -> None:
        self._session = session

    def of_path(self, project_id: UUID, path: str) -> Usage:
        here: tuple[Any, ...] = (paths.c.path == path,)
        if path.endswith("/"):
            here = (paths.c.path > path, paths.c.path < f"{path[:-1]}0")  # 0 follows / in every order by code point
        inside = (paths.c.project_id == project_id, *here, _is_data)
        shown = and_(file_versions.c.version == paths.c.latest_version, paths.c.hidden.is_(False))
        size = file_versions.c.size
        sums = select(func.count(), _sum(size), _sum(case((shown, 1), else_=0)), _sum(case((shown, size), else_=0)))
        versions, versions_size, count, whole = self._numbers(sums.select_from(_versions_of_paths).where(*inside))
        stored, own = self._distinct(project_id, inside)
        return Usage(count, whole, versions, versions_size, stored, own)

    def of_versions(self, project_id: UUID, pins: Iterable[tuple[str, int]]) -> Usage:
        count, size = 0, 0
        own = native_id(self._session, project_id)
        waiting = iter(pins)
        with CountedContents() as contents:
            while some := list(islice(waiting, _AT_ONCE)):
                wanted, values = pairs(self._session, ("path", "version"), ("text", "bigint"), some)
                rows = fetched(self._session, _PINNED.format(wanted=wanted), (*values, own, VersionKind.DATA.value))
                count, size = count + len(rows), size + sum(each for _, each in rows)
                contents.add((digest, each) for digest, each in rows if digest is not None)
            alone = sum(self._own(project_id, some) for some in contents)
            return Usage(count, size, count, size, contents.size(), alone)

    def of_store(self, project_id: UUID) -> StoreUsage:
        own_objects = select(func.count(), _sum(objects.c.size)).where(objects.c.project_id == project_id)
        count, stored = self._numbers(own_objects)
        by_file = exists().where(file_versions.c.project_id == project_id, file_versions.c.digest == blobs.c.digest)
        by_code = exists().where(snapshot_files.c.project_id == project_id, snapshot_files.c.digest == blobs.c.digest)
        parts = select(_sum(case((by_file, blobs.c.size), else_=0)), _sum(case((~by_file & by_code, blobs.c.size), else_=0)))
        files, code = self._numbers(parts.where(blobs.c.project_id == project_id))
        compacted = select(_sum(logs.c.size)).where(logs.c.project_id == project_id, logs.c.object_id.is_not(None))
        return StoreUsage(count, stored, files, code, *self._numbers(compacted))

    def _distinct(self, project_id: UUID, inside: tuple[Any, ...]) -> tuple[int, int]:
        """Bytes of the contents that versions have, each once; and of those that nothing else has."""
        named = select(file_versions.c.digest, func.max(file_versions.c.size).label("size"), func.count().label("named"))
        named = named.select_from(_versions_of_paths).where(*inside, file_versions.c.digest.is_not(None))
        each = named.group_by(file_versions.c.digest).subquery()
        every = file_versions.alias()
        of_all = select(func.count()).where(every.c.project_id == project_id, every.c.digest == each.c.digest)
        in_code = exists().where(snapshot_files.c.project_id == project_id, snapshot_files.c.digest == each.c.digest)
        alone = and_(of_all.scalar_subquery() == each.c.named, ~in_code)
        stored, own = self._numbers(select(_sum(each.c.size), _sum(case((alone, each.c.size), else_=0))))
        return stored, own

    def _own(self, project_id: UUID, named: Mapping[bytes, int]) -> int:
        """Bytes of those contents that no other versions have than the `named` ones, nor code or kept outputs."""
        found = 0
        for some in chunks(list(named)):
            given = {"project": project_id, "digests": padded([Digest.from_bytes(digest) for digest in some])}
            in_code = set(self._session.run(_IN_CODE, given).scalars())
            for row in self._session.run(_EVERY, given):
                alone = row.named == named[row.digest.to_bytes()] and row.digest not in in_code
                found += row.size if alone else 0
        return found

    def _numbers(self, statement: Select[Any]) -> tuple[int, ...]:
        return tuple(int(number) for number in self._session.run(statement).one())


def _sum(column: Any) -> ColumnElement[Any]:
    return func.coalesce(func.sum(column), 0)
