"""Answers of queries, by column."""

from __future__ import annotations

from dataclasses import dataclass

from acai_jupyter.domain.metadata import Value, ValueType


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer. `type` is None where the values have several; `values` holds None where a key is absent."""

    name: str
    type: ValueType | None
    values: list[Value | None]


@dataclass(frozen=True, slots=True)
class NewPoint:
    """A value that a metric has now. Without a `step` it gets its place in the metric's history."""

    key: str
    value: float
    step: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a metric, with its place in the metric's history; `at` in microseconds."""

    key: str
    position: int
    step: float
    value: float
    at: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A metric's history, as far as is needed to draw it; `count` is how many points there really are."""

    key: str
    count: int
    points: tuple[Point, ...]
