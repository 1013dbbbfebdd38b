"""Brings a job's files: its code, its input, and what an earlier try of it left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from acai_agent.config import Config
from acai_agent.contract import FileEntry, FilesPage, parse_files_page
from acai_agent.failures import Signal
from acai_agent.http import Http
from acai_agent.nearby import disk_headers
from acai_agent.notes import note
from acai_agent.platform import Platform
from acai_agent.transfer import download

_RESERVED: Final = ("input", "output")


def bring_files(platform: Platform, http: Http, config: Config, cancel: Signal) -> None:
    """Fill the working directory. Raises HttpError, ContractBroken, TransferError, OSError, Cancelled, MustLeave."""
    for name in _RESERVED:
        (config.work / name).mkdir(parents=True, exist_ok=True)
    home = config.servers.parent if config.servers else None
    _bring("code", config.work, platform, http, home, cancel)
    _bring("input", config.work / "input", platform, http, home, cancel)
    _bring("start", config.output, platform, http, home, cancel)


def _bring(kind: str, root: Path, platform: Platform, http: Http, home: Path | None, cancel: Signal) -> None:
    cursor: str | None = None
    while True:
        page = _page(platform, kind, cursor, home, cancel)

        def renew(asked: str | None = cursor) -> Sequence[FileEntry]:
            return _page(platform, kind, asked, home, cancel).files

        download(page.files, root, renew=renew, cancel=cancel, http=http, patience_s=math.inf)
        cursor = page.cursor
        if cursor is None:
            return


def _page(platform: Platform, kind: str, cursor: str | None, home: Path | None, cancel: Signal) -> FilesPage:
    query, headers = {"kind": kind, "cursor": cursor}, disk_headers(home)
    page = parse_files_page(platform.call("GET", "/agent/files", query=query, headers=headers, until=cancel))
    return page if kind != "code" else page._replace(files=tuple(file for file in page.files if _is_code(file)))


def _is_code(file: FileEntry) -> bool:
    """What lies in input/ and output/ of the code is not the job's input, and must not pass for its output."""
    if file.path.split("/", 1)[0] not in _RESERVED:
        return True
    note(f"{file.path} is not brought with the code: the job's own input and output stand there.")
    return False
