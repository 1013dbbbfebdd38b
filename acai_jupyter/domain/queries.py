"""The query language of `find`: it reads like pandas.

    model == "BERT" and precision > 0.5 and create_time >= today()
    job.creator == "John" and not tag("draft")

A comparison matches only values of its own type, and a missing key makes it false; so `not` of it is true.

    expression := term (or term)* ; term := factor (and factor)* ; factor := not factor | ( expression ) | test
    test       := key comparison literal [comparison literal] | literal comparison key … | key in [literal, …]
                | isnan(key) | has(key) | tag("name")
    key        := name(.name)* | `any text`      literal := number | "text" | True | False | today([days]) | time("2026-11-20")
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from acai_jupyter.domain.metadata import Value


class Operator(StrEnum):
    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the artifact itself, or (`of_job`) of the job that made it."""

    name: str
    of_job: bool = False

    def __str__(self) -> str:
        return f"job.{self.name}" if self.of_job else self.name


@dataclass(frozen=True, slots=True)
class Comparison:
    key: Key
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    key: Key
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class IsNan:
    """NaN and the infinities."""

    key: Key


@dataclass(frozen=True, slots=True)
class Has:
    """The key is there, whatever its type."""

    key: Key


@dataclass(frozen=True, slots=True)
class Tagged:
    name: str


@dataclass(frozen=True, slots=True)
class Not:
    inner: Condition


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Condition, ...]


Condition = Comparison | OneOf | IsNan | Has | Tagged | Not | And | Or


@dataclass(frozen=True, slots=True)
class Ordering:
    key: Key
    descending: bool


@dataclass(frozen=True, slots=True)
class Asker:
    """What a query may depend on: the beginning of the asker's day."""

    midnight: datetime
