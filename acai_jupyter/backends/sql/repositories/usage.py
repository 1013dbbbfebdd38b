"""How much room things take, counted by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select

from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import blobs, file_versions, logs, objects, paths, snapshot_files
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.usage import StoreUsage, Usage

_versions_of_paths = file_versions.join(
    paths, and_(paths.c.project_id == file_versions.c.project_id, paths.c.id == file_versions.c.path_id)
)
_is_data = file_versions.c.kind == VersionKind.DATA.value


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

    def of_versions(self, project_id: UUID, pins: Sequence[tuple[str, int]]) -> Usage:
        size, named, sizes = 0, Counter[Digest](), dict[Digest, int]()
        for some in chunks(pins):
            wanted = select(paths.c.path, file_versions.c.version, file_versions.c.digest, file_versions.c.size)
            of_paths = (paths.c.project_id == project_id, _is_data, paths.c.path.in_([path for path, _ in some]))
            pinned = set(some)  # all versions are read: pairs of columns of two tables are slow to look for
            for row in self._session.run(wanted.select_from(_versions_of_paths).where(*of_paths)):
                if (row.path, row.version) not in pinned:
                    continue
                size += row.size
                if row.digest is not None:
                    named[row.digest] += 1
                    sizes[row.digest] = row.size
        total, elsewhere = self._named(project_id, list(sizes))
        own = sum(each for digest, each in sizes.items() if total[digest] == named[digest] and digest not in elsewhere)
        return Usage(len(pins), size, len(pins), size, sum(sizes.values()), own)

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

    def _named(self, project_id: UUID, digests: Sequence[Digest]) -> tuple[Counter[Digest], set[Digest]]:
        """How many versions have each content, and which of them code or kept outputs have too."""
        total, elsewhere = Counter[Digest](), set[Digest]()
        for some in chunks(digests):
            of_files = (file_versions.c.project_id == project_id, file_versions.c.digest.in_(some))
            counted = (
                select(file_versions.c.digest, func.count().label("named")).where(*of_files).group_by(file_versions.c.digest)
            )
            total.update({row.digest: row.named for row in self._session.run(counted)})
            of_code = (snapshot_files.c.project_id == project_id, snapshot_files.c.digest.in_(some))
            elsewhere.update(self._session.run(select(snapshot_files.c.digest).where(*of_code).distinct()).scalars())
        return total, elsewhere

    def _numbers(self, statement: Select[Any]) -> tuple[int, ...]:
        return tuple(int(number) for number in self._session.run(statement).one())


def _sum(column: Any) -> ColumnElement[Any]:
    return func.coalesce(func.sum(column), 0)
