"""Brings a job's files: its code, its input, and what an earlier try of it left."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from acai_agent.config import Config
from acai_agent.contract import FileEntry, FilesPage, parse_files_page
from acai_agent.failures import Signal
from acai_agent.http import Http
from acai_agent.nearby import disk_headers
from acai_agent.notes import note
from acai_agent.platform import Platform
from acai_agent.transfer import download

_RESERVED: Final = ("input", "output")


def bring_files(platform: Platform, http: Http, config: Config, first: Mapping[str, Any], cancel: Signal) -> None:
    """Fill the working directory. `first` are the pages of files that came with the manifest, by kind; others are asked for.

    Raises HttpError, ContractBroken, TransferError, OSError, Cancelled, MustLeave.
    """
    for name in _RESERVED:
        (config.work / name).mkdir(parents=True, exist_ok=True)
    home = home_of(config)
    for kind, root in (("code", config.work), ("input", config.work / "input"), ("start", config.output)):
        page = _parsed(kind, first[kind]) if first.get(kind) else _page(platform, kind, None, home, cancel)
        _bring(kind, root, page, platform, http, home, cancel)


def home_of(config: Config) -> Path | None:
    """The platform's data folder, where it is on this machine."""
    return config.servers.parent if config.servers else None


def _bring(kind: str, root: Path, page: FilesPage, platform: Platform, http: Http, home: Path | None, cancel: Signal) -> None:
    cursor: str | None = None
    while True:

        def renew(asked: str | None = cursor) -> Sequence[FileEntry]:
            return _page(platform, kind, asked, home, cancel).files

        if page.files:
            download(page.files, root, renew=renew, cancel=cancel, http=http, patience_s=math.inf)
        cursor = page.cursor
        if cursor is None:
            return
        page = _page(platform, kind, cursor, home, cancel)


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
