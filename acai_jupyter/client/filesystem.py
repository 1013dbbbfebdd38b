"""The lake as a file system for pandas, pyarrow, dask and all that reads by fsspec: `acai:///data/train.csv@Digits:1`."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from glob import has_magic
from pathlib import Path
from typing import Any, Final

from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.compression import compr
from fsspec.core import get_compression

from acai_jupyter.client import filesystem_paths as names
from acai_jupyter.client.copies import copy_files
from acai_jupyter.client.filesystem_batches import Batch
from acai_jupyter.client.filesystem_listing import as_os_error, folders_above, os_errors
from acai_jupyter.client.filesystem_reads import ReadLake, find_items, is_folder_only
from acai_jupyter.client.filesystem_transactions import Removal, SessionTransaction
from acai_jupyter.client.filesystem_writes import Compressed, Draft, Given, Outgoing, Text, moment
from acai_jupyter.client.reader import RemoteFile
from acai_jupyter.client.transport import Json
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.references import escape

_TEXT_OPTIONS: Final = ("encoding", "errors", "newline")
_PIECE: Final = 4 * 1024 * 1024


class LakeFileSystem(ReadLake):
    """Files are immutable versions: writing makes a new one when the file is closed, a transaction makes all at once.

    `url`, `token` and `home` choose the platform as `acai_jupyter.connect` does. There are no empty folders: making one
    does nothing, writing into it does.
    """

    transaction_type = SessionTransaction

    def __init__(self, url: str | None = None, token: str | None = None, home: str | None = None, **options: Any) -> None:
        super().__init__(url, token, home, **options)
        self._puts: Batch[Given] = Batch()
        self._copies: Batch[tuple[str, str]] = Batch()

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        path = names.normal(path)
        if mode == "rb":
            return self.open_to_read(path, block_size, cache_options=cache_options, **options)
        if mode not in ("wb", "xb", "ab"):
            raise io.UnsupportedOperation(f"mode={mode!r}: files of the lake are read (rb), written (wb, xb) or continued (ab).")
        place = names.file_in_lake(path)
        there = mode != "wb" and self.isfile(path)
        if there and mode == "xb":
            raise FileExistsError(f"{path} exists already.")
        draft = Draft(place, self.deliver if autocommit else None)
        if there:
            with os_errors():
                self._fill(draft, self.ask(lambda client: client.files.remote(names.reference_of(path))))
        return draft

    def open(self, path: str, mode: str = "rb", *args: Any, compression: str | None = None, **options: Any) -> Any:
        """A file to read, or to write as a new version. As fsspec's, but closing a compressed one closes the file too."""
        if "r" in mode:
            return super().open(path, mode, *args, compression=compression, **options)
        names.check_file(os.fspath(path))
        text = {name: options.pop(name) for name in _TEXT_OPTIONS if name in options and "b" not in mode}
        draft = super().open(path, mode.replace("t", "").replace("b", "") + "b", *args, **options)
        kind = get_compression(path, compression)
        if kind is not None:
            draft = Compressed(compr[kind](draft, mode="w"), draft)
        return draft if "b" in mode else Text(draft, **text)

    def deliver(self, files: Iterable[Outgoing]) -> None:
        """Make new versions of files, all at once; within a transaction, at its end. Of two for one path the last counts."""
        waiting = list(files)
        if self._intrans:
            self.transaction.files.extend(waiting)
            return
        sources = {file.path.removeprefix("/"): file.source for file in waiting}
        with os_errors():
            self.client.files.upload(sources, "/")

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Make a version of bytes. Raises FileExistsError where `mode` is `create` and there is one."""
        names.check_file(path)
        self._refuse_to_overwrite(path, mode)
        with self._puts.then(self.deliver) as waiting:
            waiting.append(Given(names.file_in_lake(path), bytes(value)))

    def pipe(self, path: Any, value: bytes | None = None, **options: Any) -> None:
        """Make a version of bytes, or of several by path, all at once."""
        for one in [path] if isinstance(path, str) else path:
            names.check_file(one)
        with self._puts.then(self.deliver):
            super().pipe(path, value, **options)

    def put(self, lpath: Any, rpath: Any, recursive: bool = False, **options: Any) -> None:
        """Upload files, all at once; what the store has is not sent."""
        with self._puts.then(self.deliver):
            super().put(lpath, rpath, recursive=recursive, **options)

    def put_file(self, lpath: Any, rpath: str, callback: Any = DEFAULT_CALLBACK, mode: str = "overwrite", **_: Any) -> None:
        """Upload a file; of a folder nothing is to be made."""
        local = os.fspath(lpath)
        if Path(local).is_dir():
            return
        names.check_file(rpath)
        # The names that fsspec took over from the local disk are literal.
        tail = names.common_tail(local.replace(os.sep, "/"), rpath)
        path = names.normal(names.with_tail(rpath, tail, escape(rpath)))
        self._refuse_to_overwrite(path, mode)
        with self._puts.then(self.deliver) as waiting:
            waiting.append(Given(names.file_in_lake(path), Path(local)))

    def touch(self, path: str, truncate: bool = True, **_: Any) -> None:
        """Make an empty version. Raises io.UnsupportedOperation where only the time of one that exists is to change."""
        if not truncate and self.exists(path):
            raise io.UnsupportedOperation("A version of a file never changes, nor does its time.")
        self.pipe_file(path, b"")

    def copy(self, path1: Any, path2: Any, recursive: bool = False, **options: Any) -> None:
        """Make versions elsewhere of the same bytes, all at once; nothing is sent."""
        with self._copies.then(self._copy):
            super().copy(path1, path2, recursive=recursive, **options)

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        """Make a version elsewhere of the same bytes. Raises FileNotFoundError."""
        with self._copies.then(self._copy) as pairs:
            pairs.append((names.normal(path1), names.normal(path2)))

    def rm_file(self, path: str) -> None:
        """Hide a file by a tombstone, or delete a version of it (`/data/a.csv:3`). Raises FileNotFoundError."""
        self._remove(names.normal(path), folder=False)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Hide files, and with `recursive` all that folders hold. Raises FileNotFoundError."""
        if recursive and maxdepth is None:
            given = [path] if isinstance(path, str | os.PathLike) else list(path)
            if not any(has_magic(os.fspath(one)) for one in given):
                for one in self._strip_protocol(given):
                    self._rm_all(one)
                return
        for one in self.expand_path(path, recursive=recursive, maxdepth=maxdepth):
            if not (recursive and self.isdir(one)):
                self.rm_file(one)

    def _rm_all(self, path: str) -> None:
        is_file = self.isfile(path)
        if is_file:
            self.rm_file(path)
        try:
            self._remove(path, folder=True)
        except FileNotFoundError:
            if not is_file:
                raise

    def _remove(self, path: str, folder: bool) -> None:
        """Remove something; within a transaction, at its end. Raises FileNotFoundError."""
        if not self._intrans:
            with os_errors():
                self.client.files.delete(names.reference_of(path, folder=folder), recursive=folder)
            return
        if not (self._below(path, recursive=False, limit=1) if folder else self.isfile(path)):
            raise FileNotFoundError(f"There is nothing at {path} to remove.")
        self.transaction.removals.append(Removal(path, folder, moment()))

    def remove(self, path: str, folder: bool, but: Set[str]) -> None:
        """Remove a file, or all of a folder, except the lake paths `but`; what is gone meanwhile is gone."""
        below = names.local_name(path).rstrip("/") + "/"
        if not folder:
            going = [(path, False)] if names.plain_file(path) not in but else []
        elif any(one.startswith(below) for one in but):
            going = [(one, False) for one in self.find(path) if names.plain_file(one) not in but]
        else:
            going = [(path, True)]
        for one, whole_folder in going:
            with suppress(FileNotFoundError):
                self._remove(one, whole_folder)

    def _refuse_to_overwrite(self, path: str, mode: str) -> None:
        if mode == "create" and self.exists(path):
            raise FileExistsError(f"{path} exists already.")

    def _fill(self, draft: Draft, remote: RemoteFile) -> None:
        """Write a file of the lake into a draft, piece by piece. Raises DigestMismatch."""
        try:
            with os_errors():
                shutil.copyfileobj(remote, draft, _PIECE)
        except BaseException:
            draft.discard()
            raise

    def _drafts_of(self, found: Mapping[str, Json]) -> list[Draft]:
        """Files of the lake as drafts for other paths, closed: all of them, or none. Raises DigestMismatch."""
        made: list[Draft] = []
        try:
            for path, item in found.items():
                with Draft(path, None) as draft:
                    self._fill(draft, RemoteFile(self.client.files.transport, path, item))
                made.append(draft)
        except BaseException:
            for draft in made:
                draft.discard()
            raise
        return made

    def _copy(self, pairs: Sequence[tuple[str, str]]) -> None:
        wanted = {target: source for source, target in pairs}
        items = self.ask(lambda client: find_items(client, list(wanted.values())))
        folders = folders_above(items, names.ROOT)
        found = {}
        for target, source in wanted.items():
            item = items[source]
            if not isinstance(item, AcaiError):
                found[names.file_in_lake(target)] = item
            elif not is_folder_only(source, item, folders) and not self.isdir(source):
                raise as_os_error(item) from item
        if self._intrans:
            self.transaction.files.extend(self._drafts_of(found))
        elif found:
            with os_errors():
                copy_files(self.client.files.transport, found)
