"""What the fsspec file system reads: files by blocks, and many files by as few requests as can be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import Any, Final

from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.spec import AbstractBufferedFile
from fsspec.utils import isfilelike

from acai_agent import transfer
from acai_jupyter.client import filesystem_paths as names
from acai_jupyter.client.again import entries_of, items_of, renewing
from acai_jupyter.client.client import Client
from acai_jupyter.client.files import Files
from acai_jupyter.client.filesystem_batches import Batch
from acai_jupyter.client.filesystem_listing import ListedLake, as_os_error, folders_above, os_errors
from acai_jupyter.client.parallel import at_once
from acai_jupyter.client.ranges import Span, try_spans
from acai_jupyter.client.reader import RemoteFile
from acai_jupyter.client.transport import Json, Transport, translated
from acai_jupyter.domain.errors import AcaiError, BlobNotFound, FileNotFound, Forbidden, InvalidInput, NotFound

_FEW: Final = 8
_MOST_LISTED_IN_VAIN: Final = 5_000


class LakeFile(AbstractBufferedFile):
    """A file of the lake, read through fsspec's caches. It stays at the version that it had when it was opened."""

    def __init__(self, lake: Any, path: str, remote: RemoteFile, block_size: int | None, **options: Any) -> None:
        self._remote = remote
        super().__init__(lake, path, "rb", block_size or "default", size=remote.size, **options)

    def _fetch_range(self, start: int, end: int) -> bytes:
        with os_errors():
            return self._remote.fetch(start, end - start)


class ReadLake(ListedLake):
    """Reading. Whoever reads a whole file reads what its digest promises."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._gets: Batch[tuple[str, str]] = Batch()

    def open_to_read(self, path: str, block_size: int | None, size: int | None = None, **options: Any) -> LakeFile:
        """`size` is what some callers of fsspec tell of the file; the platform knows it. Raises FileNotFoundError."""
        with os_errors():
            remote = self.ask(lambda client: client.files.remote(names.reference_of(path)))
        return LakeFile(self, path, remote, block_size, **options)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """The bytes of a file, or a part of them. Raises FileNotFoundError."""
        return bytes(self._read([path], [start], [end], "raise")[0])  # type: ignore[arg-type]

    def cat(self, path: Any, recursive: bool = False, on_error: str = "raise", **options: Any) -> Any:
        """The bytes of one file, or those of several by path, fetched together."""
        found = self.expand_path(path, recursive=recursive, **options)
        if isinstance(path, str) and found == [names.normal(path)]:
            return self.cat_file(path)
        nothing = [None] * len(found)
        read = zip(found, self._read(found, nothing, nothing, on_error, folders_above(found, names.ROOT)), strict=True)
        return {one: data for one, data in read if data is not None and (on_error != "omit" or isinstance(data, bytes))}

    def cat_ranges(
        self, paths: Any, starts: Any, ends: Any, max_gap: int | None = None, on_error: str = "return", **_: Any
    ) -> list[Any]:
        """Parts of files; those that lie near each other are fetched together (what is near, is decided here)."""
        starts, ends = ([given] * len(paths) if not isinstance(given, list) else given for given in (starts, ends))
        if not len(paths) == len(starts) == len(ends):
            raise ValueError("paths, starts and ends must have the same length.")
        return list(self._read(paths, starts, ends, on_error))

    def get(self, rpath: Any, lpath: Any, recursive: bool = False, **options: Any) -> None:
        """Download files, in parallel, each verified; what is there already with the right bytes is kept."""
        with self._gets.then(self._bring):
            super().get(rpath, lpath, recursive=recursive, **options)

    def get_file(self, rpath: str, lpath: Any, callback: Any = DEFAULT_CALLBACK, outfile: Any = None, **options: Any) -> None:
        """Download a file; a folder is made."""
        if outfile is not None or isfilelike(lpath):
            super().get_file(rpath, lpath, callback=callback, outfile=outfile, **options)
            return
        with self._gets.then(self._bring) as pairs:
            rpath, lpath = names.normal(rpath), os.fspath(lpath)
            tail = names.common_tail(rpath, lpath)
            pairs.append((rpath, names.with_tail(lpath, tail, names.local_name(rpath))))

    def _bring(self, pairs: Sequence[tuple[str, str]]) -> None:
        items = self.ask(lambda client: find_items(client, [path for path, _ in pairs]))
        folders = folders_above(items, names.ROOT)
        found = []
        for path, place in pairs:
            item = items[path]
            if not isinstance(item, AcaiError):
                found.append((item, Path(place)))
            elif is_folder_only(path, item, folders) or self.isdir(path):
                Path(place).mkdir(parents=True, exist_ok=True)
            else:
                raise as_os_error(item) from item
        if found:
            fetch_to_disk(self.client.files.transport, found)

    def _read(
        self,
        paths: Sequence[str],
        starts: Sequence[int | None],
        ends: Sequence[int | None],
        on_error: str,
        folders: Set[str] = frozenset(),
    ) -> list[bytes | Exception | None]:
        """None for those of `folders` that are no files too."""
        normal = [names.normal(path) for path in paths]
        items = self.ask(lambda client: find_items(client, normal))
        spans = [_span(items[path], start, end) for path, start, end in zip(normal, starts, ends, strict=True)]
        left_out = [
            isinstance(span, AcaiError) and is_folder_only(path, span, folders) for path, span in zip(normal, spans, strict=True)
        ]
        wrong = (span for span, left in zip(spans, left_out, strict=True) if isinstance(span, AcaiError) and not left)
        if on_error == "raise" and (error := next(wrong, None)) is not None:
            raise as_os_error(error) from error
        read = try_spans(self.client.files.transport, [span for span in spans if isinstance(span, Span)])
        if on_error == "raise" and (error := next((one for one in read if isinstance(one, AcaiError)), None)) is not None:
            raise as_os_error(error) from error
        each = iter(read)
        found = [next(each) if isinstance(span, Span) else span for span in spans]
        told = [as_os_error(one) if isinstance(one, AcaiError) else one for one in found]
        return [None if left else one for one, left in zip(told, left_out, strict=True)]


def is_folder_only(path: str, error: AcaiError, folders: Set[str]) -> bool:
    """Whether there is no file at `path`, and nothing wrong with that: it is one of `folders`."""
    return path in folders and isinstance(error, NotFound | InvalidInput) and not isinstance(error, BlobNotFound)


def find_items(client: Client, paths: Sequence[str]) -> dict[str, Json | AcaiError]:
    """How to fetch the files at normal paths, by path; for what is not there, or no file, the error that says so."""
    wanted = sorted(set(paths))
    found: dict[str, Json | AcaiError] = {}
    if len(wanted) > _FEW:
        found.update(_listed(client.files, wanted, folders_above(wanted, names.ROOT)))
    rest = [path for path in wanted if path not in found]
    found.update(zip(rest, at_once(lambda path: _one(client.files, path), rest), strict=True))
    return found


def fetch_to_disk(transport: Transport, wanted: Iterable[tuple[Json, Path]]) -> None:
    """Write files to their places, in parallel, each verified. Raises DigestMismatch, InvalidPath."""
    placed = {Path(os.path.abspath(place)): item for item, place in wanted}  # noqa: PTH100 - links stay
    root = Path(os.path.commonpath([place.parent for place in placed]))
    named = {place.relative_to(root).as_posix(): item for place, item in placed.items()}
    pins = [(item["path"], item["version"]) for item in named.values()]
    with translated():
        entries = entries_of(named)
        transfer.download(entries, root, renew=renewing(transport, entries, pins), patience_s=transport.store_patience)


def _listed(files: Files, wanted: Sequence[str], folders: Set[str]) -> dict[str, Json | AcaiError]:
    """Those that a listing of the folder above them all tells of, as long as that holds little else. Listings are in order: a
    file whose path is also one of `folders` comes before what lies in it."""
    missing = {path for path in wanted if path not in folders}
    top = names.common_folder(sorted(missing))
    doubtful = {path for path in wanted if path in folders and path.startswith(top.rstrip("/") + "/")}
    found: dict[str, Json | AcaiError] = {}
    passed = 0
    try:
        pages = files.transport.files_to_fetch("/files/downloads", ref=names.reference_of(top, folder=True))
        for item in (item for page in pages for item in items_of(page)):
            name = names.child_of(top, item["path"])
            if name in missing or name in doubtful:
                missing.discard(name)
                found[name] = item
            passed += 1
            if not missing or passed - len(found) > _MOST_LISTED_IN_VAIN:
                break
    except (NotFound, InvalidInput):
        return found  # asked for one by one, each says what is the matter with it
    if not missing:
        found.update((path, FileNotFound(f"{path} is a folder.")) for path in doubtful - found.keys())
    return found


def _one(files: Files, path: str) -> Json | AcaiError:
    try:
        return files.remote(names.reference_of(path)).item
    except (NotFound, Forbidden, InvalidInput) as error:
        return error


def _span(item: Json | AcaiError, start: int | None, end: int | None) -> Span | AcaiError:
    """As a slice of the file's bytes would be."""
    if isinstance(item, AcaiError):
        return item
    first, last, _ = slice(start, end).indices(int(item["size"]))
    return Span(item, first, max(last - first, 0))
