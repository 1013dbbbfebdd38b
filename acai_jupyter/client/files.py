"""Files of the lake."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from acai_jupyter.client.local_files import Sources, for_lake
from acai_jupyter.client.progress import bar, somebody_looks
from acai_jupyter.client.records import (
    Deletion,
    File,
    Fileset,
    Folder,
    Records,
    Reference,
    Restoration,
    UploadedFile,
    fileset_record,
    record,
    several,
    written,
)
from acai_jupyter.client.registering import register
from acai_jupyter.client.sending import send
from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.clock import read as read_time
from acai_jupyter.domain.errors import FileNotFound, InvalidInput, InvalidReference
from acai_jupyter.domain.references import FileReference, parse
from acai_jupyter.domain.texts import name_as_text, shown

if TYPE_CHECKING:
    from acai_agent.transfer import LocalFile
    from acai_jupyter.client.reader import RemoteFile


_MOST_NAMED: Final = 5
_HEAD: Final = 32 * 1024
"""Bytes of a file that come with how to fetch it: who opens a file wants its beginning."""


class Upload:
    """What an upload made: its files, and the file set version where one was named. `unchanged` says that the lake held all
    of it already; files and version are asked for when somebody looks at them. `skipped` are the names of what was no regular
    file in the folder, such as a link to a folder. `verb` says how they came into the lake."""

    def __init__(
        self,
        id: str,
        count: int,
        fileset: Callable[[], Fileset] | None,
        unchanged: bool,
        load: Callable[[], Iterable[Json]],
        verb: str = "Uploaded",
        skipped: Sequence[str] = (),
    ) -> None:
        self.id = id
        self._load_fileset = fileset
        self.unchanged = unchanged
        self._count = count
        self._load = load
        self._verb = verb
        self.skipped = tuple(map(name_as_text, skipped))

    @cached_property
    def fileset(self) -> Fileset | None:
        """The version of the file set that was named."""
        return self._load_fileset and self._load_fileset()

    @cached_property
    def files(self) -> Records[UploadedFile]:
        """A record a file: path, version, size, and whether the latest version had these bytes already."""
        made = (record(UploadedFile, item) for item in self._load())
        return Records((replace(file, unchanged=True) for file in made) if self.unchanged else made, UploadedFile)

    def __repr__(self) -> str:
        new = 0 if self.unchanged else sum(not file.unchanged for file in self.files)
        said = f"{new} new, {self._count - new} unchanged"
        files = "1 file" if self._count == 1 else f"{self._count} files"
        return f"{self._verb} {files} ({said})" + (f" as {self.fileset}" if self.fileset else "") + self._left_out()

    def _left_out(self) -> str:
        if not self.skipped:
            return ""
        more = f" and {len(self.skipped) - _MOST_NAMED} more" if len(self.skipped) > _MOST_NAMED else ""
        named = (name if name.isprintable() else shown(name) for name in self.skipped[:_MOST_NAMED])
        return f"\nLeft out what is no regular file, or a link to a folder: {', '.join(named)}{more}"


class Files:
    """Immutable versions 1, 2, 3 … per path."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(
        self,
        source: Sources,
        destination: str,
        *,
        fileset: str | None = None,
        progress: bool | None = None,
    ) -> Upload:
        """Upload a file, a folder, a pattern, bytes, an open file, or a list of them; bytes that the store has are not sent.

        A folder's contents go below a `destination` that ends in '/'; without it, `destination` is the file's path. In a list
        every folder keeps its name, as with `cp -r a b to/`, and no two may have the same. A mapping gives each file its name
        below the destination. A pattern such as `runs/*` means the files and folders that a shell would put in its place (with
        `**` files only), under their names below the folder before its first wildcard. In a folder, links to files are
        followed, links to folders are left out, and told as `skipped`. All files get their versions at once, or none.
        `fileset` makes a version of exactly these files.

        Raises FileNotFound, InvalidInput for what is nothing to upload, InvalidPath with all names that can be no path,
        InvalidReference, InvalidName, DigestMismatch where a file changes meanwhile.
        """
        skipped: list[str] = []
        with ExitStack() as copies:
            files = for_lake(source, destination, skipped, copies)
            with bar("Uploading", somebody_looks() if progress is None else progress) as on_progress:
                answer, before = send(self._transport, files, fileset, on_progress)
        return self._made(answer, before, "Uploaded", files, skipped)

    def register(self, source: str, destination: str, *, fileset: str | None = None, progress: bool | None = None) -> Upload:
        """Take files of the platform's own machine into the lake without copying them: all below the folder `source`, or one
        file, such as `file:///mnt/data/`. They are pinned by size and time of the last write; where one is another later, or is
        gone, every read says so (`source_changed`).

        A folder's contents go below a `destination` that ends in '/', but what an .acaiignore there excludes, and links to
        folders, which are told as `skipped`; all files get their versions at once, or none. `fileset` makes a version of exactly
        these files. Registering again makes new versions of what has changed since.

        Raises SourceNotAllowed where the platform's setting `register_folders` does not name the folder, BackendNotBuilt for
        `s3:`, FileNotFound, InvalidPath, InvalidReference, InvalidName, Forbidden.
        """
        skipped: list[str] = []
        with bar("Registering", somebody_looks() if progress is None else progress, unit=" files") as on_progress:
            answer = register(self._transport, source, destination, fileset, on_progress, skipped)
        return self._made(answer, False, "Registered", skipped=skipped)

    def _made(
        self, answer: Json, before: bool, verb: str, files: Sequence[LocalFile] | None = None, skipped: Sequence[str] = ()
    ) -> Upload:
        version = answer.get("fileset")
        return Upload(
            answer["id"],
            answer["file_count"] if files is None else len(files),
            (lambda: fileset_record(self._transport, self._transport.get("/filesets/version", ref=version))) if version else None,
            before,
            lambda: self._every_file(answer, files or ()),
            verb,
            skipped,
        )

    def _every_file(self, answer: Json, files: Sequence[LocalFile]) -> Iterable[Json]:
        """What an upload made of its files. Where it builds on others, the rest is as those made it."""
        if not answer.get("base"):
            return self._transport.pages(f"/uploads/{answer['id']}/files")
        uploads = [answer]
        while uploads[-1].get("base"):
            uploads.append(self._transport.get(f"/uploads/{uploads[-1]['base']}"))
        found: dict[str, Json] = {}
        for upload in reversed(uploads):
            for item in self._transport.pages(f"/uploads/{upload['id']}/files"):
                found[item["path"]] = item if upload is answer else {**item, "unchanged": True}
        return [found[file.path] for file in files]

    @property
    def transport(self) -> Transport:
        """The connection, for the file system of fsspec."""
        return self._transport

    def list(self, reference: Reference = "/", *, recursive: bool = True, limit: int | None = None) -> Records[File | Folder]:
        """The files that a reference means: `/data/` every file below, `/data/*.json`, `/data/@Digits:1` …

        With `recursive=False` one level of a folder: its folders and files. `limit` is how many to list at most.

        Raises InvalidReference, FileNotFound, FilesetNotFound.
        """
        items = self._transport.pages("/files", most=limit, ref=written(reference), recursive=recursive)
        return Records((_entry(item) for item in items), (File, Folder))

    def versions(self, path: str, *, deleted: bool = False) -> Records[File]:
        """All versions of a file, oldest first; with `deleted` also the tombstones that hid it and the marks of versions that
        are gone, told by their `kind`. Raises InvalidReference, FileNotFound."""
        items = self._transport.pages("/files/versions", path=path, deleted=deleted)
        return Records((record(File, item) for item in items), File)

    def get(self, reference: Reference) -> File:
        """One file. Raises InvalidReference, FileNotFound."""
        reference = written(reference)
        if not isinstance(parse(reference), FileReference):
            raise InvalidReference(f"{reference!r} is not one file: write its path, such as /data/train.json.")
        return record(File, self._transport.get("/files", ref=reference)["items"][0])

    def download(
        self,
        references: Reference | Iterable[Reference],
        to: str | os.PathLike[str] = ".",
        *,
        progress: bool | None = None,
    ) -> Sequence[Path]:
        """Write files below the folder `to`, in parallel, each verified; returns where they are.

        A folder's or pattern's files keep their names below it, a file set's their whole paths; one file goes into `to` by
        its name, or, where `to` is no folder and does not end in '/', becomes `to`.

        Raises InvalidReference, FileNotFound, FilesetNotFound, DigestMismatch.
        """
        from acai_jupyter.client.bringing import download_files

        wanted = several(references)
        with bar("Downloading", somebody_looks() if progress is None else progress) as on_progress:
            return download_files(self._transport, wanted, to, on_progress)

    def delete(self, reference: Reference, *, recursive: bool = False) -> Deletion:
        """Hide a path, what a pattern means, or (with `recursive`) all of a folder: a tombstone becomes the latest version,
        the versions before it stay, and an upload brings the path back. What is meant is what stands there when the call begins.
        `PATH:n` deletes that version for good; its number is never used again. Bytes go with the next garbage collection.

        Raises InvalidReference, FileNotFound, StillUsed with the names of the file sets that hold the version, Forbidden.
        """
        count, cursor = 0, None
        while True:
            answer = self._transport.delete("/files", ref=written(reference), recursive=recursive, cursor=cursor)
            count, cursor = count + answer["count"], answer["cursor"]
            if cursor is None:
                return record(Deletion, {**answer, "count": count})

    def restore(self, reference: Reference, *, since: datetime | str | None = None) -> Restoration:
        """Bring back what was hidden of a path, of a pattern or of a folder: every path means the version again that it meant
        before, and its tombstones go. With `since` (a datetime, or text such as 2026-11-20T09:30:00Z; without a time zone it is
        this machine's) only what was hidden then or later comes back.

        Raises InvalidReference, FileNotFound where nothing is hidden, InvalidRequest for what is no time, Forbidden.
        """
        moment = since.astimezone(UTC).isoformat() if isinstance(since, datetime) else since
        if moment is not None:
            read_time(moment)
        count, answer = 0, dict[str, Any]()
        while True:
            try:
                body = {"reference": written(reference), **({"since": moment} if moment else {})}
                answer = self._transport.post("/files/restore", body, creates=True)
            except FileNotFound:
                if not count:
                    raise
                answer = {**answer, "count": 0, "more": False}  # somebody else has brought back the rest
            count += answer["count"]
            if not answer["more"]:
                return record(Restoration, {**answer, "count": count})

    def open(self, reference: Reference, mode: str = "rb", *, encoding: str = "utf-8") -> IO[Any]:
        """A file of the lake, read by ranges as it is needed; `mode` is `rb` or `r`.

        Raises InvalidReference, FileNotFound, FilesetNotFound, InvalidInput for another mode.
        """
        if mode not in ("rb", "r", "rt"):
            raise InvalidInput(f"mode={mode!r} can't be: files of the lake are opened to read, with rb or r.")
        binary = io.BufferedReader(self.remote(reference), buffer_size=1024 * 1024)
        return binary if mode == "rb" else io.TextIOWrapper(binary, encoding=encoding)

    def remote(self, reference: Reference) -> RemoteFile:
        """A file of the lake, pinned and unbuffered. Raises InvalidReference, FileNotFound, FilesetNotFound."""
        from acai_jupyter.client.again import items_of
        from acai_jupyter.client.reader import RemoteFile

        reference = written(reference)
        if not isinstance(parse(reference), FileReference):
            raise InvalidReference(f"{reference!r} is not one file: write its path, such as /data/train.json.")
        page = self._transport.get("/files/downloads", ref=reference, head=_HEAD)
        return RemoteFile(self._transport, reference, {**next(items_of(page)), "head": page.get("head", "")})


def _entry(item: Json) -> File | Folder:
    return Folder(item["folder"]) if "folder" in item else record(File, item)
