"""What patterns mean, found before anybody has to wait for it: looking through a large lake takes seconds, and whoever writes
makes all others wait. What was found is checked again when it is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from acai_jupyter.domain.errors import FileNotFound, FilesetNotFound
from acai_jupyter.domain.positions import Position
from acai_jupyter.domain.references import GlobReference
from acai_jupyter.lake import resolve
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.store.unit import Store


@dataclass(frozen=True, slots=True)
class Matches:
    """The paths that a pattern matches, each with its version; `root` is the manifest of the file set in which it looked."""

    pins: list[tuple[str, int]]
    root: bytes | None = None


def _pins_of(store: Store, project_id: UUID, pattern: GlobReference, at: Position | None) -> list[tuple[str, int]]:
    """The paths that a pattern means, in order, with their versions of the moment of the position `at`. Every read looks at so
    many paths only, and is soon over.

    Raises FilesetNotFound.
    """
    pins: list[tuple[str, int]] = []
    while True:
        with store.read() as unit:
            try:
                page, at = Resolver(unit, project_id).page_of_pins(pattern, at, resolve.MOST_LOOKED_AT)
            except FileNotFound:
                return pins  # it means nothing: whoever writes says so
        pins += page
        if at is None:
            return pins


def matches_of(store: Store, project_id: UUID, patterns: Iterable[GlobReference]) -> dict[GlobReference, Matches]:
    """What patterns match, those of the lake all at the same moment; without those whose file set is not there."""
    found: dict[GlobReference, Matches] = {}
    with store.read() as unit:
        moment = unit.files.last_moment(project_id)
    for pattern in dict.fromkeys(patterns):
        at, root = Position("/", moment=moment, empty=True), None
        try:
            if pattern.fileset is not None:
                with store.read() as unit:
                    fileset = Resolver(unit, project_id).fileset(pattern.fileset)
                at, root = Position("/", version=fileset.version, empty=True), fileset.root
            found[pattern] = Matches(_pins_of(store, project_id, pattern, at), root)
        except FilesetNotFound:
            continue
    return found
