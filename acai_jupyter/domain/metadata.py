"""Metadata: typed keys and values, and tags, of files, file sets and jobs (paper 3.2.3)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from acai_jupyter.domain.clock import from_datetime, to_datetime
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.texts import shown

MOST_KEY_BYTES: Final = 250
MOST_TEXT_CHARACTERS: Final = 4096
MOST_KEYS_AN_ARTIFACT: Final = 1000
MOST_TAGS_AN_ARTIFACT: Final = 1000

_QUERY_WORDS: Final = frozenset({"and", "or", "not", "in", "True", "False", "true", "false"})
_COLUMNS: Final = frozenset({"id", "reference", "tags"})
"""Columns of every answer beside the keys."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class ArtifactKind(StrEnum):
    """What can carry metadata; the value is the word of every door."""

    FILES = "files"
    FILESETS = "filesets"
    JOBS = "jobs"


class ValueType(StrEnum):
    TEXT = "text"
    NUMBER = "number"  # a double
    BOOLEAN = "boolean"
    TIME = "time"
    INTEGER = "integer"  # counts that the platform keeps; in comparisons a number


Value = str | float | bool | datetime
"""A value: its Python type is its metadata type; a datetime is aware."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """What metadata hangs on: a file's path and version, a file set version (version 0), or a job (version 0)."""

    kind: ArtifactKind
    id: UUID
    version: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an artifact carries: the user's keys, the built-in ones, and tags."""

    values: dict[str, Value]
    built_in: dict[str, Value | None]
    tags: tuple[str, ...]


BUILT_IN: Final[dict[ArtifactKind, dict[str, ValueType]]] = {
    ArtifactKind.FILES: {
        "path": ValueType.TEXT,
        "version": ValueType.INTEGER,
        "size": ValueType.INTEGER,
        "digest": ValueType.TEXT,
        "creator": ValueType.TEXT,
        "create_time": ValueType.TIME,
    },
    ArtifactKind.FILESETS: {
        "name": ValueType.TEXT,
        "version": ValueType.INTEGER,
        "file_count": ValueType.INTEGER,
        "size": ValueType.INTEGER,
        "creator": ValueType.TEXT,
        "create_time": ValueType.TIME,
    },
    ArtifactKind.JOBS: {
        "number": ValueType.INTEGER,
        "name": ValueType.TEXT,
        "status": ValueType.TEXT,
        "reason": ValueType.TEXT,
        "exit_code": ValueType.INTEGER,
        "creator": ValueType.TEXT,
        "create_time": ValueType.TIME,
        "start_time": ValueType.TIME,
        "end_time": ValueType.TIME,
        "runtime": ValueType.NUMBER,
        "download_time": ValueType.NUMBER,
        "command_time": ValueType.NUMBER,
        "upload_time": ValueType.NUMBER,
        "cpu_time": ValueType.NUMBER,
        "throttled_time": ValueType.NUMBER,
        "peak_memory": ValueType.NUMBER,
        "cost": ValueType.NUMBER,
        "cpu": ValueType.NUMBER,
        "memory": ValueType.INTEGER,
        "gpu": ValueType.INTEGER,
        "command": ValueType.TEXT,
        "git_commit": ValueType.TEXT,
        "git_branch": ValueType.TEXT,
        "git_dirty": ValueType.BOOLEAN,
        "input": ValueType.TEXT,
        "output": ValueType.TEXT,
        "priority": ValueType.INTEGER,
    },
}
"""Keys that the platform sets, in the order in which they are shown. Times of a job in seconds, `cost` in dollars,
`memory`, `peak_memory` and `size` in MB, MB and bytes."""

PREDEFINED: Final[dict[str, ValueType]] = {
    "training_loss": ValueType.NUMBER,
    "validation_loss": ValueType.NUMBER,
    "test_loss": ValueType.NUMBER,
    "accuracy": ValueType.NUMBER,
    "precision": ValueType.NUMBER,
    "recall": ValueType.NUMBER,
    "f1_score": ValueType.NUMBER,
    "auc": ValueType.NUMBER,
    "epoch": ValueType.NUMBER,
    "batch_size": ValueType.NUMBER,
    "learning_rate": ValueType.NUMBER,
    "model": ValueType.TEXT,
    "dataset": ValueType.TEXT,
    "description": ValueType.TEXT,
}
"""User keys that exist from the start with a type, so that a column of them has one even where all values are absent."""


def type_of(value: Value) -> ValueType:
    """The metadata type of a value."""
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    if isinstance(value, str):
        return ValueType.TEXT
    return ValueType.TIME if isinstance(value, datetime) else ValueType.NUMBER


def check_key(key: str, kind: ArtifactKind) -> str:
    """`key` where a user may set it on an artifact of `kind`, else InvalidRequest."""
    if key in BUILT_IN[kind] or key in _COLUMNS:
        raise InvalidRequest(f"{key!r} is set by the platform on {kind}; choose another key.")
    if key.startswith("job.") or key in _QUERY_WORDS:
        raise InvalidRequest(f"{shown(key)} has a meaning of its own in queries; choose another key.")
    return _check_label(key, "key")


def check_tag(tag: str) -> str:
    """`tag` where it can be one, else InvalidRequest."""
    return _check_label(tag, "tag")


def check_value(key: str, value: object) -> Value:
    """`value` as metadata stores it, else InvalidRequest."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _double(key, value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _moment(key, value)
    if isinstance(value, str):
        if len(value) > MOST_TEXT_CHARACTERS:
            raise InvalidRequest(f"The text of {shown(key)} is too long: at most {MOST_TEXT_CHARACTERS} characters.")
        if "\0" in value or _SURROGATE.search(value):
            raise InvalidRequest(f"The text of {shown(key)} holds NUL or is not valid Unicode.")
        return value
    raise InvalidRequest(
        f"{shown(key)} can't be {type(value).__name__}: metadata is text, a number, True/False or a time with a zone."
    )


def is_finite(value: float) -> bool:
    """Whether a number takes part in ranges, max and min."""
    return math.isfinite(value)


def _double(key: str, value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InvalidRequest(f"The number of {shown(key)} is too large for a double: at most about 1.8e308.") from None


def _moment(key: str, value: datetime) -> datetime:
    try:
        return to_datetime(from_datetime(value))  # a plain one in UTC, whatever class of pandas it came in
    except OverflowError:
        raise InvalidRequest(f"The time of {shown(key)} lies outside the years 1 to 9999 in UTC.") from None


def _check_label(label: str, what: str) -> str:
    if not label or label != label.strip() or "`" in label:
        raise InvalidRequest(f"{shown(label)} can't be a {what}: not empty, no space at its ends, no backtick.")
    if _CONTROL.search(label) or _SURROGATE.search(label):
        raise InvalidRequest(f"{shown(label)} can't be a {what}: it must not hold control characters.")
    if len(label.encode()) > MOST_KEY_BYTES:
        raise InvalidRequest(f"{shown(label)} is too long: a {what} has at most {MOST_KEY_BYTES} bytes.")
    return label
