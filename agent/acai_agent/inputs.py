"""Brings a job's files: its code, its input, and what an earlier try of it left."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from acai_agent.cache import InputCache
from acai_agent.config import Config
from acai_agent.contract import FileEntry, FilesPage, parse_files_page
from acai_agent.failures import Signal
from acai_agent.http import Http
from acai_agent.nearby import disk_headers
from acai_agent.notes import note
from acai_agent.platform import Platform
from acai_agent.steps import Steps
from acai_agent.transfer import Damaged, Renew, Root, ahead, download

_RESERVED: Final = ("input", "output")
_PAGES_AHEAD: Final = 2


def bring_files(platform: Platform, http: Http, config: Config, first: Mapping[str, Any], cancel: Signal, steps: Steps) -> None:
    """Fill the working directory. `first` are the pages of files that came with the manifest, by kind; others are asked for.

    Raises HttpError, ContractBroken, TransferError, OSError, Cancelled, MustLeave.
    """
    for name in _RESERVED:
        (config.work / name).mkdir(parents=True, exist_ok=True)
    bring = _Bring(platform, http, config, steps.counting(cancel), steps)
    for kind, root in (("code", config.work), ("input", config.work / "input"), ("start", config.output)):
        bring.all(kind, root, first.get(kind))


def home_of(config: Config) -> Path | None:
    """The platform's data folder, where it is on this machine."""
    return config.servers.parent if config.servers else None


class _Bring:
    def __init__(self, platform: Platform, http: Http, config: Config, cancel: Signal, steps: Steps) -> None:
        self._platform = platform
        self._http = http
        self._home = home_of(config)
        self._cache = None if config.cache is None else InputCache(config.cache, config.cache_bytes)
        self._cancel = cancel
        self._steps = steps

    def all(self, kind: str, root: Path, first: Any) -> None:
        """The files of a kind; `first` is their first page as it came, None where it is to be asked for. While the files of one
        page are brought, the next one is asked for."""
        page = _parsed(kind, first) if first else self._page(kind, None)
        pages = self._following(kind, page.cursor)
        below = Root(root)
        for asked, some in chain([(None, page)], ahead(pages, _PAGES_AHEAD) if page.cursor else ()):

            def renew(asked: str | None = asked) -> Sequence[FileEntry]:
                return self._page(kind, asked).files

            if some.files:
                self._bring(some.files, below, renew)

    def _following(self, kind: str, cursor: str | None) -> Iterator[tuple[str | None, FilesPage]]:
        """The pages from this cursor on, each with its own."""
        while cursor is not None:
            page = self._page(kind, cursor)
            yield cursor, page
            cursor = page.cursor

    def _bring(self, files: Sequence[FileEntry], root: Root, renew: Renew) -> None:
        if self._cache is None:
            self._download(files, root, renew)
            return
        found = self._cache.find(files)
        try:
            self._download(found, root, renew)
        except Damaged:
            kept = [file for at, file in enumerate(files) if found[at] is not file]
            if not kept:
                raise
            with self._steps.uncounted():
                self._cache.forget_changed(kept)
            self._download(self._cache.find(files), root, renew)
        with self._steps.uncounted():  # of a slow disk, large files take as long as they take
            self._cache.keep(files, Path(root.folder))

    def _download(self, files: Sequence[FileEntry], root: Root, renew: Renew) -> None:
        download(files, root, renew=renew, cancel=self._cancel, http=self._http, patience_s=math.inf)

    def _page(self, kind: str, cursor: str | None) -> FilesPage:
        return _page(self._platform, kind, cursor, self._home, self._cancel)


def _page(platform: Platform, kind: str, cursor: str | None, home: Path | None, cancel: Signal) -> FilesPage:
    query, headers = {"kind": kind, "cursor": cursor}, disk_headers(home)
    return _parsed(kind, platform.call("GET", "/agent/files", query=query, headers=headers, until=cancel))


def _parsed(kind: str, message: Any) -> FilesPage:
    page = parse_files_page(message)
    return page if kind != "code" else page._replace(files=tuple(file for file in page.files if _is_code(file)))


def _is_code(file: FileEntry) -> bool:
    """What lies in input/ and output/ of the code is not the job's input, and must not pass for its output."""
    if file.path.split("/", 1)[0] not in _RESERVED:
        return True
    note(f"{file.path} is not brought with the code: the job's own input and output stand there.")
    return False
