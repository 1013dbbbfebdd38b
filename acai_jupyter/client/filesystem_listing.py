"""What the fsspec file system shows: files, folders, and what is known of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

from fsspec.spec import AbstractFileSystem

from acai_jupyter.client import filesystem_paths as names
from acai_jupyter.client.client import Client
from acai_jupyter.client.connect import connect
from acai_jupyter.client.records import File, Folder
from acai_jupyter.domain.errors import (
    AcaiError,
    BlobNotFound,
    Forbidden,
    InvalidPath,
    InvalidReference,
    NotFound,
    ServerUnreachable,
)
from acai_jupyter.domain.references import FileReference, parse

_Result = TypeVar("_Result")
_ENVIRONMENT: Final = ("ACAI_URL", "ACAI_TOKEN", "ACAI_HOME")
_FOLDER: Final = {"size": 0, "type": "directory"}


def as_os_error(error: AcaiError) -> Exception:
    """What is not there, and what is not allowed, in the words of whoever opens files; other errors stay as they are: a file
    whose bytes are lost is there."""
    if isinstance(error, NotFound) and not isinstance(error, BlobNotFound):
        return FileNotFoundError(error.message)
    return PermissionError(error.message) if isinstance(error, Forbidden) else error


@contextmanager
def os_errors() -> Iterator[None]:
    """Raises errors as `as_os_error` tells them."""
    try:
        yield
    except (NotFound, Forbidden) as error:
        told = as_os_error(error)
        if told is error:
            raise
        raise told from error


class ListedLake(AbstractFileSystem):
    """The connection, and listings. Nothing is remembered of these: what others write is seen at once."""

    protocol = names.PROTOCOL
    root_marker = names.ROOT

    def __init__(self, url: str | None = None, token: str | None = None, home: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._address: dict[str, Any] = {"url": url, "token": token, "home": home}
        self._client: Client | None = None
        self._connected_in: list[str | None] = []

    @property
    def client(self) -> Client:
        """The client that it speaks through. Raises what `acai_jupyter.connect` raises."""
        environment = [os.environ.get(name) for name in _ENVIRONMENT]
        if self._client is None or self._connected_in != environment:
            self._client = connect(**self._address)
            self._connected_in = environment
        return self._client

    def ask(self, call: Callable[[Client], _Result]) -> _Result:
        """What `call` makes of the client. A local platform that has ended meanwhile is looked for, or started, again."""
        known = self._client
        try:
            return call(self.client)
        except ServerUnreachable:
            if known is None or self._address["url"]:
                raise
            self._client = None
            return call(self.client)

    @property
    def fsid(self) -> str:
        """The platform's address."""
        return f"{self.protocol}_{self.client.url}"

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [names.normal(os.fspath(one)) for one in path]
        return names.normal(os.fspath(path))

    @classmethod
    def _parent(cls, path: str) -> str:
        return names.parent_of(names.normal(path))

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """One level of a folder; of a file, itself. Raises FileNotFoundError."""
        path = names.normal(path)
        entries = self._below(path, recursive=False)
        infos = [_info(path, entry) for entry in entries]
        if not infos and path != names.ROOT:
            infos = [self._file_info(path)]
        return infos if detail else [info["name"] for info in infos]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Of a file: name, size, type, version, digest, source, creator, created, mtime, job. Raises FileNotFoundError."""
        path = names.normal(path)
        try:
            return self._file_info(path)
        except (FileNotFoundError, InvalidReference):
            if path == names.ROOT or self._below(path, recursive=False, limit=1):
                return {"name": path, **_FOLDER}
            raise

    def exists(self, path: str, **_: Any) -> bool:
        """Whether there is a file or folder. Raises what keeps it from being known."""
        return self._type_of(path) is not None

    def isfile(self, path: str) -> bool:
        """Whether there is a file. Raises what keeps it from being known."""
        return self._type_of(path) == "file"

    def isdir(self, path: str) -> bool:
        """Whether there is a folder. Raises what keeps it from being known."""
        return self._type_of(path) == "directory"

    def _type_of(self, path: str) -> str | None:
        """None where there is nothing, or can't be anything."""
        try:
            return str(self.info(path)["type"])
        except (FileNotFoundError, InvalidReference, InvalidPath):
            return None

    def find(self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **options: Any) -> Any:
        """Every file below a folder, listed at once."""
        path = names.normal(path)
        if maxdepth is not None:
            return super().find(path, maxdepth=maxdepth, withdirs=withdirs, detail=detail, **options)
        found = {info["name"]: info for info in (_info(path, entry) for entry in self._below(path, recursive=True))}
        if withdirs and found:
            found |= {folder: {"name": folder, **_FOLDER} for folder in folders_above(found, path) if folder not in found}
        if not found and self.isfile(path):
            found = {path: self.info(path)}
        return {name: found[name] for name in sorted(found)} if detail else sorted(found)

    def created(self, path: str) -> datetime:
        """When the version was made."""
        when: datetime = self.info(path)["created"]
        return when

    def modified(self, path: str) -> datetime:
        """The same: a version never changes."""
        return self.created(path)

    def ukey(self, path: str) -> str:
        """What tells a file's bytes from all others: their digest; of data registered in place, the version."""
        info = self.info(path)
        return str(info["digest"] or f"{info['source']} {info['version']} {info['created']}")

    def _file_info(self, path: str) -> dict[str, Any]:
        reference = names.reference_of(path)
        if path == names.ROOT or "/" not in path or not isinstance(parse(reference), FileReference):
            raise FileNotFoundError(f"{path} is not one file.")
        with os_errors():
            return {**_info(path, self.ask(lambda client: client.files.get(reference))), "name": path}

    def _below(self, path: str, *, recursive: bool, limit: int | None = None) -> Sequence[File | Folder]:
        """What stands in a folder; nothing where there is none."""
        reference = names.reference_of(path, folder=True)
        try:
            return self.ask(lambda client: client.files.list(reference, recursive=recursive, limit=limit))
        except (NotFound, InvalidReference):
            return []


def folders_above(paths: Iterable[str], top: str) -> set[str]:
    """The folders in which `paths` lie, up to `top`."""
    folders: set[str] = set()
    for path in paths:
        while (path := names.parent_of(path)) not in folders and len(path) > len(top):
            folders.add(path)
    return folders | {top}


def _info(path: str, entry: File | Folder) -> dict[str, Any]:
    """An entry below `path`, as fsspec tells it."""
    name = names.child_of(path, entry.path)
    if isinstance(entry, Folder):
        return {"name": name, **_FOLDER}
    return {
        "name": name,
        "size": entry.size,
        "type": "file",
        "version": entry.version,
        "digest": entry.digest,
        "source": entry.source,
        "creator": entry.creator,
        "created": entry.create_time,
        "mtime": entry.create_time,
        "job": entry.job,
    }
