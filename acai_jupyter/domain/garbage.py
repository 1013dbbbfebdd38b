"""Garbage: what is stored and nothing names any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class GarbageKind(StrEnum):
    """What can be garbage. The order is that in which it is looked for."""

    CODE = "code"  # uploaded code that no job runs; its bytes count as objects
    NODES = "nodes"  # parts of the lists of file sets that were deleted
    OBJECTS = "objects"  # of whose content nothing is named, and no upload was promised any
    PACKED = "packed"  # content that is not named, in objects with other content that is: it stays
    STRAYS = "strays"  # what lies in the object store and no row knows of


@dataclass(frozen=True, slots=True)
class Garbage:
    """How much there is of a kind; `size` in bytes."""

    kind: GarbageKind
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class GarbageStep:
    """One step of a collection: what it found, how many of the `total` things it looked at, and where the next one begins,
    None where this was the last."""

    found: tuple[Garbage, ...]
    looked_at: int
    total: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ObjectState:
    """An object of the store. `named` says that something in it, or all of it as a log, is named or promised; `live` are the
    bytes of that."""

    id: UUID
    key: str
    size: int
    named: bool
    live: int


@dataclass(frozen=True, slots=True)
class StoredObject:
    """Something that lies in the object store. `name` is the store's own name for it, `key` that of the object it is or is a
    part of; `whole` says that it is the object. `modified_at` in microseconds."""

    name: str
    key: str
    size: int
    modified_at: int
    whole: bool


def summed(found: Iterable[Garbage]) -> tuple[Garbage, ...]:
    """One line a kind, in order of kind; nothing for a kind of which there is none."""
    sums: dict[GarbageKind, tuple[int, int]] = {}
    for item in found:
        count, size = sums.get(item.kind, (0, 0))
        sums[item.kind] = (count + item.count, size + item.size)
    return tuple(Garbage(kind, *sums[kind]) for kind in GarbageKind if sums.get(kind, (0, 0))[0])
