"""Committing an upload session, within the caller's transaction: alone, or as part of finishing a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.manifest_nodes import Leaf, leaves_of
from acai_jupyter.domain.manifests import Built, build
from acai_jupyter.domain.snapshots import Snapshot
from acai_jupyter.domain.uploads import Purpose, UploadSession, UploadState
from acai_jupyter.lake.bases import content_on_base, require_base
from acai_jupyter.lake.filesets import add_version, announce
from acai_jupyter.lake.resolve import NODES
from acai_jupyter.ports.store.unit import UnitOfWork

_PAGE: Final = 10_000
_FEW: Final = 1_000

_Numbered = tuple[int, str, int, int]


def commit_session(unit: UnitOfWork, session: UploadSession, principal: Principal) -> None:
    """Take a sealed session of a person into the lake. Call `lock_project` first.

    Raises UploadIncomplete where bytes are gone that the store had promised, UploadBaseChanged.
    """
    if session.purpose is Purpose.SNAPSHOT:
        commit_snapshot(unit, session)
        return
    root = require_base(unit, principal, session.base_id, session.fileset_name) if session.base_id else None
    unit.files.number(session, always_new=False)
    fileset_id = None
    if session.fileset_name is None:
        _take(unit, session, principal.user_id)
    else:
        with _content(unit, session, root) as content:
            _take(unit, session, principal.user_id)
            created = add_version(unit, principal, session.fileset_name, content(), sources=[])
        fileset_id = created.version.id
    _end(unit, session, fileset=fileset_id)
    unit.events.append(session.project_id, EventKind.FILES_COMMITTED, upload=write(Kind.UPLOAD, session.id))


def commit_snapshot(unit: UnitOfWork, session: UploadSession, folder: str = "") -> Snapshot:
    """Make a sealed session's files a snapshot; where they have paths of the lake, by their paths below `folder`."""
    unit.blobs.record_upload(session)
    snapshot = unit.snapshots.add(session, folder)
    _end(unit, session, snapshot=snapshot.id)
    return snapshot


def commit_output(unit: UnitOfWork, session: UploadSession, name: str, job_id: UUID) -> FilesetVersion:
    """Make a job's sealed output the next version of its output file set: always a new one. Call `lock_project` first."""
    unit.files.number(session, always_new=True)
    with _content(unit, session) as content:
        _take(unit, session, session.user_id)
        version = unit.filesets.add(session.project_id, name, content(), session.user_id, job_id)
    _end(unit, session, fileset=version.id)
    unit.events.append(session.project_id, EventKind.FILES_COMMITTED, upload=write(Kind.UPLOAD, session.id))
    announce(unit, version, session.project_id)
    return version


def _take(unit: UnitOfWork, session: UploadSession, creator: UUID) -> None:
    unit.blobs.record_upload(session)
    unit.files.commit(session, creator)


@contextmanager
def _content(unit: UnitOfWork, session: UploadSession, base_root: bytes | None = None) -> Iterator[Callable[[], Built]]:
    """Gives the manifest of exactly the files of a session, which are numbered, those of its base among them. One of many files
    is made on a thread, while the database is busy with what the caller asks of it within the block."""
    pages = _pages(unit, session)
    if base_root is not None:
        yield lambda: content_on_base(unit, session, base_root, _leaves(pages))
    elif sum(map(len, pages)) <= _FEW:
        yield lambda: _built(session, pages)
    else:
        with ThreadPoolExecutor(1, thread_name_prefix="acai-manifest") as beside:
            yield beside.submit(_built, session, pages).result


def _pages(unit: UnitOfWork, session: UploadSession) -> list[list[_Numbered]]:
    pages: list[list[_Numbered]] = []
    after = -1
    while page := unit.uploads.numbered(session, after, _PAGE):
        pages.append(page)
        after = page[-1][0]
    return pages


def _leaves(pages: list[list[_Numbered]]) -> list[Leaf]:
    """The entries of all files, sorted. The pages are let go one by one."""
    leaves: list[Leaf] = []
    while pages:
        leaves += leaves_of(pages.pop())
    leaves.sort()
    return leaves


def _built(session: UploadSession, pages: list[list[_Numbered]]) -> Built:
    return build(_leaves(pages), NODES.of(session.project_id))  # the next version is likely to build on this one


def _end(unit: UnitOfWork, session: UploadSession, fileset: UUID | None = None, snapshot: UUID | None = None) -> None:
    unit.blobs.unpin(session)
    unit.uploads.move(session, UploadState.COMMITTED, fileset_version=fileset, snapshot=snapshot)
