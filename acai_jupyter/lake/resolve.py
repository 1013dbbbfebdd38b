"""References become pinned versions: resolved once, when they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import FileNotFound, FilesetNotFound
from acai_jupyter.domain.files import FileVersion, StoredFiles
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.manifest_cache import NodeCache
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import find, scan
from acai_jupyter.domain.references import (
    FileReference,
    FilesetReference,
    FolderReference,
    GlobReference,
    Reference,
    escape,
)
from acai_jupyter.ports.store.unit import UnitOfWork

_PAGE: Final = 1000

NODES: Final = NodeCache(64 * 1024 * 1024)
"""Nodes that this process has read or written lately."""


class Resolver:
    """Reads references within one unit of work and one project."""

    def __init__(self, unit: UnitOfWork, project_id: UUID) -> None:
        self._unit = unit
        self._project_id = project_id
        self._files: dict[tuple[str, int | None], FileVersion] = {}
        self._filesets: dict[FilesetReference, FilesetVersion] = {}
        self.kept = NODES.of(project_id)

    def look_up(self, references: Sequence[Reference]) -> None:
        """Look up together the files among these that are named one by one; `file` knows them then."""
        named = [one for one in references if isinstance(one, FileReference) and one.fileset is None]
        rounds: list[dict[str, int | None]] = []  # in each, a path stands once
        for path, version in dict.fromkeys((one.path, one.version) for one in named):
            free = next((some for some in rounds if path not in some), None)
            if free is None:
                rounds.append(free := {})
            free[path] = version
        for some in rounds:
            pins = [(path, version) for path, version in some.items() if version is not None]
            latest = [path for path, version in some.items() if version is None]
            found = self._unit.files.versions_at(self._project_id, pins) | self._unit.files.latest(self._project_id, latest)
            self._files |= {(path, some[path]): file for path, file in found.items()}

    def fileset(self, reference: FilesetReference) -> FilesetVersion:
        """Raises FilesetNotFound."""
        found = self._filesets.get(reference) or self._unit.filesets.get(self._project_id, reference.name, reference.version)
        if found is not None:
            self._filesets[reference] = found
            return found
        if reference.version and self._unit.filesets.get(self._project_id, reference.name, None):
            raise FilesetNotFound(f"File set {reference.name} has no version {reference.version} (any more).")
        raise FilesetNotFound(f"There is no file set {reference.name}: see what there is with acai fileset ls.")

    def file(self, reference: FileReference) -> FileVersion:
        """Raises FileNotFound, FilesetNotFound."""
        version = reference.version
        if reference.fileset is None and (reference.path, version) in self._files:
            return self._files[reference.path, version]
        if reference.fileset is not None:
            version = self._held(reference)
        if version is None:
            found = self._unit.files.latest(self._project_id, [reference.path])
        else:
            found = self._unit.files.versions_at(self._project_id, [(reference.path, version)])
        if reference.path not in found:
            raise self._no_file(reference)
        return found[reference.path]

    def _no_file(self, reference: FileReference) -> FileNotFound:
        gone = f"There is no file {reference} (any more): see what there is with acai ls."
        return FileNotFound(self.instead_of(reference) or gone)

    def instead_of(self, reference: FileReference) -> str | None:
        """What stands where there is no file, and what to do: a folder of this name, or the tombstone that hides the path."""
        folder = FolderReference(reference.path + "/", reference.fileset)
        if reference.version is not None:
            return None
        if reference.fileset is not None:
            inside = next(iter(self.leaves(folder)), None) is not None
        else:
            inside = bool(self._unit.files.below(self._project_id, folder.path, None, 1))
        if inside:
            return f"{reference} is a folder: write {folder} for the files below it."
        hidden = None if reference.fileset else self._unit.deletions.tombstone(self._project_id, reference.path)
        if hidden is None:
            return None
        return f"{reference} is hidden, since somebody deleted it: delete {reference}:{hidden} to bring it back."

    def _held(self, reference: FileReference) -> int:
        """The version of a file that its file set holds. Raises FileNotFound, FilesetNotFound."""
        assert reference.fileset is not None
        fileset = self.fileset(reference.fileset)
        leaf = find(self.read_nodes, fileset.root, [reference.path], self.kept).get(reference.path)
        if leaf is None:
            raise FileNotFound(self.instead_of(reference) or f"File set {fileset.label} holds no {escape(reference.path)}.")
        return leaf.version

    def stored(self, reference: Reference, after: str | None, limit: int) -> tuple[StoredFiles, str | None]:
        """What `files` gives, with where the bytes lie instead of who made them."""
        if isinstance(reference, FileReference):
            return self._stored_file(reference), None
        pins = list(self._pins(reference, after, limit))
        if not pins and after is None and reference != FolderReference("/"):
            raise _nothing(reference)
        return self._unit.files.stored(self._project_id, pins), pins[-1][0] if len(pins) == limit else None

    def _stored_file(self, reference: FileReference) -> StoredFiles:
        if reference.fileset is not None:
            version: int | None = self._held(reference)
        else:
            version = reference.version
        if version is None:
            version = self.file(reference).version
        found = self._unit.files.stored(self._project_id, [(reference.path, version)])
        if not found.paths:
            raise self._no_file(reference)
        return found

    def files(self, reference: Reference, after: str | None, limit: int) -> tuple[list[FileVersion], str | None]:
        """One page of the files that a reference means, in order of path, and the path after which the next page begins.

        A first page that is empty raises FileNotFound, unless the reference is the whole lake.
        """
        if isinstance(reference, FileReference):
            return [self.file(reference)], None
        page = self._matching(reference, after, limit)
        if not page and after is None and reference != FolderReference("/"):
            raise _nothing(reference)
        return page, page[-1].path if len(page) == limit else None

    def every_file(self, reference: Reference) -> Iterator[FileVersion]:
        """All files that a reference means. Raises FileNotFound where it means none."""
        after: str | None = None
        while True:
            page, after = self.files(reference, after, _PAGE)
            yield from page
            if after is None:
                return

    def with_files(self, entries: Sequence[str | tuple[str, int]]) -> list[str | FileVersion]:
        """The same entries, with the files for paths and versions; without those whose version is gone."""
        found = self._unit.files.versions_at(self._project_id, [entry for entry in entries if not isinstance(entry, str)])
        files = (entry if isinstance(entry, str) else found.get(entry[0]) for entry in entries)
        return [entry for entry in files if entry is not None]

    def leaves(self, reference: Reference, after: str | None = None) -> Iterator[Leaf]:
        """The entries of a manifest that a reference into a file set means, from the first beyond the path `after`."""
        fileset, prefix, pattern = _within_set(reference)
        for leaf in scan(self.read_nodes, self.fileset(fileset).root, prefix, after, self.kept):
            if pattern is None or pattern.matches(leaf.key.decode()):
                yield leaf

    def read_nodes(self, digests: Sequence[bytes]) -> Mapping[bytes, bytes]:
        return self._unit.filesets.read_nodes(self._project_id, digests)

    def _matching(self, reference: Reference, after: str | None, limit: int) -> list[FileVersion]:
        if isinstance(reference, FolderReference) and reference.fileset is None:
            return self._unit.files.below(self._project_id, reference.path, after, limit)
        pins = list(self._pins(reference, after, limit))
        found = self._unit.files.versions_at(self._project_id, pins)
        return [found[path] for path, _ in pins if path in found]

    def _pins_in_set(self, reference: Reference, after: str | None, limit: int) -> Iterator[tuple[str, int]]:
        fileset, prefix, pattern = _within_set(reference)
        leaves = scan(self.read_nodes, self.fileset(fileset).root, prefix, after, self.kept)
        pins = ((leaf.key.decode(), leaf.version) for leaf in leaves)
        return islice(pins if pattern is None else (pin for pin in pins if pattern.matches(pin[0])), limit)

    def _pins(self, reference: Reference, after: str | None, limit: int) -> Iterator[tuple[str, int]]:
        """The paths that a reference means, in order, each with its version."""
        if isinstance(reference, FilesetReference) or reference.fileset is not None:
            return self._pins_in_set(reference, after, limit)
        assert not isinstance(reference, FileReference)
        if isinstance(reference, FolderReference):
            return iter(self._unit.files.pins_below(self._project_id, reference.path, after, limit))
        pins = self._pins_below(reference.prefix, after)
        return islice((pin for pin in pins if reference.matches(pin[0])), limit)

    def _pins_below(self, folder: str, after: str | None) -> Iterator[tuple[str, int]]:
        while True:
            pins = self._unit.files.pins_below(self._project_id, folder, after, _PAGE)
            yield from pins
            if len(pins) < _PAGE:
                return
            after = pins[-1][0]


def _nothing(reference: Reference) -> FileNotFound:
    return FileNotFound(f"{reference} holds no files: see what there is with acai ls.")


def _within_set(reference: Reference) -> tuple[FilesetReference, str, GlobReference | None]:
    """The file set of a reference, the folder below which it looks, and its pattern if it has one."""
    if isinstance(reference, FilesetReference):
        return reference, "", None
    assert reference.fileset is not None
    if isinstance(reference, GlobReference):
        return reference.fileset, reference.prefix, reference
    return reference.fileset, "" if reference.path == "/" else reference.path, None
