"""Conditions of queries become SQL."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, false, func, not_, or_, select, true, tuple_

from acai_jupyter.backends.sql.repositories.artifacts import JOBS, Source
from acai_jupyter.backends.sql.tables import jobs, metadata_values, tags
from acai_jupyter.domain.clock import from_datetime
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.errors import InvalidQuery
from acai_jupyter.domain.metadata import BUILT_IN, ArtifactKind, Value, ValueType, type_of
from acai_jupyter.domain.queries import And, Comparison, Condition, Has, IsNan, Key, Not, OneOf, Operator, Or, Tagged

Test = Comparison | OneOf | IsNan | Has
"""A condition about one key."""

_COMPARE: Final = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}
_NUMERIC: Final = (ValueType.NUMBER, ValueType.INTEGER)


def compile_condition(source: Source, project_id: UUID, condition: Condition) -> ColumnElement[bool]:
    """The condition as SQL about the rows of `source`; NULL counts as false. Raises InvalidQuery."""
    if isinstance(condition, And):
        return and_(true(), *(compile_condition(source, project_id, part) for part in condition.parts))
    if isinstance(condition, Or):
        return or_(false(), *(compile_condition(source, project_id, part) for part in condition.parts))
    if isinstance(condition, Not):
        return not_(func.coalesce(compile_condition(source, project_id, condition.inner), false()))
    if isinstance(condition, Tagged):
        mine = (tags.c.project_id == project_id, tags.c.kind == source.kind.value, tags.c.tag == condition.name)
        return _carries(source, tags, mine)
    if condition.key.of_job and source is not JOBS:
        return _of_job(source, project_id, condition)
    if condition.key.name in source.built_in:
        return _built_in(source, condition)
    return _user_key(source, project_id, condition)


def _of_job(source: Source, project_id: UUID, condition: Test) -> ColumnElement[bool]:
    inner = replace(condition, key=Key(condition.key.name))
    # The job's creator is not the artifact's: an alias keeps the two rows of `users` apart.
    matching = (
        select(jobs.c.id)
        .select_from(JOBS.rows)
        .where(jobs.c.project_id == project_id, compile_condition(JOBS, project_id, inner))
    )
    return source.job_id.in_(matching.correlate(None))


def _built_in(source: Source, condition: Test) -> ColumnElement[bool]:
    expression = source.built_in[condition.key.name]
    if isinstance(condition, IsNan):
        return false()
    if isinstance(condition, Has):
        return expression.is_not(None)
    if isinstance(condition, OneOf):
        return expression.in_([value for given in condition.values for value in _stored(source, condition.key, given)])
    stored = _stored(source, condition.key, condition.value)
    if not stored:
        return false()
    if condition.key.name == "digest" and condition.operator not in (Operator.EQUAL, Operator.NOT_EQUAL):
        raise InvalidQuery("digest can be compared with == and != only.")
    compared: ColumnElement[bool] = _COMPARE[condition.operator](expression, stored[0])
    return compared


def _stored(source: Source, key: Key, value: Value) -> list[Any]:
    """A value as the column of a built-in key holds it; nothing where it is of another type."""
    known = BUILT_IN[source.kind][key.name]
    if type_of(value) is not (ValueType.NUMBER if known in _NUMERIC else known):
        return []
    if key.name == "digest":
        return [Digest.parse(str(value))]
    if isinstance(value, bool):
        return [int(value)]
    return [from_datetime(value) if isinstance(value, datetime) else value]


def _user_key(source: Source, project_id: UUID, condition: Test) -> ColumnElement[bool]:
    own = metadata_values.c
    mine = [own.project_id == project_id, own.kind == source.kind.value, own.key == condition.key.name]
    if isinstance(condition, IsNan):
        mine.append(own.nonfinite.is_not(None))
    elif isinstance(condition, Comparison):
        mine += _value_test(condition)
    elif isinstance(condition, OneOf):
        mine.append(_listed(condition))
    return _carries(source, metadata_values, mine)


def _carries(source: Source, table: Table, mine: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether an artifact is one of those that rows of `table` hang on. Only files have more than one version a row."""
    if source.kind is ArtifactKind.FILES:
        pairs = select(table.c.artifact_id, table.c.artifact_version).where(*mine)
        return tuple_(source.id, source.version).in_(pairs)
    return source.id.in_(select(table.c.artifact_id).where(*mine))


def _listed(condition: OneOf) -> ColumnElement[bool]:
    """Whether a user key's value is one of these, by type."""
    by_type: dict[ValueType, list[Value]] = {}
    for value in condition.values:
        by_type.setdefault(type_of(value), []).append(value)
    own = metadata_values.c
    parts = (and_(own.type == kind.value, _place(values[0]).in_(map(_content, values))) for kind, values in by_type.items())
    return or_(false(), *parts)


def _value_test(condition: Comparison) -> tuple[ColumnElement[bool], ...]:
    value = condition.value
    compared = _COMPARE[condition.operator](_place(value), _content(value))
    return metadata_values.c.type == type_of(value).value, compared


def _place(value: Value) -> ColumnElement[Any]:
    """The column in which values of this type lie."""
    own = metadata_values.c
    return own.text if isinstance(value, str) else own.moment if isinstance(value, datetime) else own.number


def _content(value: Value) -> Any:
    if isinstance(value, datetime):
        return from_datetime(value)
    return value if isinstance(value, str) else float(value)
