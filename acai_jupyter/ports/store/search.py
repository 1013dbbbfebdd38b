"""Metadata, queries and provenance in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.metadata import Artifact, ArtifactKind, Metadata, Value
from acai_jupyter.domain.provenance import Action, ActionKind, Direction, Edge
from acai_jupyter.domain.queries import Condition, Key, Ordering
from acai_jupyter.domain.tables import Column


class MetadataValues(Protocol):
    """Keys and tags of users."""

    def set(self, project_id: UUID, artifact: Artifact, values: Mapping[str, Value], staged: bool = False) -> None:
        """Set keys, replacing what they held."""
        ...

    def set_many(self, project_id: UUID, kind: ArtifactKind, values: Mapping[UUID, Mapping[str, Value]]) -> None:
        """Set keys of many artifacts that have no versions."""
        ...

    def values_of(
        self, project_id: UUID, kind: ArtifactKind, ids: Sequence[UUID], prefix: str = ""
    ) -> dict[UUID, dict[str, Value]]:
        """The keys that begin with `prefix`, of many artifacts that have no versions."""
        ...

    def unset(self, project_id: UUID, artifact: Artifact, keys: Iterable[str]) -> None: ...

    def tag(self, project_id: UUID, artifact: Artifact, tags: Iterable[str]) -> None: ...

    def untag(self, project_id: UUID, artifact: Artifact, tags: Iterable[str]) -> None: ...

    def get(self, project_id: UUID, artifact: Artifact) -> Metadata: ...

    def key_count(self, project_id: UUID, artifact: Artifact) -> int: ...

    def keys(self, project_id: UUID, artifact: Artifact) -> frozenset[tuple[str, bool]]:
        """The keys that an artifact carries, and whether each is staged."""
        ...

    def copy_staged(self, project_id: UUID, job_id: UUID, fileset_version: UUID) -> None:
        """Give a file set version what a job's log said of its output."""
        ...


class Search(Protocol):
    """Queries. Answers have stable, typed columns."""

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
        """The artifacts that match. `columns` None means all built-in keys, `id`, and every user key that the rows carry.
        Files and file sets have the column `reference` first."""
        ...

    def count(self, project_id: UUID, kind: ArtifactKind, condition: Condition, latest: bool) -> int: ...

    def extreme(self, project_id: UUID, kind: ArtifactKind, key: Key, condition: Condition, greatest: bool) -> Value | None:
        """The greatest or least finite value of a key among what matches, None where there is none."""
        ...


class Provenance(Protocol):
    """Actions and the file set versions that they join."""

    def add(
        self,
        project_id: UUID,
        kind: ActionKind,
        creator: UUID,
        inputs: Iterable[UUID],
        outputs: Iterable[UUID],
        job_id: UUID | None = None,
    ) -> UUID:
        """Record an action; returns its id."""
        ...

    def steps(self, project_id: UUID, nodes: Sequence[UUID], direction: Direction) -> list[Edge]:
        """The edges that leave `nodes` in a direction."""
        ...

    def edges(self, project_id: UUID, limit: int) -> list[Edge]: ...

    def makers(self, project_id: UUID, nodes: Sequence[UUID]) -> dict[UUID, Action]:
        """The action that made each node."""
        ...

    def newest_nodes(self, project_id: UUID, limit: int) -> list[UUID]: ...
