"""What patterns mean, found before anybody has to wait for it: looking through a large lake takes seconds, and whoever writes
makes all others wait. What was found is checked again when it is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from acai_jupyter.domain.errors import FileNotFound, FilesetNotFound
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.positions import Position
from acai_jupyter.domain.references import FilesetReference, GlobReference
from acai_jupyter.lake import resolve
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.store.unit import Store


@dataclass(frozen=True, slots=True)
class Matches:
    """The paths that a pattern matches, each with its version; within a file set its `leaves` instead, and the manifest in which
    they stand."""

    pins: Sequence[tuple[str, int]] = ()
    leaves: Sequence[Leaf] = ()
    root: bytes | None = None


def _pins_of(store: Store, project_id: UUID, pattern: GlobReference, at: Position | None) -> list[tuple[str, int]]:
    """The paths of the lake that a pattern means, in order, with their versions of the moment of the position `at`. Every read
    looks at so many paths only, and is soon over."""
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


def _within_set(store: Store, project_id: UUID, pattern: GlobReference, fileset: FilesetReference) -> Matches:
    """What a pattern within a file set means: in one read, as a manifest never changes. Raises FilesetNotFound."""
    with store.read() as unit:
        resolver = Resolver(unit, project_id)
        return Matches(leaves=list(resolver.leaves(pattern)), root=resolver.fileset(fileset).root)


def matches_of(store: Store, project_id: UUID, patterns: Iterable[GlobReference]) -> dict[GlobReference, Matches]:
    """What patterns match, those of the lake all at the same moment; without those whose file set is not there."""
    found: dict[GlobReference, Matches] = {}
    with store.read() as unit:
        at = Position("/", moment=unit.files.last_moment(project_id), empty=True)
    for pattern in dict.fromkeys(patterns):
        if pattern.fileset is None:
            found[pattern] = Matches(_pins_of(store, project_id, pattern, at))
            continue
        try:
            found[pattern] = _within_set(store, project_id, pattern, pattern.fileset)
        except FilesetNotFound:
            continue  # whoever writes says so
    return found
