"""Files of the platform's own machine, registered in place: only below the folders that a setting names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from acai_jupyter.backends.blobs.signing import Grant, Signer
from acai_jupyter.backends.sources.opening import open_below
from acai_jupyter.config import check_built, scheme_of, variable
from acai_jupyter.domain.errors import FileNotFound, InvalidRequest, LocalFileUnusable, SourceChanged, SourceNotAllowed
from acai_jupyter.domain.files import Source
from acai_jupyter.domain.texts import shown
from acai_jupyter.domain.transfers import SignedRequest
from acai_jupyter.folders import walk
from acai_jupyter.ports.sources import SourceFile

KEY: Final = "registered"
"""Stands in a signed URL where that of an object has its key; no object has such a one."""

_SETTING: Final = variable("register_folders")
_PIECE: Final = 1024 * 1024


class LocalSources:
    """Files below `folders`, but never below (or among) `closed`: there the platform keeps its own."""

    def __init__(self, folders: Sequence[Path], closed: Sequence[Path], signer: Signer) -> None:
        self._folders = tuple(folders)
        self._closed = tuple(map(_resolved, closed))
        self._signer = signer

    def is_folder(self, url: str) -> bool:
        path = _path(url)
        self._below(path)
        if not path.exists():
            raise FileNotFound(f"There is nothing at {shown(url)} on the platform's machine.")
        return path.is_dir()

    def walk(self, url: str, after: str | None = None, skipped: list[str] | None = None) -> Iterator[SourceFile]:
        if not self.is_folder(url):
            yield from self._one(url, after)
            return
        path = _path(url)
        root, inside = self._below(path)
        real = root.joinpath(*inside)
        for name, place, stamp in walk(path, within=root, after=after, skipped=skipped):
            # What is no link lies where it seems to: following every path would take most of the time.
            if os.path.islink(place) or self._is_closed(real / name):  # noqa: PTH114 - text is faster
                self._below(Path(place))
            if not os.access(place, os.R_OK):
                raise LocalFileUnusable(f"{shown(place)} may not be read by the platform: change its mode, or leave it out.")
            yield SourceFile(name, stamp.size, Source(_url(place), str(stamp.written_ns)))

    def _one(self, url: str, after: str | None) -> Iterator[SourceFile]:
        path = _path(url)
        with self._opened(path) as descriptor:
            found = os.fstat(descriptor)
        if after is None:
            yield SourceFile(path.name, found.st_size, Source(_url(os.fspath(path)), str(found.st_mtime_ns)))

    def check(self, source: Source, size: int) -> None:
        with self._pinned(source, size):
            pass

    def sign_download(self, source: Source, size: int, base_url: str, seconds: int) -> SignedRequest:
        grant = Grant("GET", KEY, self._signer.deadline(seconds), size, source=source.url, version=source.version)
        return SignedRequest(grant.method, self._signer.url(grant, base_url))

    def read(self, source: Source, size: int, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        left = max(min(size - offset, size if length is None else length), 0)
        with self._pinned(source, size) as descriptor:
            while left:
                piece = _read(descriptor, min(_PIECE, left), offset, source.url)
                if len(piece) == left or not piece:
                    _check(descriptor, source, size)
                if not piece:
                    raise _changed(source.url)
                offset, left = offset + len(piece), left - len(piece)
                yield piece

    @contextmanager
    def _pinned(self, source: Source, size: int) -> Iterator[int]:
        """The open file, as it was registered."""
        with self._opened(_path(source.url)) as descriptor:
            _check(descriptor, source, size)
            yield descriptor

    @contextmanager
    def _opened(self, path: Path) -> Iterator[int]:
        root, inside = self._below(path)
        try:
            descriptor = open_below(root, inside)
        except OSError as error:
            raise SourceChanged(f"{shown(os.fspath(path))} can't be read (any more): {error.strerror or error}.") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _below(self, path: Path) -> tuple[Path, tuple[str, ...]]:
        """The allowed folder in which a path lies once all links are followed, and the names below it.

        Raises SourceNotAllowed, whether there is such a file or not.
        """
        real = _resolved(path)
        roots = [root for root in map(_resolved, self._folders) if real.is_relative_to(root)]
        if not roots:
            raise SourceNotAllowed(
                f"{shown(os.fspath(path))} may not be registered: the platform's setting {_SETTING} names the folders below"
                f" which data may be, and it names {'no other' if self._folders else 'none'}."
            )
        if self._is_closed(real):
            raise SourceNotAllowed(f"{shown(os.fspath(path))} belongs to the platform itself: leave it out (.acaiignore).")
        return roots[0], real.relative_to(roots[0]).parts

    def _is_closed(self, real: Path) -> bool:
        return any(real.is_relative_to(own) for own in self._closed)


def _check(descriptor: int, source: Source, size: int) -> None:
    found = os.fstat(descriptor)
    if (found.st_size, str(found.st_mtime_ns)) != (size, source.version):
        raise _changed(source.url)


def _read(descriptor: int, size: int, offset: int, url: str) -> bytes:
    try:
        return os.pread(descriptor, size, offset)
    except OSError as error:
        raise SourceChanged(f"{shown(unquote(url))} can't be read (any more): {error.strerror or error}.") from error


def _changed(url: str) -> SourceChanged:
    return SourceChanged(
        f"{shown(unquote(url))} has changed since it was registered: register it again, which makes a new version of it."
    )


def _path(url: str) -> Path:
    """The absolute path that a URL names. Raises InvalidRequest, BackendNotBuilt."""
    check_built(url, "The source")
    example = "write an absolute one with three slashes, as in file:///mnt/data/"
    if scheme_of(url) != "file":
        raise InvalidRequest(f"{shown(url)} is not the URL of a file or folder: {example}.")
    try:
        parts = urlsplit(url)
        path = Path(unquote(parts.path, errors="strict"))
    except ValueError as error:
        raise InvalidRequest(f"{shown(url)} can't be read: {example}.") from error
    if parts.netloc not in ("", "localhost") or not path.is_absolute() or "\0" in str(path):
        raise InvalidRequest(f"{shown(url)} names no file or folder of the platform's machine: {example}.")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise InvalidRequest(f"{shown(url)} can't be read: in a URL '?' is written %3F and '#' %23.")
    return path


def _url(path: str) -> str:
    # A name that is no Unicode is refused as a path of the lake; until then it must not break anything.
    return "file://" + quote(path.encode("utf-8", "surrogateescape"))


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # links in a circle
        raise SourceNotAllowed(f"{shown(os.fspath(path))} can't be followed: {error}.") from error
