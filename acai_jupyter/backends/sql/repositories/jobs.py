"""Jobs and their history."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, update

from acai_jupyter.backends.sql.repositories import job_statements as statements
from acai_jupyter.backends.sql.repositories.job_ranks import SqlRanks
from acai_jupyter.backends.sql.repositories.job_rows import key_of, outcome_values, read_job, spec_values, with_state
from acai_jupyter.backends.sql.repositories.job_statements import select_jobs
from acai_jupyter.backends.sql.repositories.links import add_links, make_links_due
from acai_jupyter.backends.sql.repositories.webhooks import tell_of_end
from acai_jupyter.backends.sql.session import chunks, to_json
from acai_jupyter.backends.sql.tables import job_history, jobs
from acai_jupyter.domain.budgets import most_cost
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import JobEnded
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.jobs import TERMINAL, Job, JobSpec, Outcome, Phases, Progress, Status, Transition, Used, require_move
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.store.engine import NewJob, Unplaced

_MOST_NOTES: Final = 20
_MOST_NOTE_CHARACTERS: Final = 300
_STAMP: Final = {Status.LAUNCHING: "launching_at", Status.RUNNING: "running_at"}


class SqlJobs(SqlRanks):
    def add(self, project_id: UUID, user_id: UUID, spec: JobSpec, notes: Sequence[str], after: Collection[UUID] = ()) -> Job:
        [job_id] = self.add_many(project_id, user_id, [NewJob(spec, after)], notes)
        job = self.get(project_id, job_id)
        assert job is not None
        return job

    def add_many(self, project_id: UUID, user_id: UUID, wanted: Sequence[NewJob], notes: Sequence[str]) -> list[UUID]:
        last = self._session.run(statements.more_numbers(), {"project": project_id, "count": len(wanted)}).scalar_one()
        state = {"status": Status.QUEUED.value, "attempt": 0, "created_at": self._session.now, "notes": to_json(list(notes))}
        rows = []
        for number, new in enumerate(wanted, last - len(wanted) + 1):
            own = {"project_id": project_id, "id": new_id(), "number": number, "user_id": user_id}
            rows.append(
                {**own, **state, **spec_values(new.spec), "reserved": most_cost(new.spec), "waits_for": len(set(new.after))}
            )
        ids = [row["id"] for row in rows]
        first = {"position": 1, "attempt": 0, "status": Status.QUEUED.value, "at": self._session.now}
        self._session.run(self._session.insert(jobs), rows)
        self._session.run(self._session.insert(job_history), [{"project_id": project_id, "job_id": one, **first} for one in ids])
        add_links(self._session, project_id, {one: new.after for one, new in zip(ids, wanted, strict=True)})
        return ids

    def get(self, project_id: UUID, job_id: UUID, lock: bool = False) -> Job | None:
        if lock and self._session.dialect == "postgresql":
            own = (jobs.c.project_id == project_id, jobs.c.id == job_id)
            self._session.run(select(jobs.c.id).where(*own).with_for_update())
        row = self._session.run(statements.by_id(), {"project": project_id, "job": job_id}).one_or_none()
        return row and read_job(row)

    def by_ids(self, project_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Job]:
        found: dict[UUID, Job] = {}
        for some in chunks(ids):
            found |= {
                job.id: job for job in self._many(select_jobs().where(jobs.c.project_id == project_id, jobs.c.id.in_(some)))
            }
        return found

    def by_number(self, project_id: UUID, number: int) -> Job | None:
        row = self._session.run(statements.by_number(), {"project": project_id, "number": number}).one_or_none()
        return row and read_job(row)

    def page(self, project_id: UUID, statuses: Sequence[Status], before: int | None, limit: int, grids: bool = True) -> list[Job]:
        wanted = select_jobs().where(jobs.c.project_id == project_id)
        if not grids:
            wanted = wanted.where(jobs.c.grid_id.is_(None))
        if statuses:
            wanted = wanted.where(jobs.c.status.in_([status.value for status in statuses]))
        if before is not None:
            wanted = wanted.where(jobs.c.number < before)
        return self._many(wanted.order_by(jobs.c.number.desc()).limit(limit))

    def ready(self, quota: int, limit: int) -> list[Job]:
        turns = self._session.run(statements.turns(), {"quota": quota, "most": limit}).all()
        found = [self.get(row.project_id, row.id) for row in turns]
        return [job for job in found if job is not None]

    def any_ready(self, quota: int) -> bool:
        return self._session.run(statements.turns(), {"quota": quota, "most": 1}).first() is not None

    def active(self) -> list[Job]:
        return self._many(statements.active())

    def unplaced(self, limit: int) -> list[Unplaced]:
        rows = self._session.run(statements.unplaced(), {"most": limit})
        return [Unplaced(row.project_id, row.id, Resources(row.cpu, row.memory_mb, row.gpu)) for row in rows]

    def unlaunched(self, limit: int) -> list[Job]:
        return self._many(statements.unlaunched(), most=limit)

    def taken(self, whole_cpus: bool) -> Resources:
        rows = self._session.run(statements.taken()).all()
        cpus = (math.ceil(row.cpu) if whole_cpus else row.cpu for row in rows)
        return Resources(sum(cpus), sum(row.memory_mb for row in rows), sum(row.gpu for row in rows))

    def place(self, waiting: Unplaced) -> bool:
        own = {"project": waiting.project_id, "job": waiting.job_id, "now": self._session.now}
        return bool(self._session.run(statements.place(), own).rowcount)

    def unended_numbers(self, project_id: UUID, user_id: UUID | None) -> list[int]:
        unended = [status.value for status in Status if status not in TERMINAL]
        wanted = select(jobs.c.number).where(jobs.c.project_id == project_id, jobs.c.status.in_(unended))
        if user_id is not None:
            wanted = wanted.where(jobs.c.user_id == user_id)
        return list(self._session.run(wanted.order_by(jobs.c.number.desc())).scalars())

    def count_unended(self) -> int:
        return int(self._session.run(statements.unended_count()).scalar_one())

    def move(
        self,
        job: Job,
        to: Status,
        *,
        progress: Progress | None = None,
        outcome: Outcome | None = None,
        attempt: int | None = None,
        why: str | None = None,
    ) -> Job:
        require_move(job, to)
        values: dict[str, Any] = {"status": to.value, "progress": progress and progress.value}
        values |= {"attempt": job.attempt if attempt is None else attempt}
        stamp = "ended_at" if to in TERMINAL else _STAMP.get(to)
        if stamp:
            values[stamp] = self._session.now
        if outcome is not None:
            values |= outcome_values(outcome)
        moved = self._change(job, values, as_known=True)
        if moved is None:
            raise JobEnded(f"Job {job.number} has moved on meanwhile; look at it again.")
        if to in TERMINAL:
            tell_of_end(self._session, job.project_id, job.id)
            make_links_due(self._session, job)
        self._write_history(moved, why)
        return moved

    def set_progress(self, job: Job, progress: Progress) -> Job:
        running = replace(job, status=Status.RUNNING)
        moved = self._change(running, {"progress": progress.value}, as_known=True)
        if moved is None:
            return job
        self._write_history(moved)
        return moved

    def add_progress(self, job: Job, reached: Mapping[Progress, int]) -> None:
        running = replace(job, status=Status.RUNNING)
        rows = [_history_row(replace(running, progress=progress), None, at) for progress, at in reached.items()]
        self._session.run(statements.write_history(), rows)

    def set_result(
        self,
        job: Job,
        *,
        phases: Phases,
        used: Used,
        runtime: int | None,
        cost: int | None,
        output: UUID | None,
        kept: UUID | None,
    ) -> Job:
        values = asdict(phases) | asdict(used) | {"runtime": runtime, "cost": cost, "output_id": output, "kept_snapshot_id": kept}
        changed = self._must_change(job, values)
        return changed if output is None else self._again(job)  # only a read tells the output's label

    def set_enforced(self, job: Job, enforced: Mapping[str, str]) -> Job:
        return self._must_change(job, {"enforced": to_json(dict(enforced))})

    def request_kill(self, job: Job, by: str) -> Job:
        first = jobs.c.kill_requested_at.is_(None)
        self._session.run(update(jobs).where(*_is(job), first).values(kill_requested_at=self._session.now, kill_requested_by=by))
        return self._again(job)

    def hold_launch(self, job: Job, holder: UUID, seconds: float) -> bool:
        now = self._session.now
        times = {"now": now, "until": now + int(seconds * SECOND), "too_late": now + int(2 * seconds * SECOND)}
        given = {**key_of(job), **_as_known(job), "holder": holder, **times}
        return bool(self._session.run(statements.hold_launch(), given).rowcount)

    def add_note(self, job: Job, note: str) -> None:
        kept = self._again(job).notes
        shown = note[:_MOST_NOTE_CHARACTERS]
        if shown not in kept and len(kept) < _MOST_NOTES:
            self._session.run(update(jobs).where(*_is(job)).values(notes=to_json([*kept, shown])))

    def history(self, job: Job) -> list[Transition]:
        rows = self._session.run(statements.history(), key_of(job))
        return [
            Transition(row.position, row.attempt, Status(row.status), row.progress and Progress(row.progress), row.reason, row.at)
            for row in rows
        ]

    def _again(self, job: Job) -> Job:
        current = self.get(job.project_id, job.id)
        assert current is not None
        return current

    def _write_history(self, job: Job, why: str | None = None) -> None:
        self._session.run(statements.write_history(), _history_row(job, why, self._session.now))

    def _must_change(self, job: Job, values: Mapping[str, Any]) -> Job:
        changed = self._change(job, values)
        assert changed is not None
        return changed

    def _change(self, job: Job, values: Mapping[str, Any], as_known: bool = False) -> Job | None:
        """Change columns of a job; the job then, None where it is not (any more) as it is known."""
        given = {
            **key_of(job),
            **{f"new_{name}": value for name, value in values.items()},
            **(_as_known(job) if as_known else {}),
        }
        row = self._session.run(statements.change(tuple(values), as_known), given).one_or_none()
        return row and with_state(job, row)

    def _many(self, statement: Select[Any], **given: Any) -> list[Job]:
        return [read_job(row) for row in self._session.run(statement, given)]


def _history_row(job: Job, why: str | None, at: int) -> dict[str, Any]:
    return {
        "of_project": job.project_id,
        "of_job": job.id,
        "new_project_id": job.project_id,
        "new_job_id": job.id,
        "new_attempt": job.attempt,
        "new_status": job.status.value,
        "new_progress": job.progress and job.progress.value,
        "new_reason": _why(job.outcome) or why,
        "new_at": at,
    }


def _why(outcome: Outcome | None) -> str | None:
    """Why a job ended, in a word or a line."""
    if outcome is None:
        return None
    return outcome.reason.value if outcome.reason else outcome.detail and outcome.detail[:_MOST_NOTE_CHARACTERS]


def _as_known(job: Job) -> dict[str, Any]:
    return {"known_status": job.status.value, "known_attempt": job.attempt}


def _is(job: Job) -> tuple[Any, Any]:
    return jobs.c.project_id == job.project_id, jobs.c.id == job.id
