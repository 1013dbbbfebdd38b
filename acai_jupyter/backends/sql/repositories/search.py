"""Queries: conditions become SQL, rows become columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, tuple_

from acai_jupyter.backends.sql.repositories.artifacts import JOBS, SOURCES, Source, built_in_value
from acai_jupyter.backends.sql.repositories.conditions import compile_condition
from acai_jupyter.backends.sql.repositories.metadata import read_value
from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import jobs, metadata_values, tags
from acai_jupyter.domain.clock import to_datetime
from acai_jupyter.domain.errors import InvalidQuery
from acai_jupyter.domain.metadata import BUILT_IN, PREDEFINED, ArtifactKind, Value, ValueType, type_of
from acai_jupyter.domain.queries import (
    Condition,
    Key,
    Ordering,
)
from acai_jupyter.domain.tables import Column

_Values = dict[tuple[UUID, int], dict[str, Value]]


class SqlSearch:
    def __init__(self, session: Session) -> None:
        self._session = session

    def find(
        self,
        project_id: UUID,
        kind: ArtifactKind,
        condition: Condition,
        order: Sequence[Ordering],
        limit: int,
        columns: Sequence[Key] | None,
        latest: bool,
    ) -> list[Column]:
        source = SOURCES[kind]
        wanted = _matching(source, project_id, condition, latest)
        for ordering in order:
            wanted = wanted.order_by(*_order(source, project_id, ordering))
        rows = self._session.run(wanted.order_by(*source.newest_first).limit(limit)).all()
        return self._columns(source, project_id, rows, columns)

    def count(self, project_id: UUID, kind: ArtifactKind, condition: Condition, latest: bool) -> int:
        matching = _matching(SOURCES[kind], project_id, condition, latest).subquery()
        return int(self._session.run(select(func.count()).select_from(matching)).scalar_one())

    def extreme(self, project_id: UUID, kind: ArtifactKind, key: Key, condition: Condition, greatest: bool) -> Value | None:
        source = SOURCES[kind]
        pick = func.max if greatest else func.min
        if not key.of_job and key.name in source.built_in:
            wanted = _matching(source, project_id, condition, False).with_only_columns(pick(source.built_in[key.name]))
            return built_in_value(kind, key.name, self._session.run(wanted).scalar())
        for name in ("number", "moment", "text"):
            best = _user_value(source, project_id, key, name, numbers_only=True)
            wanted = _matching(source, project_id, condition, False).with_only_columns(pick(best))
            value = self._session.run(wanted).scalar()
            if value is not None:
                return to_datetime(value) if name == "moment" else value
        return None

    def _columns(self, source: Source, project_id: UUID, rows: Sequence[Row[Any]], wanted: Sequence[Key] | None) -> list[Column]:
        identities = [source.identify(row) for row in rows]
        named = {name: Column(name, ValueType.TEXT, [each[name] for each in identities]) for name in source.identity}
        answer = [named["reference"]] if "reference" in named else []
        own = self._user_values(project_id, source.kind, [(row.artifact_id, row.artifact_version) for row in rows])
        if wanted is None:
            found = {key for values in own.values() for key in values}
            wanted = [*map(Key, source.built_in), Key("id"), *map(Key, sorted(found))]
        of_jobs = self._job_values(project_id, rows, wanted)
        for key in wanted:
            if not key.of_job and key.name in named:
                answer.append(named[key.name])
            elif key.of_job:
                values = [of_jobs.get(row.by_job, {}).get(key.name) for row in rows]
                answer.append(self._column(project_id, str(key), ArtifactKind.JOBS, key.name, values))
            elif key.name in source.built_in:
                values = [built_in_value(source.kind, key.name, row._mapping[f"key_{key.name}"]) for row in rows]
                answer.append(_column(key.name, source.kind, key.name, values))
            else:
                values = [own.get((row.artifact_id, row.artifact_version), {}).get(key.name) for row in rows]
                answer.append(self._column(project_id, key.name, source.kind, key.name, values))
        return answer

    def _column(self, project_id: UUID, name: str, kind: ArtifactKind, key: str, values: list[Value | None]) -> Column:
        """A column of values; where there are none, of a type that the key has elsewhere in the project."""
        column = _column(name, kind, key, values)
        if column.type is not None or any(value is not None for value in values):
            return column
        own = metadata_values.c
        any_one = select(own.type).where(own.project_id == project_id, own.kind == kind.value, own.key == key).limit(1)
        known = self._session.run(any_one).scalar()
        return column if known is None else Column(name, ValueType(known), values)

    def _user_values(self, project_id: UUID, kind: ArtifactKind, artifacts: Sequence[tuple[UUID, int]]) -> _Values:
        """User keys, and tags under the key `tags`."""
        found: _Values = {}
        own = metadata_values.c
        for some in chunks(artifacts, 250):
            mine = (own.project_id == project_id, own.kind == kind.value)
            wanted = select(metadata_values).where(*mine, tuple_(own.artifact_id, own.artifact_version).in_(list(some)))
            for row in self._session.run(wanted.order_by(own.staged.desc())):
                found.setdefault((row.artifact_id, row.artifact_version), {})[row.key] = read_value(row)
            mine_tagged = (tags.c.project_id == project_id, tags.c.kind == kind.value)
            tagged = select(tags).where(*mine_tagged, tuple_(tags.c.artifact_id, tags.c.artifact_version).in_(list(some)))
            for row in self._session.run(tagged.order_by(tags.c.tag)):
                values = found.setdefault((row.artifact_id, row.artifact_version), {})
                values["tags"] = f"{values['tags']}, {row.tag}" if "tags" in values else row.tag
        return found

    def _job_values(
        self, project_id: UUID, rows: Sequence[Row[Any]], wanted: Sequence[Key]
    ) -> dict[UUID, dict[str, Value | None]]:
        job_ids = list({row.by_job for row in rows if row.by_job is not None})
        if not job_ids or not any(key.of_job for key in wanted):
            return {}
        found: dict[UUID, dict[str, Value | None]] = {}
        user_values = self._user_values(project_id, ArtifactKind.JOBS, [(job_id, 0) for job_id in job_ids])
        for some in chunks(job_ids):
            for row in self._session.run(JOBS.select(project_id).where(jobs.c.id.in_(some))):
                built_in = {key: built_in_value(ArtifactKind.JOBS, key, row._mapping[f"key_{key}"]) for key in JOBS.built_in}
                found[row.artifact_id] = {**user_values.get((row.artifact_id, 0), {}), **built_in}
        return found


def _column(name: str, kind: ArtifactKind, key: str, values: list[Value | None]) -> Column:
    known = BUILT_IN[kind].get(key) or PREDEFINED.get(key)
    types = {type_of(value) for value in values if value is not None}
    if known and types <= {ValueType.NUMBER if known is ValueType.INTEGER else known}:
        return Column(name, known, values)
    return Column(name, types.pop() if len(types) == 1 else None, values)


def _matching(source: Source, project_id: UUID, condition: Condition, latest: bool) -> Select[Any]:
    wanted = source.select(project_id).where(compile_condition(source, project_id, condition))
    return wanted.where(*source.latest) if latest else wanted


def _order(source: Source, project_id: UUID, ordering: Ordering) -> list[ColumnElement[Any]]:
    key = ordering.key
    if not key.of_job and key.name in source.built_in:
        expressions = [source.built_in[key.name]]
    else:
        expressions = [_user_value(source, project_id, key, name) for name in ("number", "text", "moment")]
    return [(e.desc() if ordering.descending else e.asc()).nulls_last() for e in expressions]


def _user_value(source: Source, project_id: UUID, key: Key, name: str, numbers_only: bool = False) -> ColumnElement[Any]:
    """A user key's value as an expression of an artifact's row; of several on a job, its own. Booleans lie with the
    numbers, as 0 and 1, unless `numbers_only`."""
    if key.of_job and key.name in JOBS.built_in:
        raise InvalidQuery(f"{key} can't be ordered by yet: search jobs instead and order by {key.name}.")
    own = metadata_values.c
    kind = ArtifactKind.JOBS if key.of_job else source.kind
    artifact = (
        (own.artifact_id == source.job_id,)
        if key.of_job
        else (own.artifact_id == source.id, own.artifact_version == source.version)
    )
    mine = (own.project_id == project_id, own.kind == kind.value, own.key == key.name, *artifact)
    if numbers_only:
        mine = (*mine, own.type != ValueType.BOOLEAN.value)
    return select(own[name]).where(*mine).order_by(own.staged).limit(1).correlate_except(metadata_values).scalar_subquery()
