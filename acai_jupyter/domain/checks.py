"""What a check of the lake can find wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProblemCode(StrEnum):
    """Stable codes, for programs."""

    NUMBERS_WRONG = "numbers_wrong"  # versions have a gap, or the latest is not the highest
    CONTENT_UNKNOWN = "content_unknown"  # a file's or code's content is not known to be anywhere
    SOURCE_CHANGED = "source_changed"  # a file registered in place is gone, or another than was registered
    FILE_MISSING = "file_missing"  # a file set holds a version that is not there
    LIST_DAMAGED = "list_damaged"  # a part of a file set's list is missing, changed, or counts wrongly
    EDGE_MISSING = "edge_missing"  # a file set version that no action made
    OBJECT_MISSING = "object_missing"  # the object store lacks an object
    OBJECT_DAMAGED = "object_damaged"  # an object's size or content is not what was stored


class CheckPhase(StrEnum):
    """What is checked, in this order."""

    FILES = "files"
    FILESETS = "filesets"
    LISTS = "lists"
    CODE = "code"
    OBJECTS = "objects"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong: what with, and what can be done."""

    code: ProblemCode
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of a check: what it found, how many of the `total` things it looked at, and where the next one begins, None where
    this was the last."""

    problems: tuple[Problem, ...]
    looked_at: int
    total: int
    cursor: str | None
