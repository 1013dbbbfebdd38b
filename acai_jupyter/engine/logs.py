"""The log server (paper 4.2): streams, keeps, and reads tags out of what jobs print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from acai_jupyter.config import compile_bars
from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.arrivals import PROGRESS_BARS
from acai_jupyter.domain.errors import AgentSuperseded, Forbidden, InvalidRequest
from acai_jupyter.domain.events import EventKind, job_ids
from acai_jupyter.domain.ids import Kind, new_id, write
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.logs import LogChunk
from acai_jupyter.engine.lookup import find_job
from acai_jupyter.engine.steps import take_steps
from acai_jupyter.engine.tags import split_lines, take_tags
from acai_jupyter.ports.blobs import BlobStore
from acai_jupyter.ports.store.unit import Store, UnitOfWork

MOST_APPEND_BYTES: Final = 1024 * 1024
MOST_READ_BYTES: Final = 4 * 1024 * 1024
_COMPACT_PIECE: Final = 8 * 1024 * 1024


class Logs:
    """Logs of jobs, by byte offset. `bars` finds progress bars in them: a regular expression whose groups `step` and `steps` are
    how far the job is, and of how many."""

    def __init__(self, store: Store, blobs: BlobStore, bars: str = PROGRESS_BARS) -> None:
        self._store = store
        self._blobs = blobs
        self._bars = compile_bars(bars)

    def append(self, principal: Principal, offset: int, data: bytes) -> int:
        """An agent sends more of its log; returns how much the platform has. What it has already is ignored, and where
        something is missing nothing is taken: the agent goes on from the answer. Tags take effect in the same
        transaction.

        Raises AgentSuperseded, Forbidden, InvalidRequest.
        """
        if len(data) > MOST_APPEND_BYTES or offset < 0:
            raise InvalidRequest(f"Send at most {MOST_APPEND_BYTES} bytes of log at once, at an offset from 0.")
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            job, rank = self._job(unit, principal)
            state = unit.logs.state(job.id, job.project_id, job.attempt, rank)
            new = data[state.size - offset :] if offset <= state.size else b""
            if not new:
                return state.size
            whole, rest = split_lines(state.line, new)
            taken = take_tags(unit, job, whole, state.step)
            take_steps(unit, job, taken, state.line, new, self._bars)
            unit.logs.append(job, rank, state.size, new, rest, taken.step)
            unit.events.append(job.project_id, EventKind.JOB_LOGGED, **job_ids(job))
            if taken.measured:
                unit.events.append(job.project_id, EventKind.JOB_MEASURED, **job_ids(job))
            return state.size + len(new)

    def whose(self, principal: Principal, reference: str) -> str:
        """The id of the job whose log this is, as events name it. Raises JobNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return write(Kind.JOB, find_job(unit, principal.project_id, reference).id)

    def read(self, principal: Principal, reference: str, offset: int, limit: int = MOST_READ_BYTES) -> LogChunk:
        """A piece of a job's log from `offset` on. `complete` says that the job has ended and this reaches its end.

        Raises JobNotFound.
        """
        principal.require(Right.READ)
        most = max(1, min(limit, MOST_READ_BYTES))
        with self._store.read() as unit:
            job = find_job(unit, principal.project_id, reference)
            state = unit.logs.state(job.id, job.project_id, job.attempt, 0)
            key = None
            data = b""
            if offset < state.size and state.object_id is not None:
                key = unit.logs.object_key(job.project_id, state.object_id)
            elif offset < state.size:
                pieces = unit.logs.chunks(job.project_id, job.id, job.attempt, 0, offset, most)
                data = b"".join(piece for _, piece in pieces)[offset - pieces[0][0] :][:most]
        if key is not None:
            data = b"".join(self._blobs.read(key, offset, min(most, state.size - offset)))
        return LogChunk(offset, data, state.size, job.ended and offset + len(data) >= state.size)

    def compact(self) -> int:
        """Move the logs of ended jobs from rows to objects; returns how many. Another server may do so at the same time."""
        with self._store.read() as unit:
            waiting = unit.logs.to_compact(limit=20)
        return sum(self._compact(*which) for which in waiting)

    def _compact(self, project_id: UUID, job_id: UUID, attempt: int, rank: int) -> bool:
        object_id = new_id()
        prefix = f"{project_id.hex}/{object_id.hex}"
        key = f"{prefix}/0"
        size = self._blobs.write(key, self._pieces(project_id, job_id, attempt, rank))
        with self._store.begin() as unit:
            unit.lock_project(project_id)
            state = unit.logs.state(job_id, project_id, attempt, rank)
            first = state.object_id is None and state.size == size
            if first:
                unit.blobs.add_object(project_id, object_id, key, size)
                unit.logs.compact(project_id, job_id, attempt, rank, object_id)
        if not first:
            self._blobs.delete_prefix(prefix)
        return first

    def _pieces(self, project_id: UUID, job_id: UUID, attempt: int, rank: int) -> Iterator[bytes]:
        offset = 0
        while True:
            with self._store.read() as unit:
                state = unit.logs.state(job_id, project_id, attempt, rank)
                if offset >= state.size:
                    return
                chunks = unit.logs.chunks(project_id, job_id, attempt, rank, offset, _COMPACT_PIECE)
            if not chunks:
                return  # another server has moved them just now
            for _, data in chunks:
                offset += len(data)
                yield data

    @staticmethod
    def _job(unit: UnitOfWork, principal: Principal) -> tuple[Job, int]:
        principal.require(Right.SUPERVISE)
        scope = principal.job
        if scope is None:
            raise Forbidden("This token belongs to no job.")
        job = unit.jobs.get(principal.project_id, scope.job_id)
        if job is None or job.ended or job.attempt != scope.attempt:
            raise AgentSuperseded("This job needs this agent no longer: leave.")
        return job, scope.rank


def take_last_line(unit: UnitOfWork, job: Job) -> None:
    """Nothing more comes: what a job printed last may be a tag without a newline at its end."""
    state = unit.logs.state(job.id, job.project_id, job.attempt, 0)
    if state.line and not state.complete:
        take_tags(unit, job, split_lines(state.line, b"\n")[0], state.step)
