"""Upload sessions (paper 4.4.3): begin, urls, seal, commit, abort. Every call can be repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import (
    Conflict,
    EmptyFileset,
    Forbidden,
    InvalidRequest,
    UploadNotFound,
)
from acai_jupyter.domain.filesets import FilesetVersion
from acai_jupyter.domain.ids import Kind, new_id, read, write
from acai_jupyter.domain.references import check_fileset_name
from acai_jupyter.domain.snapshots import Snapshot
from acai_jupyter.domain.transfers import SignedUpload
from acai_jupyter.domain.uploads import (
    CommittedFile,
    DeclaredFile,
    DeclaredFiles,
    ObjectKind,
    Packing,
    Purpose,
    UploadObject,
    UploadSession,
    UploadState,
    WantedObject,
)
from acai_jupyter.lake.bases import Base, check_removed, is_latest, require_base
from acai_jupyter.lake.commit import commit_session
from acai_jupyter.lake.objects import PackedFile, packed_files, verify_pack
from acai_jupyter.lake.upload_steps import (
    MOST_FILES,
    Declared,
    add_object,
    check_files,
    declare,
    open_session,
    prefix_of,
    require_right,
)
from acai_jupyter.ports.blobs import BlobStore
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_RECORDS_KEPT_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Finished:
    """A session, and what its commit made."""

    session: UploadSession
    file_count: int
    fileset: FilesetVersion | None
    snapshot: Snapshot | None
    latest: bool = False


class Uploads:
    """Upload sessions. They expire when nothing is heard of them for `lifetime_seconds`; URLs last
    `url_seconds`. `packing` is told to clients."""

    def __init__(
        self, store: Store, blobs: BlobStore, lifetime_seconds: int, url_seconds: int, packing: Packing | None = None
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._lifetime = lifetime_seconds
        self._url_seconds = url_seconds
        self.packing = packing or Packing()

    def begin(
        self,
        principal: Principal,
        purpose: Purpose,
        files: DeclaredFiles | Sequence[DeclaredFile],
        fileset_name: str | None = None,
        key: str | None = None,
        base: Base | None = None,
    ) -> Declared:
        """Open a session and declare its first files. `key` makes a repeated call return the first one's session. With a
        `base`, only what differs from that upload is declared: the rest is as it committed it.

        Raises InvalidPath, InvalidName, InvalidRequest, LimitExceeded, Forbidden, IdempotencyKeyReused, UploadNotPending
        where that session was aborted, UploadNotFound and UploadBaseChanged where the base can't be built on.
        """
        require_right(principal, purpose)
        declared = DeclaredFiles.of(files)
        check_files(declared, purpose)
        if fileset_name is not None:
            if purpose is not Purpose.FILES:
                raise InvalidRequest("Only an upload of files can name a file set.")
            check_fileset_name(fileset_name)
        if base is not None:
            check_removed(base.removed, purpose)
        asked = hashlib.sha256(repr((purpose, declared, fileset_name, base)).encode()).digest()
        with self._store.begin() as unit:
            first = key and unit.idempotency.answer(principal.project_id, principal.user_id, key, asked)
            if first:
                session = open_session(unit, principal, read(Kind.UPLOAD, first), lock=True)
                if session.state is not UploadState.PENDING:
                    session.require(UploadState.SEALED, UploadState.COMMITTED)
                    return Declared(session, ())
                session = self._heard_of(unit, session)
            else:
                if base is not None:
                    require_base(unit, principal, base.upload_id, fileset_name)
                session = self._new_session(unit, principal, purpose, fileset_name, base)
                if key:
                    answer = write(Kind.UPLOAD, session.id)
                    unit.idempotency.keep(principal.project_id, principal.user_id, key, asked, answer)
            return declare(unit, session, 0, declared, unit.uploads.file_count(session) if first else 0)

    def add_files(
        self, principal: Principal, upload_id: UUID, first: int, files: DeclaredFiles | Sequence[DeclaredFile]
    ) -> Declared:
        """Declare more files; `first` is the position of the first of them.

        Raises UploadNotFound, UploadNotPending, and what `begin` raises.
        """
        declared = DeclaredFiles.of(files)
        with self._store.begin() as unit:
            session = open_session(unit, principal, upload_id, lock=True)
            session.require(UploadState.PENDING)
            check_files(declared, session.purpose)
            count = unit.uploads.file_count(session)
            if first + len(declared) > MOST_FILES or not 0 <= first <= count:
                raise InvalidRequest(f"'first' must continue where the files before ended, up to {MOST_FILES} in all.")
            session = self._heard_of(unit, session)
            return declare(unit, session, first, declared, count)

    def urls(
        self, principal: Principal, upload_id: UUID, objects: Sequence[WantedObject], base_url: str
    ) -> list[tuple[int, SignedUpload]]:
        """How to send these objects, by ordinal. The client decides which files each object carries.

        Raises UploadNotFound, UploadNotPending, InvalidRequest.
        """
        with self._store.begin() as unit:
            session = open_session(unit, principal, upload_id, lock=True)
            session.require(UploadState.PENDING)
            self._heard_of(unit, session)
            items = [add_object(unit, session, wanted) for wanted in objects]
        signed = [(item, self._blobs.sign_upload(item, base_url, self._url_seconds)) for item in items]
        kept = self._keep_multiparts(principal.project_id, upload_id, signed)
        return [
            (item.ordinal, self._blobs.sign_upload(kept[item.ordinal], base_url, self._url_seconds))
            if item.ordinal in kept
            else (item.ordinal, answer)
            for item, answer in signed
        ]

    def _keep_multiparts(
        self, project_id: UUID, upload_id: UUID, signed: Sequence[tuple[UploadObject, SignedUpload]]
    ) -> dict[int, UploadObject]:
        """Keep the uploads in parts that were begun. Of two calls that began one for the same object the first is kept;
        returns the objects, by ordinal, for which that was the other call: all parts must go to one."""
        begun = [(item, answer.multipart_id) for item, answer in signed if answer.multipart_id and not item.multipart_id]
        if not begun:
            return {}
        with self._store.begin() as unit:
            session = unit.uploads.get(project_id, upload_id, lock=True)
            if session is None:
                raise UploadNotFound("There is no such upload (any more): begin a new one.")
            kept = [(item, own, unit.uploads.keep_multipart(session, item.ordinal, own)) for item, own in begun]
        return {item.ordinal: replace(item, multipart_id=first) for item, own, first in kept if first != own}

    def seal(self, principal: Principal, upload_id: UUID) -> UploadSession:
        """Verify that all bytes are there, outside any transaction; nothing may be added afterwards.

        Raises UploadIncomplete, DigestMismatch, UploadNotFound, UploadNotPending.
        """
        with self._store.read() as unit:
            session = open_session(unit, principal, upload_id)
            if session.state in (UploadState.SEALED, UploadState.COMMITTED):
                return session
            session.require(UploadState.PENDING)
            objects = unit.uploads.objects(session)
            runs = unit.uploads.runs(session)
            files = unit.uploads.contents(session)
        self._verify(objects, packed_files(files, runs))
        with self._store.begin() as unit:
            session = open_session(unit, principal, upload_id, lock=True)
            if session.state is not UploadState.PENDING:
                return session
            if unit.uploads.file_count(session) != len(files):
                raise Conflict("Files were added to this upload while it was sealed: seal it again.")
            return unit.uploads.move(self._heard_of(unit, session), UploadState.SEALED)

    def commit(self, principal: Principal, upload_id: UUID) -> Finished:
        """Number all files in one short transaction, or make the snapshot. A job's output is committed by finishing the job.

        Raises UploadNotFound, UploadNotPending where it is not sealed, UploadIncomplete, UploadBaseChanged, Forbidden.
        """
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            session = open_session(unit, principal, upload_id, lock=True)
            if session.job_id is not None:
                raise Forbidden("What a job writes is committed when the job ends, not by itself.")
            if session.state is not UploadState.COMMITTED:
                session.require(UploadState.SEALED)
                if session.base_id is None and not unit.uploads.file_count(session):
                    raise EmptyFileset("This upload holds no files.")
                commit_session(unit, session, principal)
            return self._finished(unit, open_session(unit, principal, upload_id))

    def get(self, principal: Principal, upload_id: UUID) -> Finished:
        """A session; `latest` where nothing in the lake has changed since its commit. Raises UploadNotFound."""
        with self._store.read() as unit:
            finished = self._finished(unit, open_session(unit, principal, upload_id))
            return replace(finished, latest=is_latest(unit, finished.session))

    def committed(self, principal: Principal, upload_id: UUID, after: int, limit: int) -> list[tuple[int, CommittedFile]]:
        """What the commit made of the files, by position. Raises UploadNotFound, UploadNotPending where it was not committed."""
        with self._store.read() as unit:
            session = open_session(unit, principal, upload_id)
            session.require(UploadState.COMMITTED)
            return unit.uploads.committed(session, after, limit)

    def abort(self, principal: Principal, upload_id: UUID) -> UploadSession:
        """Give up a session; nothing of it stays. Raises UploadNotFound, UploadNotPending where it was committed."""
        with self._store.begin() as unit:
            session = open_session(unit, principal, upload_id, lock=True)
            session = self._abort(unit, session)
        self._blobs.delete_prefix(prefix_of(session))
        return session

    def sweep(self) -> int:
        """Abort what has expired, and forget the records of sessions that ended long ago; returns how many were aborted."""
        with self._store.read() as unit:
            overdue = unit.uploads.overdue(limit=100)
        aborted = 0
        for late in overdue:
            with self._store.begin() as unit:
                session = unit.uploads.get(late.project_id, late.id, lock=True)
                if session is None or session.state is UploadState.COMMITTED or session.expires_at >= unit.now():
                    continue  # it was committed, or heard of, just in time
                self._abort(unit, session)
            self._blobs.delete_prefix(prefix_of(late))
            aborted += 1
        self._forget_old()
        return aborted

    def _forget_old(self) -> None:
        with self._store.read() as unit:
            old = unit.uploads.ended_before(unit.now() - _RECORDS_KEPT_SECONDS * SECOND, limit=100)
        for session in old:
            if session.state is UploadState.ABORTED:
                # Again, now that the session's last URL has expired: an upload may still have been under way.
                self._blobs.delete_prefix(prefix_of(session))
            with self._store.begin() as unit:
                unit.uploads.forget(session)

    def _heard_of(self, unit: UnitOfWork, session: UploadSession) -> UploadSession:
        """However long an upload takes, it expires only when its client is silent."""
        until = unit.now() + self._lifetime * SECOND
        return session if until <= session.expires_at else unit.uploads.prolong(session, until)

    def _new_session(
        self, unit: UnitOfWork, principal: Principal, purpose: Purpose, fileset_name: str | None, base: Base | None
    ) -> UploadSession:
        now = unit.now()
        scope = principal.job
        session = UploadSession(
            principal.project_id,
            new_id(),
            principal.user_id,
            purpose,
            UploadState.PENDING,
            fileset_name,
            now,
            now + self._lifetime * SECOND,
            scope.job_id if scope else None,
            scope.attempt if scope else None,
            scope.rank if scope else None,
            base.upload_id if base else None,
        )
        unit.uploads.add(session, base.removed if base else ())
        return session

    def _verify(self, objects: Sequence[UploadObject], carried: Mapping[int, list[PackedFile]]) -> None:
        for item in objects:
            self._blobs.complete(item)
            if item.kind is ObjectKind.PACK:
                verify_pack(self._blobs, item, carried[item.ordinal])

    @staticmethod
    def _finished(unit: UnitOfWork, session: UploadSession) -> Finished:
        fileset_id, snapshot_id = unit.uploads.results(session)
        fileset = unit.filesets.by_id(session.project_id, [fileset_id])[fileset_id] if fileset_id else None
        snapshot = unit.snapshots.get(session.project_id, snapshot_id) if snapshot_id else None
        return Finished(session, unit.uploads.file_count(session), fileset, snapshot)

    @staticmethod
    def _abort(unit: UnitOfWork, session: UploadSession) -> UploadSession:
        if session.state is UploadState.ABORTED:
            return session
        session.require(UploadState.PENDING, UploadState.SEALED)
        unit.blobs.unpin(session)
        return unit.uploads.move(session, UploadState.ABORTED)
