"""Keys and tags of users."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, literal, select

from acai_jupyter.backends.sql.repositories.artifacts import built_in_values
from acai_jupyter.backends.sql.session import Session, chunks
from acai_jupyter.backends.sql.tables import metadata_values, tags
from acai_jupyter.domain.clock import from_datetime, to_datetime
from acai_jupyter.domain.metadata import Artifact, ArtifactKind, Metadata, Value, ValueType, type_of

_KEY = ["project_id", "kind", "artifact_id", "artifact_version", "key", "staged"]


class SqlMetadataValues:
    def __init__(self, session: Session) -> None:
        self._session = session

    def set(self, project_id: UUID, artifact: Artifact, values: Mapping[str, Value], staged: bool = False) -> None:
        own = _own(project_id, artifact) | {"staged": staged}
        self._write([own | value_columns(value) | {"key": key} for key, value in values.items()])

    def set_many(self, project_id: UUID, kind: ArtifactKind, values: Mapping[UUID, Mapping[str, Value]]) -> None:
        rows = [
            _own(project_id, Artifact(kind, one)) | value_columns(value) | {"key": key, "staged": False}
            for one, own in values.items()
            for key, value in own.items()
        ]
        self._write(rows)

    def values_of(
        self, project_id: UUID, kind: ArtifactKind, ids: Sequence[UUID], prefix: str = ""
    ) -> dict[UUID, dict[str, Value]]:
        values = metadata_values.c
        found: dict[UUID, dict[str, Value]] = {one: {} for one in ids}
        for part in chunks(ids):
            own = (values.project_id == project_id, values.kind == kind.value, values.artifact_id.in_(part))
            wanted = select(metadata_values).where(*own, values.key.startswith(prefix, autoescape=True))
            for row in self._session.run(wanted.order_by(values.staged.desc(), values.key)):
                found[row.artifact_id][row.key] = read_value(row)
        return found

    def _write(self, rows: Sequence[dict[str, Any]]) -> None:
        if not rows:
            return
        rows = [{**row, "set_at": self._session.now} for row in rows]
        statement = self._session.insert(metadata_values)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in _KEY}
        self._session.run(statement.on_conflict_do_update(index_elements=_KEY, set_=changed), rows)

    def unset(self, project_id: UUID, artifact: Artifact, keys: Iterable[str]) -> None:
        own = _of(metadata_values, project_id, artifact)
        self._session.run(delete(metadata_values).where(*own, metadata_values.c.key.in_(list(keys))))

    def tag(self, project_id: UUID, artifact: Artifact, names: Iterable[str]) -> None:
        own = _own(project_id, artifact) | {"set_at": self._session.now}
        rows = [{**own, "tag": name} for name in dict.fromkeys(names)]
        if rows:
            self._session.run(self._session.insert_new(tags, *_KEY[:4], "tag"), rows)

    def untag(self, project_id: UUID, artifact: Artifact, names: Iterable[str]) -> None:
        self._session.run(delete(tags).where(*_of(tags, project_id, artifact), tags.c.tag.in_(list(names))))

    def get(self, project_id: UUID, artifact: Artifact) -> Metadata:
        wanted = select(metadata_values).where(*_of(metadata_values, project_id, artifact))
        # What a job's log said of its output comes first, so that the job's own key of the same name wins.
        rows = self._session.run(wanted.order_by(metadata_values.c.staged.desc(), metadata_values.c.key))
        values = {row.key: read_value(row) for row in rows}
        names = select(tags.c.tag).where(*_of(tags, project_id, artifact)).order_by(tags.c.tag)
        built_in = built_in_values(self._session, project_id, artifact)
        return Metadata(dict(sorted(values.items())), built_in, tuple(self._session.run(names).scalars()))

    def key_count(self, project_id: UUID, artifact: Artifact) -> int:
        count = select(func.count()).select_from(metadata_values).where(*_of(metadata_values, project_id, artifact))
        return int(self._session.run(count).scalar_one())

    def keys(self, project_id: UUID, artifact: Artifact) -> frozenset[tuple[str, bool]]:
        wanted = select(metadata_values.c.key, metadata_values.c.staged).where(*_of(metadata_values, project_id, artifact))
        return frozenset((row.key, row.staged) for row in self._session.run(wanted))

    def copy_staged(self, project_id: UUID, job_id: UUID, fileset_version: UUID) -> None:
        names = ["key", "type", "text", "number", "nonfinite", "moment", "set_at", *_KEY[:4], "staged"]
        values = metadata_values.c
        copied = select(
            *(values[name] for name in names[:7]),
            values.project_id,
            literal(ArtifactKind.FILESETS.value),
            literal(fileset_version, values.artifact_id.type),
            literal(0),
            literal(False),
        ).where(*_of(metadata_values, project_id, Artifact(ArtifactKind.JOBS, job_id)), values.staged.is_(True))
        statement = self._session.insert(metadata_values).from_select(names, copied)
        self._session.run(statement.on_conflict_do_nothing(index_elements=_KEY))


def value_columns(value: Value) -> dict[str, Any]:
    """How a value lies in its columns."""
    columns: dict[str, Any] = {"type": type_of(value).value, "text": None, "number": None, "nonfinite": None, "moment": None}
    if isinstance(value, str):
        columns["text"] = value
    elif isinstance(value, datetime):
        columns["moment"] = from_datetime(value)
    elif isinstance(value, bool) or math.isfinite(value):
        columns["number"] = float(value)
    else:
        columns["nonfinite"] = repr(value)
    return columns


def read_value(row: Row[Any]) -> Value:
    """The inverse of `value_columns`."""
    kind = ValueType(row.type)
    if kind is ValueType.TEXT:
        return str(row.text)
    if kind is ValueType.TIME:
        return to_datetime(row.moment)
    if kind is ValueType.BOOLEAN:
        return bool(row.number)
    return float(row.nonfinite) if row.nonfinite else float(row.number)


def _own(project_id: UUID, artifact: Artifact) -> dict[str, Any]:
    own = {"project_id": project_id, "kind": artifact.kind.value}
    return own | {"artifact_id": artifact.id, "artifact_version": artifact.version}


def _of(table: Any, project_id: UUID, artifact: Artifact) -> tuple[Any, ...]:
    return tuple(table.c[name] == value for name, value in _own(project_id, artifact).items())
