"""Metadata and queries (paper 3.2.3, 4.5.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import InvalidQuery, InvalidReference, JobNotFound, LimitExceeded
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.ids import Kind, read, write
from acai_jupyter.domain.metadata import (
    MOST_KEYS_AN_ARTIFACT,
    MOST_TAGS_AN_ARTIFACT,
    Artifact,
    ArtifactKind,
    Metadata,
    Value,
    check_key,
    check_tag,
    check_value,
)
from acai_jupyter.domain.queries import Asker
from acai_jupyter.domain.query_parser import parse_key, parse_order, parse_query
from acai_jupyter.domain.references import FileReference, parse, parse_fileset
from acai_jupyter.domain.tables import Column
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.store.unit import Store, UnitOfWork

MOST_ROWS: Final = 100_000
_MOST_COLUMNS: Final = 200


class MetadataService:
    """What users say of files, file sets and jobs, and how they find them again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, principal: Principal, kind: ArtifactKind, reference: str) -> Metadata:
        """All that an artifact carries. Raises InvalidReference, FileNotFound, FilesetNotFound, JobNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.metadata.get(principal.project_id, self._artifact(unit, principal, kind, reference))

    def change(
        self,
        principal: Principal,
        kind: ArtifactKind,
        reference: str,
        *,
        values: Mapping[str, object],
        unset: Sequence[str] = (),
        tag: Sequence[str] = (),
        untag: Sequence[str] = (),
    ) -> Metadata:
        """Set and unset keys, add and remove tags, in one transaction; returns what the artifact carries then.

        Raises InvalidRequest for a key that the platform sets or a value of no type, LimitExceeded, and what `get` raises.
        """
        principal.require(Right.WRITE)
        checked: dict[str, Value] = {check_key(key, kind): check_value(key, value) for key, value in values.items()}
        added = [check_tag(name) for name in tag]
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            artifact = self._artifact(unit, principal, kind, reference)
            unit.metadata.set(principal.project_id, artifact, checked)
            unit.metadata.unset(principal.project_id, artifact, unset)
            unit.metadata.tag(principal.project_id, artifact, added)
            unit.metadata.untag(principal.project_id, artifact, untag)
            if unit.metadata.key_count(principal.project_id, artifact) > MOST_KEYS_AN_ARTIFACT:
                raise LimitExceeded(f"An artifact carries at most {MOST_KEYS_AN_ARTIFACT} keys; unset some first.")
            unit.events.append(principal.project_id, EventKind.METADATA_CHANGED, artifact=_shown(artifact))
            carried = unit.metadata.get(principal.project_id, artifact)
            if added and len(carried.tags) > MOST_TAGS_AN_ARTIFACT:
                raise LimitExceeded(f"An artifact carries at most {MOST_TAGS_AN_ARTIFACT:,} tags; take some off first.")
            return carried

    def find(
        self,
        principal: Principal,
        kind: ArtifactKind,
        query: str,
        asker: Asker,
        *,
        order_by: Sequence[str] = (),
        limit: int = 1000,
        columns: Sequence[str] | None = None,
        latest: bool = False,
    ) -> list[Column]:
        """The artifacts that match, as columns; without an order the newest first.

        Raises InvalidQuery.
        """
        principal.require(Right.READ)
        if not 0 <= limit <= MOST_ROWS:
            raise InvalidQuery(f"limit={limit} is out of bounds: ask for 0 to {MOST_ROWS} rows.")
        if len(order_by) > 10 or len(columns or ()) > _MOST_COLUMNS:
            raise InvalidQuery(f"Order by at most 10 keys, and ask for at most {_MOST_COLUMNS} columns.")
        condition = parse_query(query, kind, asker)
        order = [parse_order(key, kind) for key in order_by]
        keys = None if columns is None else [parse_key(key, kind) for key in columns]
        with self._store.read() as unit:
            return unit.search.find(principal.project_id, kind, condition, order, limit, keys, latest)

    def count(self, principal: Principal, kind: ArtifactKind, query: str, asker: Asker, latest: bool = False) -> int:
        """How many artifacts match. Raises InvalidQuery."""
        principal.require(Right.READ)
        condition = parse_query(query, kind, asker)
        with self._store.read() as unit:
            return unit.search.count(principal.project_id, kind, condition, latest)

    def extreme(
        self, principal: Principal, kind: ArtifactKind, key: str, query: str, asker: Asker, greatest: bool
    ) -> Value | None:
        """The greatest or least value of a key among what matches; NaN and infinities don't count. Raises InvalidQuery."""
        principal.require(Right.READ)
        condition = parse_query(query, kind, asker)
        wanted = parse_key(key, kind)
        with self._store.read() as unit:
            return unit.search.extreme(principal.project_id, kind, wanted, condition, greatest)

    @staticmethod
    def _artifact(unit: UnitOfWork, principal: Principal, kind: ArtifactKind, reference: str) -> Artifact:
        if kind is ArtifactKind.JOBS:
            if reference.isascii() and reference.isdecimal() and len(reference) < 19:
                job = unit.jobs.by_number(principal.project_id, int(reference))
            else:
                job = unit.jobs.get(principal.project_id, read(Kind.JOB, reference))
            if job is None:
                raise JobNotFound(f"There is no job {reference}: see what there is with acai job ls.")
            return Artifact(kind, job.id)
        resolver = Resolver(unit, principal.project_id)
        if kind is ArtifactKind.FILESETS:
            return Artifact(kind, resolver.fileset(parse_fileset(reference)).id)
        wanted = parse(reference)
        if not isinstance(wanted, FileReference):
            raise InvalidReference(f"{reference!r} is not one file: metadata hangs on a file, a file set or a job.")
        file = resolver.file(wanted)
        return Artifact(kind, file.path_id, file.version)


def _shown(artifact: Artifact) -> str:
    kinds = {ArtifactKind.FILES: Kind.PATH, ArtifactKind.FILESETS: Kind.FILESET_VERSION, ArtifactKind.JOBS: Kind.JOB}
    shown = write(kinds[artifact.kind], artifact.id)
    return f"{shown}:{artifact.version}" if artifact.version else shown
