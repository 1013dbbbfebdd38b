"""References become pinned versions: resolved once, when they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import FileNotFound, FilesetNotFound
from acai_jupyter.domain.files import FileVersion, StoredFiles
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.manifest_cache import NodeCache
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import find, scan
from acai_jupyter.domain.positions import Position
from acai_jupyter.domain.references import (
    FileReference,
    FilesetReference,
    FolderReference,
    GlobReference,
    Reference,
    escape,
)
from acai_jupyter.ports.store.unit import UnitOfWork

MOST_LOOKED_AT: Final = 50_000
"""Paths that one page of a pattern looks at: some tenths of a second."""

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

    def stored(self, reference: Reference, at: Position | None, limit: int) -> tuple[StoredFiles, Position | None]:
        """What `page` gives, with where the bytes lie instead of who made them."""
        if isinstance(reference, FileReference):
            return self._stored_file(reference), None
        pins, following = self.page_of_pins(reference, at, limit)
        return self._unit.files.stored(self._project_id, pins), following

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

    def page(self, reference: Reference, at: Position | None, limit: int) -> tuple[list[FileVersion], Position | None]:
        """One page of the files that a reference means, in order of path, and where the next one begins. All pages are of one
        version of a file set, or of the lake as the first one saw it; what was deleted for good meanwhile is left out. Of a
        pattern, a page looks at so many paths only, and may hold few files or none.

        A list that is empty raises FileNotFound with its last page, unless the reference is the whole lake.
        """
        if isinstance(reference, FileReference):
            return [self.file(reference)], None
        as_now = at is None or at.moment is None
        if as_now and isinstance(reference, FolderReference) and reference.fileset is None:  # in one query
            page = self._unit.files.below(self._project_id, reference.path, None if at is None else at.after, limit)
            if not page and at is None:
                refuse_nothing(reference)
            return page, self.following(reference, at, page[-1].path) if len(page) == limit else None
        pins, following = self.page_of_pins(reference, at, limit)
        found = self._unit.files.versions_at(self._project_id, pins)
        return [found[path] for path, _ in pins if path in found], following

    def page_of_pins(
        self, reference: Reference, at: Position | None, limit: int
    ) -> tuple[list[tuple[str, int]], Position | None]:
        """The same with versions only. Raises as `page` does."""
        found = self.pins(reference, at, limit)
        if isinstance(reference, GlobReference):
            looked_at = list(islice(found, MOST_LOOKED_AT))
            pins = list(islice((pin for pin in looked_at if reference.matches(pin[0])), limit))
            more = len(pins) == limit or len(looked_at) == MOST_LOOKED_AT
            last = pins[-1] if len(pins) == limit else looked_at[-1] if more else None
        else:
            pins = list(islice(found, limit))
            more = len(pins) == limit
            last = pins[-1] if more else None
        empty = not pins and (at is None or at.empty)
        if empty and last is None:
            refuse_nothing(reference)
        return pins, None if last is None else self.following(reference, at, last[0], empty)

    def following(self, reference: Reference, at: Position | None, after: str, empty: bool = False) -> Position:
        """Where the page after this one begins, pinned to what the first page saw."""
        if at is not None:
            return replace(at, after=after, empty=empty)
        fileset = reference if isinstance(reference, FilesetReference) else reference.fileset
        if fileset is not None:
            return Position(after, version=self.fileset(fileset).version, empty=empty)
        return Position(after, moment=self._unit.files.last_moment(self._project_id), empty=empty)

    def every_file(self, reference: Reference) -> Iterator[FileVersion]:
        """All files that a reference means, as this unit of work sees them. Raises FileNotFound where it means none."""
        at: Position | None = None
        while True:
            page, at = self.page(reference, at, _PAGE)
            yield from page
            if at is None:
                return
            at = replace(at, moment=None)  # nothing comes between

    def pinned(self, pins: Sequence[tuple[str, int]]) -> list[FileVersion]:
        """These versions of these paths, in order. Where one was deleted for good since it was found, its path means the version
        that it means now; without those that mean none."""
        found = self._unit.files.versions_at(self._project_id, pins)
        gone = [path for path, _ in pins if path not in found]
        found |= self._unit.files.latest(self._project_id, gone) if gone else {}
        return [found[path] for path, _ in pins if path in found]

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

    def pins(self, reference: Reference, at: Position | None, most: int) -> Iterator[tuple[str, int]]:
        """The paths below the folder that a reference names, in order, each with its version; of a pattern also those that it
        does not match. About `most` are wanted."""
        after, moment = (None, None) if at is None else (at.after, at.moment)
        reference = _pinned(reference, at)
        if isinstance(reference, FilesetReference) or reference.fileset is not None:
            fileset, prefix, _ = _within_set(reference)
            leaves = scan(self.read_nodes, self.fileset(fileset).root, prefix, after, self.kept)
            return ((leaf.key.decode(), leaf.version) for leaf in leaves)
        assert not isinstance(reference, FileReference)
        if isinstance(reference, FolderReference):
            return self._pins_below(reference.path, after, moment, most)
        return self._pins_below(reference.prefix, after, moment, max(most, _PAGE))

    def _pins_below(self, folder: str, after: str | None, moment: int | None, most: int) -> Iterator[tuple[str, int]]:
        while True:
            pins = self._unit.files.pins_below(self._project_id, folder, after, most, moment)
            yield from pins
            if len(pins) < most:
                return
            after = pins[-1][0]


def refuse_nothing(reference: Reference) -> None:
    """Raises FileNotFound, unless the reference is the whole lake."""
    if reference != FolderReference("/"):
        raise FileNotFound(f"{reference} holds no files: see what there is with acai ls.")


def _pinned(reference: Reference, at: Position | None) -> Reference:
    """The reference, to the version of its file set that the first page was of."""
    if at is None or at.version is None:
        return reference
    if isinstance(reference, FilesetReference):
        return replace(reference, version=at.version)
    return reference if reference.fileset is None else replace(reference, fileset=replace(reference.fileset, version=at.version))


def _within_set(reference: Reference) -> tuple[FilesetReference, str, GlobReference | None]:
    """The file set of a reference, the folder below which it looks, and its pattern if it has one."""
    if isinstance(reference, FilesetReference):
        return reference, "", None
    assert reference.fileset is not None
    if isinstance(reference, GlobReference):
        return reference.fileset, reference.prefix, reference
    return reference.fileset, "" if reference.path == "/" else reference.path, None
