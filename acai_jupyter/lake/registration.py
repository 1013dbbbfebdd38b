"""Registering data in place: the files of a source are declared to an upload session, and its commit numbers them, all or none.

Nothing is copied: what is kept of a file is where it lies, its size, and what tells whether it has changed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.errors import FileNotFound, Forbidden, InvalidInput, InvalidRequest
from acai_jupyter.domain.paths import check_path
from acai_jupyter.domain.references import FileReference, FolderReference, parse, parse_destination
from acai_jupyter.domain.refused_paths import LEAVE_OUT, RefusedPaths
from acai_jupyter.domain.texts import name_as_text, shown
from acai_jupyter.domain.uploads import MOST_FILES_A_CALL, Purpose, UploadFile, UploadSession, UploadState
from acai_jupyter.lake.resolve import Resolver
from acai_jupyter.lake.steps import STEP_SECONDS
from acai_jupyter.lake.upload_steps import MOST_FILES, open_session
from acai_jupyter.ports.sources import SourceFile, SourceStore
from acai_jupyter.ports.store.unit import Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class RegisterStep:
    """How many files one step declared, their bytes, and after what the next one begins; None where all are declared.
    `skipped` are the names, below the source, of what it met and left out: links to folders, and what is no regular file."""

    count: int
    size: int
    cursor: str | None
    skipped: tuple[str, ...] = ()


class Registrations:
    """Declares what lies elsewhere, at most `most` files in a step."""

    def __init__(self, store: Store, sources: SourceStore, most: int = MOST_FILES_A_CALL) -> None:
        self._store = store
        self._sources = sources
        self._most = most

    def step(
        self, principal: Principal, upload_id: UUID, source: str, destination: str, first: int, cursor: str | None = None
    ) -> RegisterStep:
        """Declare files of the folder (or the file) `source` to a session, from where `cursor` says, some seconds' worth of
        them; `first` is the position of the first of them. A folder's files go below a `destination` that ends in '/'. May be
        repeated.

        Raises UploadNotFound, UploadNotPending, SourceNotAllowed, BackendNotBuilt, FileNotFound where the source holds no
        files, InvalidPath, InvalidReference, InvalidRequest, InvalidInput, Forbidden.
        """
        with self._store.read() as unit:
            _open(unit, principal, upload_id)
        folder, path = self._target(source, destination)
        found, following, skipped = self._some(source, folder, cursor)
        if not found and cursor is None:
            raise FileNotFound(f"There is nothing to register: {shown(source)} holds no files.")
        rows = [_row(first + at, item, path if folder is None else folder + item.name) for at, item in enumerate(found)]
        return self._declare(principal, upload_id, first, rows, following, skipped)

    def copy(self, principal: Principal, upload_id: UUID, reference: str, destination: str, first: int) -> RegisterStep:
        """Declare the bytes of a file that is registered already under another path, at position `first`. May be repeated.

        Raises UploadNotFound, UploadNotPending, InvalidReference, FileNotFound, InvalidRequest where the file is not registered
        in place, InvalidPath, SourceChanged, SourceNotAllowed, Forbidden.
        """
        wanted = parse(reference)
        if not isinstance(wanted, FileReference):
            raise InvalidRequest(f"{shown(reference)} is not one file: write its path, such as /raw/train.csv.")
        with self._store.read() as unit:
            _open(unit, principal, upload_id)
            file = Resolver(unit, principal.project_id).file(wanted)
        if file.source is None:
            raise InvalidRequest(f"{shown(reference)} is not registered in place: its bytes lie in the store.")
        self._sources.check(file.source, file.size)
        item = SourceFile(file.path, file.size, file.source)
        return self._declare(principal, upload_id, first, [_row(first, item, destination)])

    def _declare(
        self,
        principal: Principal,
        upload_id: UUID,
        first: int,
        rows: list[UploadFile],
        following: str | None = None,
        skipped: tuple[str, ...] = (),
    ) -> RegisterStep:
        with self._store.begin() as unit:
            session = _open(unit, principal, upload_id, lock=True)
            unit.uploads.take_back_registered(session, first)  # of a call whose answer was lost
            if first != unit.uploads.file_count(session) or first + len(rows) > MOST_FILES:
                raise InvalidRequest(f"'first' must continue where the files before ended, up to {MOST_FILES} in all.")
            unit.uploads.add_files(session, rows)
        return RegisterStep(len(rows), sum(row.size for row in rows), following, skipped)

    def _target(self, source: str, destination: str) -> tuple[str | None, str]:
        """The folder below which files go, or None and the path that the one file becomes."""
        target = parse_destination(destination)
        folder = target.path if isinstance(target, FolderReference) else None
        if self._sources.is_folder(source) and folder is None:
            raise InvalidInput(f"{shown(source)} is a folder: end the destination with '/' ({target.path}/).")
        return folder, target.path

    def _some(self, source: str, folder: str | None, cursor: str | None) -> tuple[list[SourceFile], str | None, tuple[str, ...]]:
        """The files of one step, after which the next begins, and what this one met and left out.

        Raises InvalidPath where names below `folder` can't be paths, with all that are met while there is time.
        """
        found: list[SourceFile] = []
        skipped: list[str] = []
        refused = RefusedPaths()
        files: Iterator[SourceFile] = self._sources.walk(source, cursor, skipped)
        until = time.monotonic() + STEP_SECONDS
        for item in files:
            is_good = folder is None or refused.check(folder + item.name, item.name)
            if not refused.count:
                found.append(item)
            if (is_good and len(found) == self._most) or time.monotonic() > until:
                refused.refuse(f"{LEAVE_OUT} There may be more of them.")
                return found, item.name, tuple(name_as_text(name) for name in skipped if not _comes_later(name, item.name))
        refused.refuse(LEAVE_OUT)
        return found, None, tuple(map(name_as_text, skipped))


def _comes_later(name: str, last: str) -> bool:
    """Whether the next step meets `name`: it stands in the folder of the `last` file, beyond that."""
    return name.rpartition("/")[0] == last.rpartition("/")[0] and name > last


def _open(unit: UnitOfWork, principal: Principal, upload_id: UUID, lock: bool = False) -> UploadSession:
    session = open_session(unit, principal, upload_id, lock)
    session.require(UploadState.PENDING)
    if session.purpose is not Purpose.FILES or session.job_id is not None:
        raise Forbidden("Only a person registers data, in an upload of files.")
    return session


def _row(position: int, item: SourceFile, path: str) -> UploadFile:
    return UploadFile(position, check_path(path), item.size, None, stored=True, source=item.source)
