"""Upload sessions, their files and objects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError

from acai_jupyter.backends.sql.driver import fetched, insert_columns, native_id, pairs, rows_with
from acai_jupyter.backends.sql.session import Session, chunks, to_json
from acai_jupyter.backends.sql.tables import blob_pins, jobs, upload_files, upload_objects, upload_runs, uploads
from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.files import Source
from acai_jupyter.domain.ids import new_ids_as_bytes
from acai_jupyter.domain.jobs import TERMINAL
from acai_jupyter.domain.uploads import (
    CarriedFile,
    CommittedFile,
    DeclaredFiles,
    ObjectKind,
    Purpose,
    UploadFile,
    UploadObject,
    UploadSession,
    UploadState,
)

_ENDED = (UploadState.COMMITTED, UploadState.ABORTED)
_DECLARED = ("position", "path", "size", "digest", "stored", "executable", "source_url", "source_version")
_FILE = f"""SELECT {", ".join(f'"{name}"' for name in _DECLARED)} FROM upload_files
    WHERE project_id = ? AND upload_id = ?"""  # noqa: S608 - names of columns
_COMMITTED = """SELECT position, path, version, size, unchanged FROM upload_files
    WHERE project_id = ? AND upload_id = ? AND position > ? ORDER BY position LIMIT ?"""
_NUMBERED = """SELECT position, path, version, size FROM upload_files
    WHERE project_id = ? AND upload_id = ? AND position > ? ORDER BY position LIMIT ?"""
_CONTENTS = """SELECT path, size, digest, stored FROM upload_files
    WHERE project_id = ? AND upload_id = ? ORDER BY position"""
_RUNS = """SELECT ordinal, "first", "offset", "count" FROM upload_runs
    WHERE project_id = ? AND upload_id = ? AND "first" > ? AND "first" < ? ORDER BY 2"""
_SUMS = """SELECT run.start, COUNT(*), SUM(held.size), MAX(CASE WHEN held.stored THEN 1 ELSE 0 END)
    FROM (SELECT DISTINCT start, length FROM {wanted}) AS run CROSS JOIN upload_files AS held
    WHERE held.project_id = ? AND held.upload_id = ?
    AND held.position >= run.start AND held.position < run.start + run.length
    GROUP BY run.start"""
_ALL: Final = 2**31


class SqlUploads:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, session: UploadSession, removed: Sequence[str] = ()) -> None:
        self._session.run(
            self._session.insert(uploads).values(
                project_id=session.project_id,
                id=session.id,
                user_id=session.user_id,
                purpose=session.purpose.value,
                state=session.state.value,
                fileset_name=session.fileset_name,
                base_id=session.base_id,
                removed=to_json(list(removed)) if removed else None,
                job_id=session.job_id,
                attempt=session.attempt,
                rank=session.rank,
                created_at=session.created_at,
                expires_at=session.expires_at,
            )
        )

    def removed(self, session: UploadSession) -> list[str]:
        told = self._session.run(select(uploads.c.removed).where(*_is(uploads, session))).scalar()
        return json.loads(told) if told else []

    def get(self, project_id: UUID, upload_id: UUID, lock: bool = False) -> UploadSession | None:
        statement = select(uploads).where(uploads.c.project_id == project_id, uploads.c.id == upload_id)
        row = self._session.run(statement.with_for_update() if lock else statement).one_or_none()
        return row and _session(row)

    def move(
        self, session: UploadSession, state: UploadState, fileset_version: UUID | None = None, snapshot: UUID | None = None
    ) -> UploadSession:
        values: dict[str, Any] = {"state": state.value}
        if state in _ENDED:
            values |= {"ended_at": self._session.now, "fileset_version_id": fileset_version, "snapshot_id": snapshot}
        statement = update(uploads).where(*_is(uploads, session)).values(**values).returning(uploads)
        return _session(self._session.run(statement).one())

    def prolong(self, session: UploadSession, until: int) -> UploadSession:
        self._session.run(update(uploads).where(*_is(uploads, session)).values(expires_at=until))
        return replace(session, expires_at=until)

    def results(self, session: UploadSession) -> tuple[UUID | None, UUID | None]:
        wanted = select(uploads.c.fileset_version_id, uploads.c.snapshot_id).where(*_is(uploads, session))
        row = self._session.run(wanted).one()
        return row.fileset_version_id, row.snapshot_id

    def declare(self, session: UploadSession, first: int, files: DeclaredFiles, stored: Sequence[bool]) -> None:
        self._insert(
            session,
            {
                "position": range(first, first + len(files)),
                "path": files.paths,
                "size": files.sizes,
                "digest": files.digests,
                "stored": stored,
                "executable": [at in files.executable for at in range(len(files))],
            },
        )

    def add_files(self, session: UploadSession, files: Sequence[UploadFile]) -> None:
        self._insert(
            session,
            {
                "position": [file.position for file in files],
                "path": [file.path for file in files],
                "size": [file.size for file in files],
                "digest": [file.digest and file.digest.to_bytes() for file in files],
                "stored": [file.stored for file in files],
                "executable": [file.executable for file in files],
                "source_url": [file.source and file.source.url for file in files],
                "source_version": [file.source and file.source.version for file in files],
            },
        )

    def _insert(self, session: UploadSession, columns: Mapping[str, Sequence[Any]]) -> None:
        ids: Sequence[Any] = new_ids_as_bytes(len(columns["position"]))
        if self._session.dialect == "postgresql":
            ids = [made.hex() for made in ids]
        shared = {**self._key(session), "version": 1, "unchanged": False}
        taken = ("project_id", "upload_id", "position")
        try:
            insert_columns(self._session, upload_files, shared, {**columns, "path_id": ids}, taken)
        except IntegrityError as error:
            raise InvalidRequest("Two files of this upload have the same path; name every path once.") from error

    def take_back_registered(self, session: UploadSession, first: int) -> None:
        beyond = (upload_files.c.position >= first, upload_files.c.source_url.is_not(None))
        self._session.run(delete(upload_files).where(*_of(upload_files, session), *beyond))

    def files(self, session: UploadSession, after: int = -1, limit: int | None = None) -> list[UploadFile]:
        own = tuple(self._key(session).values())
        sql = f"{_FILE} AND position > ? ORDER BY position LIMIT ?"
        return [_file(row) for row in fetched(self._session, sql, (*own, after, _ALL if limit is None else limit))]

    def at(self, session: UploadSession, positions: Sequence[int]) -> list[UploadFile]:
        found = rows_with(self._session, upload_files, _DECLARED, self._key(session), "position", positions)
        return [_file(row) for row in found]

    def file_count(self, session: UploadSession) -> int:
        last = select(func.max(upload_files.c.position)).where(*_of(upload_files, session))  # positions leave no gaps
        found = self._session.run(last).scalar()
        return 0 if found is None else found + 1

    def contents(self, session: UploadSession) -> list[tuple[str, int, bytes | None, bool]]:
        return fetched(self._session, _CONTENTS, tuple(self._key(session).values()))

    def sums(self, session: UploadSession, runs: Sequence[CarriedFile]) -> dict[int, tuple[int, int, bool]]:
        found: dict[int, tuple[int, int, bool]] = {}
        own = tuple(self._key(session).values())
        for some in chunks(runs):
            ranges = [(run.position, run.file_count) for run in some]
            wanted, values = pairs(self._session, ("start", "length"), ("bigint", "bigint"), ranges)
            for first, count, size, stored in fetched(self._session, _SUMS.format(wanted=wanted), (*values, *own)):
                found[first] = (count, int(size), bool(stored))
        return found

    def place(self, session: UploadSession, ordinal: int, runs: Sequence[CarriedFile]) -> None:
        columns = {
            "first": [run.position for run in runs],
            "count": [run.file_count for run in runs],
            "offset": [run.offset for run in runs],
        }
        shared = {**self._key(session), "ordinal": ordinal}
        insert_columns(self._session, upload_runs, shared, columns, ("project_id", "upload_id", "first"))

    def runs(self, session: UploadSession, after: int = -1, before: int = _ALL) -> list[tuple[int, CarriedFile]]:
        found = fetched(self._session, _RUNS, (*self._key(session).values(), after, before))
        return [(ordinal, CarriedFile(*run)) for ordinal, *run in found]

    def add_object(self, session: UploadSession, item: UploadObject) -> UploadObject:
        statement = self._session.insert(upload_objects).values(
            project_id=session.project_id,
            upload_id=session.id,
            ordinal=item.ordinal,
            id=item.id,
            kind=item.kind.value,
            key=item.key,
            size=item.size,
            digest=item.digest,
            parts=b"".join(item.parts),
        )
        self._session.run(statement.on_conflict_do_nothing(index_elements=["project_id", "upload_id", "ordinal"]))
        there = select(upload_objects).where(*_of(upload_objects, session), upload_objects.c.ordinal == item.ordinal)
        return _object(self._session.run(there).one())

    def keep_multipart(self, session: UploadSession, ordinal: int, multipart_id: str) -> str:
        held = upload_objects.c.multipart_id
        statement = update(upload_objects).where(*_of(upload_objects, session), upload_objects.c.ordinal == ordinal)
        kept = statement.values(multipart_id=func.coalesce(held, multipart_id)).returning(held)
        return str(self._session.run(kept).scalar_one())

    def objects(self, session: UploadSession) -> list[UploadObject]:
        wanted = select(upload_objects).where(*_of(upload_objects, session)).order_by(upload_objects.c.ordinal)
        return [_object(row) for row in self._session.run(wanted)]

    def committed(self, session: UploadSession, after: int, limit: int) -> list[tuple[int, CommittedFile]]:
        rows = fetched(self._session, _COMMITTED, (*self._key(session).values(), after, limit))
        return [
            (position, CommittedFile(path, version, size, bool(unchanged))) for position, path, version, size, unchanged in rows
        ]

    def numbered(self, session: UploadSession, after: int, limit: int) -> list[tuple[int, str, int, int]]:
        return fetched(self._session, _NUMBERED, (*self._key(session).values(), after, limit))

    def overdue(self, limit: int) -> list[UploadSession]:
        open_states = [UploadState.PENDING.value, UploadState.SEALED.value]
        # An agent brings what its job has written however late: a server may have been away for long.
        of_job = (jobs.c.project_id == uploads.c.project_id, jobs.c.id == uploads.c.job_id, jobs.c.attempt == uploads.c.attempt)
        wanted = exists().where(*of_job, jobs.c.status.not_in(sorted(status.value for status in TERMINAL)))
        late = select(uploads).where(uploads.c.state.in_(open_states), uploads.c.expires_at < self._session.now, ~wanted)
        return [_session(row) for row in self._session.run(late.limit(limit))]

    def ended_before(self, at: int, limit: int) -> list[UploadSession]:
        ended = uploads.c.state.in_([state.value for state in _ENDED])
        old = select(uploads).where(ended, uploads.c.ended_at < at).order_by(uploads.c.ended_at)
        return [_session(row) for row in self._session.run(old.limit(limit))]

    def forget(self, session: UploadSession) -> None:
        for table in (blob_pins, upload_runs, upload_files, upload_objects):
            self._session.run(delete(table).where(*_of(table, session)))
        self._session.run(delete(uploads).where(*_is(uploads, session)))

    def _key(self, session: UploadSession) -> dict[str, Any]:
        """What the rows of a session have in common, in the driver's values."""
        return {
            "project_id": native_id(self._session, session.project_id),
            "upload_id": native_id(self._session, session.id),
        }


def _is(table: Any, session: UploadSession) -> tuple[Any, Any]:
    return table.c.project_id == session.project_id, table.c.id == session.id


def _of(table: Any, session: UploadSession) -> tuple[Any, Any]:
    return table.c.project_id == session.project_id, table.c.upload_id == session.id


def _session(row: Row[Any]) -> UploadSession:
    return UploadSession(
        row.project_id,
        row.id,
        row.user_id,
        Purpose(row.purpose),
        UploadState(row.state),
        row.fileset_name,
        row.created_at,
        row.expires_at,
        row.job_id,
        row.attempt,
        row.rank,
        row.base_id,
    )


def _file(row: Any) -> UploadFile:
    position, path, size, digest, stored, executable, url, version = row
    own = None if digest is None else Digest.from_bytes(digest)
    source = None if url is None else Source(url, version)
    return UploadFile(position, path, size, own, bool(stored), bool(executable), source)


def _object(row: Row[Any]) -> UploadObject:
    parts = tuple(row.parts[start : start + 32] for start in range(0, len(row.parts), 32))
    return UploadObject(row.ordinal, row.id, ObjectKind(row.kind), row.key, row.size, row.digest, parts, row.multipart_id)
