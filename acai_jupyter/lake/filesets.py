"""File sets: created from references, with the dependencies that these imply (paper 3.2.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import EmptyFileset, FilesetNotFound
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.files import FileVersion
from acai_jupyter.domain.filesets import CreatedFileset, FilesetSummary, FilesetVersion
from acai_jupyter.domain.ids import Kind, read, write
from acai_jupyter.domain.manifest_differences import Change, diff
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import Built, apply, build
from acai_jupyter.domain.provenance import ActionKind
from acai_jupyter.domain.references import (
    FileReference,
    FilesetReference,
    FolderReference,
    GlobReference,
    Reference,
    check_fileset_name,
    parse,
    parse_fileset,
)
from acai_jupyter.lake.resolve import Resolver, refuse_nothing
from acai_jupyter.lake.searching import Matches, matches_of
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_Found = Mapping[GlobReference, Matches]
_MOST_SEARCHES: Final = 3


class _Moved(Exception):
    """A file set has another version than the one that was searched."""


@dataclass
class _Collected:
    """What a list of references comes to: a manifest to start from, the entries that override it, and the sources."""

    root: bytes | None = None
    entries: dict[bytes, Leaf | None] = field(default_factory=dict)
    sources: set[UUID] = field(default_factory=set)
    job_ids: set[UUID] = field(default_factory=set)


class Filesets:
    """Named, versioned, immutable lists of file versions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, principal: Principal, name: str, references: Sequence[str], key: str | None = None) -> CreatedFileset:
        """A new version of `name` that holds what the references mean; later ones override earlier ones on one path.

        Patterns mean what they do at one moment, when the call begins, all else what it does when the version is made. It
        depends on every file set that was read, and on the output of every job that wrote a file taken by path. Where the
        latest version holds exactly this already, nothing is made. `key` makes a repeated call return the first one's answer.

        Raises InvalidName, InvalidReference, FileNotFound, FilesetNotFound, EmptyFileset, Forbidden.
        """
        principal.require(Right.WRITE)
        check_fileset_name(name)
        parsed = _once(map(_parse, references))
        if not parsed:
            raise EmptyFileset("A file set needs at least one file: name references such as /data/ or @Digits.")
        asked = hashlib.sha256("\n".join([name, *references]).encode()).digest()
        patterns = [reference for reference in parsed if isinstance(reference, GlobReference)]
        for _ in range(_MOST_SEARCHES):
            found = matches_of(self._store, principal.project_id, patterns) if patterns else {}
            try:
                return self._create(principal, name, parsed, found, key, asked)
            except _Moved:
                continue
        # Others make versions faster than one of them can be searched: the latest is searched while they wait.
        lake = {pattern: matches for pattern, matches in found.items() if pattern.fileset is None}
        return self._create(principal, name, parsed, lake, key, asked)

    def _create(
        self, principal: Principal, name: str, parsed: Sequence[Reference], found: _Found, key: str | None, asked: bytes
    ) -> CreatedFileset:
        """Raises _Moved where a file set has another version than the one in which a pattern's matches were `found`."""
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            first = key and unit.idempotency.answer(principal.project_id, principal.user_id, key, asked)
            if first:
                made, _, unchanged = first.partition(" ")
                return CreatedFileset(self._by_id(unit, principal, read(Kind.FILESET_VERSION, made)), bool(unchanged))
            resolver = Resolver(unit, principal.project_id)
            collected = _collect(resolver, parsed, found)
            collected.sources |= unit.filesets.outputs_of(principal.project_id, collected.job_ids)
            created = add_version(unit, principal, name, _content(resolver, collected), collected.sources)
            if key:
                answer = write(Kind.FILESET_VERSION, created.version.id) + (" unchanged" if created.unchanged else "")
                unit.idempotency.keep(principal.project_id, principal.user_id, key, asked, answer)
        return created

    def get(self, principal: Principal, reference: str) -> FilesetVersion:
        """Raises InvalidReference, FilesetNotFound."""
        principal.require(Right.READ)
        wanted = parse_fileset(reference)
        with self._store.read() as unit:
            return Resolver(unit, principal.project_id).fileset(wanted)

    def page(self, principal: Principal, after: str | None, limit: int) -> list[FilesetSummary]:
        """File sets in order of name."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.filesets.page(principal.project_id, after, limit)

    def versions(self, principal: Principal, name: str, after: int, limit: int) -> list[FilesetVersion]:
        """Raises FilesetNotFound where there is no such file set."""
        principal.require(Right.READ)
        wanted = parse_fileset(name)
        with self._store.read() as unit:
            found = unit.filesets.versions(principal.project_id, wanted.name, after, limit)
            if not found and after == 0:
                raise FilesetNotFound(f"There is no file set {wanted.name}: see what there is with acai fileset ls.")
            return found

    def diff(self, principal: Principal, before: str, after: str, limit: int, start: str | None = None) -> list[Change]:
        """The first `limit` paths beyond `start` whose versions differ between two file sets.

        Raises InvalidReference, FilesetNotFound.
        """
        principal.require(Right.READ)
        wanted = parse_fileset(before), parse_fileset(after)
        with self._store.read() as unit:
            resolver = Resolver(unit, principal.project_id)
            left, right = (resolver.fileset(reference) for reference in wanted)
            return list(islice(diff(resolver.read_nodes, left.root, right.root, start, resolver.kept), limit))

    @staticmethod
    def _by_id(unit: UnitOfWork, principal: Principal, version_id: UUID) -> FilesetVersion:
        found = unit.filesets.by_id(principal.project_id, [version_id])
        if version_id not in found:
            raise FilesetNotFound("The file set that the first call made is gone.")
        return found[version_id]


def add_version(unit: UnitOfWork, principal: Principal, name: str, content: Built, sources: Iterable[UUID]) -> CreatedFileset:
    """The next version of `name`, made by the principal from `sources`, or the latest one where it holds the same.

    Raises EmptyFileset. Call `lock_project` first.
    """
    if not content.file_count:
        raise EmptyFileset(f"File set {name} would be empty: check the references.")
    latest = unit.filesets.get(principal.project_id, name, None)
    if latest is not None and latest.root == content.root:
        return CreatedFileset(latest, unchanged=True)
    version = unit.filesets.add(principal.project_id, name, content, principal.user_id, None)
    unit.provenance.add(principal.project_id, ActionKind.CREATION, principal.user_id, sources, [version.id])
    announce(unit, version, principal.project_id)
    return CreatedFileset(version, unchanged=False)


def announce(unit: UnitOfWork, version: FilesetVersion, project_id: UUID) -> None:
    """Tell the world of a new file set version."""
    fileset = write(Kind.FILESET_VERSION, version.id)
    unit.events.append(project_id, EventKind.FILESET_CREATED, fileset=fileset, label=version.label)


def _once(references: Iterable[Reference]) -> list[Reference]:
    """Each of them where it stands last: there it overrides what stood before."""
    return list(dict.fromkeys(reversed(list(references))))[::-1]


def _parse(text: str) -> Reference:
    reference = parse(text)
    if isinstance(reference, FolderReference) and reference.path == "/" and reference.fileset is not None:
        return reference.fileset
    return reference


def _collect(resolver: Resolver, references: Sequence[Reference], found: _Found) -> _Collected:
    collected = _Collected()
    resolver.look_up(references)
    for position, reference in enumerate(references):
        fileset = reference if isinstance(reference, FilesetReference) else reference.fileset
        if fileset is not None:
            collected.sources.add(resolver.fileset(fileset).id)
        if isinstance(reference, FilesetReference) and position == 0:
            collected.root = resolver.fileset(reference).root
        elif fileset is not None and not isinstance(reference, FileReference):
            _overlay_leaves(collected, resolver, reference, found)
        else:
            for file in _files(resolver, reference, found):
                path = file.path.encode()
                collected.entries[path] = Leaf(path, file.version, file.size)
                if file.job_id is not None and fileset is None:
                    collected.job_ids.add(file.job_id)
    return collected


def _files(resolver: Resolver, reference: Reference, found: _Found) -> Iterable[FileVersion]:
    if not isinstance(reference, GlobReference) or reference not in found:
        return resolver.every_file(reference)
    files = resolver.pinned(found[reference].pins)
    if not files:
        refuse_nothing(reference)
    return files


def _overlay_leaves(collected: _Collected, resolver: Resolver, reference: Reference, found: _Found) -> None:
    if isinstance(reference, GlobReference) and reference.fileset is not None and reference in found:
        if resolver.fileset(reference.fileset).root != found[reference].root:
            raise _Moved
        leaves: Iterable[Leaf] = found[reference].leaves
    else:
        leaves = resolver.leaves(reference)
    entries = {leaf.key: leaf for leaf in leaves}
    if not entries:
        raise EmptyFileset(f"{reference} holds no files: check the folder or pattern.")
    collected.entries.update(entries)


def _content(resolver: Resolver, collected: _Collected) -> Built:
    if collected.root is not None:
        return apply(resolver.read_nodes, collected.root, collected.entries, resolver.kept)
    return build(leaf for _, leaf in sorted(collected.entries.items()) if leaf is not None)
