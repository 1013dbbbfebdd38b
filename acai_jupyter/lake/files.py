"""Files: list them, read them (paper 3.2.1, 4.4.2)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import BlobNotFound, FileNotFound, InvalidReference
from acai_jupyter.domain.files import FileVersion
from acai_jupyter.domain.paths import MOST_NAME_BYTES
from acai_jupyter.domain.positions import Position
from acai_jupyter.domain.references import FileReference, FolderReference, escape, parse
from acai_jupyter.domain.transfers import FetchableFiles
from acai_jupyter.lake.fetching import Signatures
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.ports.blobs import BlobStore
from acai_jupyter.ports.sources import SourceStore
from acai_jupyter.ports.store.unit import Store

_LAST_NAME: Final = "\U0010ffff" * (MOST_NAME_BYTES // 4 + 1)
"""No name sorts after this: it is longer than a name can be, of the last character there is."""


class Files:
    """What the lake holds, by reference. `url_seconds` is how long a download URL lasts."""

    def __init__(self, store: Store, blobs: BlobStore, sources: SourceStore, url_seconds: int) -> None:
        self._store = store
        self._blobs = blobs
        self._signatures = Signatures(blobs, sources, url_seconds)

    def page(
        self, principal: Principal, reference: str, at: Position | None, limit: int
    ) -> tuple[list[FileVersion], Position | None]:
        """One page of the files that `reference` means, and where the next begins: all pages are of what the first one saw.

        Raises InvalidReference, FileNotFound, FilesetNotFound.
        """
        principal.require(Right.READ)
        wanted = parse(reference)
        with self._store.read() as unit:
            return Resolver(unit, principal.project_id).page(wanted, at, limit)

    def one_level(
        self, principal: Principal, folder: str, at: Position | None, limit: int
    ) -> tuple[list[str | FileVersion], Position | None]:
        """One page of what stands directly in a folder: folders as paths ending in '/', files as their latest versions; and where
        the next begins. All pages are of what the first one saw.

        Raises InvalidReference, FileNotFound where the folder is empty.
        """
        principal.require(Right.READ)
        wanted = parse(folder)
        if not isinstance(wanted, FolderReference):
            raise InvalidReference(f"{folder!r} is not a folder: a folder ends with '/'.")
        with self._store.read() as unit:
            resolver = Resolver(unit, principal.project_id)
            if wanted.fileset is not None or at is not None:
                found = _one_level(resolver, wanted, at, limit)
            else:
                found = unit.files.one_level(principal.project_id, wanted.path, None, limit)
            if not found and at is None and wanted != FolderReference("/"):
                raise FileNotFound(f"{wanted} holds no files: see what there is with acai ls /.")
            following = resolver.following(wanted, at, _path(found[-1])) if len(found) == limit else None
            return found, following

    def versions(self, principal: Principal, path: str, after: int, limit: int, deleted: bool = False) -> list[FileVersion]:
        """The versions of a path, oldest first; with `deleted` also tombstones and the marks of deleted versions, by their kind.

        Raises InvalidReference, FileNotFound.
        """
        principal.require(Right.READ)
        wanted = parse(path)
        if not isinstance(wanted, FileReference) or wanted.version or wanted.fileset:
            raise InvalidReference(f"{path!r} is not a file's path; only files have versions here.")
        with self._store.read() as unit:
            found = unit.files.versions(principal.project_id, wanted.path, after, limit, deleted)
        if not found and after == 0:
            raise FileNotFound(f"There is no file {escape(wanted.path)}: see what there is with acai ls.")
        return found

    def downloads(
        self, principal: Principal, reference: str, at: Position | None, limit: int, base_url: str
    ) -> tuple[FetchableFiles, Position | None]:
        """One page of how to fetch the files that `reference` means.

        Raises InvalidReference, FileNotFound, FilesetNotFound.
        """
        principal.require(Right.READ)
        wanted = parse(reference)
        with self._store.read() as unit:
            files, following = Resolver(unit, principal.project_id).stored(wanted, at, limit)
        return self._signatures.sign(files, base_url), following

    def download(self, principal: Principal, reference: str, head: int, base_url: str) -> tuple[FetchableFiles, bytes | None]:
        """How to fetch one file, and its first bytes, at most `head`, where the platform itself serves them anyway: None where
        they lie in another store, or are not there.

        Raises InvalidReference, FileNotFound, FilesetNotFound.
        """
        principal.require(Right.READ)
        wanted = parse(reference)
        if not isinstance(wanted, FileReference):
            raise InvalidReference(f"{reference!r} is not one file: write its path, such as /data/train.json.")
        with self._store.read() as unit:
            file, _ = Resolver(unit, principal.project_id).stored(wanted, None, 1)
        found = self._signatures.sign(file, base_url)
        key = file.keys[0]
        if found.requests[0].local is None or key is None:
            return found, None
        try:
            return found, b"".join(self._blobs.read(key, found.offsets[0], min(found.sizes[0], head)))
        except BlobNotFound:
            return found, None  # whoever fetches it is told


def _one_level(resolver: Resolver, wanted: FolderReference, at: Position | None, limit: int) -> list[str | FileVersion]:
    """The same within a file set, or in the lake as the first page saw it: each folder is skipped over with one look."""
    found: list[str | tuple[str, int]] = []
    beyond = at and replace(at, after=_behind(at.after))
    ahead, more, slash = limit if wanted.fileset else 1, True, ""
    while more and len(found) < limit:
        more, most = False, min(ahead, limit - len(found))
        for path, version in islice(resolver.pins(wanted, beyond, most), most):
            name, slash, _ = path[len(wanted.path) :].partition("/")
            entry = wanted.path + name + slash
            found.append(entry if slash else (entry, version))
            beyond, more = resolver.following(wanted, at, _behind(entry)), True
            if slash:
                break  # the rest may lie below this folder
        if not wanted.fileset:
            ahead = 1 if slash else 2 * ahead  # where files follow each other, more are likely to
    return resolver.with_files(found)


def _path(entry: str | FileVersion) -> str:
    return entry if isinstance(entry, str) else entry.path


def _behind(entry: str) -> str:
    """A text that sorts after an entry of a listing, and after all that is below it where it is a folder."""
    return entry + _LAST_NAME if entry.endswith("/") else entry
