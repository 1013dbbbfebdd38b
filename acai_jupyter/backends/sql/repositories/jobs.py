"""Jobs, their ranks and their history."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, select, update

from acai_jupyter.backends.sql.repositories import job_statements as statements
from acai_jupyter.backends.sql.repositories.job_statements import select_jobs
from acai_jupyter.backends.sql.repositories.links import add_links, make_links_due
from acai_jupyter.backends.sql.repositories.webhooks import tell_of_end
from acai_jupyter.backends.sql.session import Session, chunks, to_json
from acai_jupyter.backends.sql.tables import job_history, job_ranks, jobs, projects
from acai_jupyter.domain.arrivals import Arrival, Bound, Steps
from acai_jupyter.domain.budgets import most_cost
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import JobEnded
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.jobs import (
    TERMINAL,
    Job,
    JobSpec,
    Outcome,
    Phases,
    Progress,
    Rank,
    Reason,
    Status,
    Transition,
    Used,
    require_move,
)
from acai_jupyter.domain.origins import GitState
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.store.engine import NewJob, Unplaced

_MOST_NOTES: Final = 20
_MOST_NOTE_CHARACTERS: Final = 300
_STAMP: Final = {Status.LAUNCHING: "launching_at", Status.RUNNING: "running_at"}


class SqlJobs:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, project_id: UUID, user_id: UUID, spec: JobSpec, notes: Sequence[str], after: Collection[UUID] = ()) -> Job:
        [job_id] = self.add_many(project_id, user_id, [NewJob(spec, after)], notes)
        job = self.get(project_id, job_id)
        assert job is not None
        return job

    def add_many(self, project_id: UUID, user_id: UUID, wanted: Sequence[NewJob], notes: Sequence[str]) -> list[UUID]:
        last = self._session.run(
            update(projects)
            .where(projects.c.id == project_id)
            .values(job_number=projects.c.job_number + len(wanted))
            .returning(projects.c.job_number)
        ).scalar_one()
        state = {"status": Status.QUEUED.value, "attempt": 0, "created_at": self._session.now, "notes": to_json(list(notes))}
        rows = []
        for number, new in enumerate(wanted, last - len(wanted) + 1):
            own = {"project_id": project_id, "id": new_id(), "number": number, "user_id": user_id}
            rows.append(
                {**own, **state, **_spec_values(new.spec), "reserved": most_cost(new.spec), "waits_for": len(set(new.after))}
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

    def active(self, limit: int) -> list[Job]:
        return self._many(statements.active(), most=limit)

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
            values |= _outcome_values(outcome)
        if not self._change(job, values, as_known=True):
            raise JobEnded(f"Job {job.number} has moved on meanwhile; look at it again.")
        if to in TERMINAL:
            tell_of_end(self._session, job.project_id, job.id)
            make_links_due(self._session, job)
        return self._written(job, why)

    def set_progress(self, job: Job, progress: Progress) -> Job:
        running = replace(job, status=Status.RUNNING)
        if self._change(running, {"progress": progress.value}, as_known=True):
            return self._written(job)
        return job

    def add_progress(self, job: Job, reached: Mapping[Progress, int]) -> None:
        for progress, at in reached.items():
            self._write_history(replace(job, status=Status.RUNNING, progress=progress), at=at)

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
        self._change(job, values)
        return self._again(job)

    def set_enforced(self, job: Job, enforced: Mapping[str, str]) -> Job:
        self._change(job, {"enforced": to_json(dict(enforced))})
        return self._again(job)

    def request_kill(self, job: Job, by: str) -> Job:
        first = jobs.c.kill_requested_at.is_(None)
        self._session.run(update(jobs).where(*_is(job), first).values(kill_requested_at=self._session.now, kill_requested_by=by))
        return self._again(job)

    def hold_launch(self, job: Job, holder: UUID, seconds: float) -> bool:
        now = self._session.now
        times = {"now": now, "until": now + int(seconds * SECOND), "too_late": now + int(2 * seconds * SECOND)}
        given = {**_key(job), **_as_known(job), "holder": holder, **times}
        return bool(self._session.run(statements.hold_launch(), given).rowcount)

    def add_note(self, job: Job, note: str) -> None:
        kept = self.notes(job)
        shown = note[:_MOST_NOTE_CHARACTERS]
        if shown not in kept and len(kept) < _MOST_NOTES:
            self._session.run(update(jobs).where(*_is(job)).values(notes=to_json([*kept, shown])))

    def notes(self, job: Job) -> list[str]:
        kept = self._session.run(statements.notes(), _key(job)).scalar_one()
        return list(json.loads(kept))

    def history(self, job: Job) -> list[Transition]:
        rows = self._session.run(statements.history(), _key(job))
        return [
            Transition(row.position, row.attempt, Status(row.status), row.progress and Progress(row.progress), row.reason, row.at)
            for row in rows
        ]

    def add_rank(self, job: Job, rank: int) -> None:
        own = {"project_id": job.project_id, "job_id": job.id, "attempt": job.attempt, "rank": rank}
        self._session.run(
            self._session.insert(job_ranks)
            .values(**own)
            .on_conflict_do_nothing(index_elements=["project_id", "job_id", "attempt", "rank"])
        )

    def set_handle(self, job: Job, rank: int, handle: str) -> None:
        self._change_rank(job, rank, {"handle": handle})

    def ranks(self, job: Job) -> list[Rank]:
        return [_rank(row) for row in self._session.run(statements.ranks(), {**_key(job), "of_attempt": job.attempt})]

    def uncleaned(self, limit: int) -> list[Rank]:
        return [_rank(row) for row in self._session.run(statements.uncleaned(), {"most": limit})]

    def forget_handle(self, rank: Rank) -> None:
        own = (job_ranks.c.project_id == rank.project_id, job_ranks.c.job_id == rank.job_id)
        this = (*own, job_ranks.c.attempt == rank.attempt, job_ranks.c.rank == rank.rank)
        self._session.run(update(job_ranks).where(*this).values(handle=None))

    def claim(self, job: Job, rank: int, instance: UUID) -> bool:
        given = {**_rank_key(job, rank), "by": instance, "now": self._session.now}
        return bool(self._session.run(statements.claim_rank(), given).rowcount)

    def heartbeat(self, job: Job, rank: int, progress: str | None) -> None:
        self._change_rank(job, rank, {"heartbeat_at": self._session.now, "progress": progress})

    def report(self, job: Job, rank: int, report: str) -> bool:
        return self._change_rank(job, rank, {"reported_at": self._session.now, "report": report}, only_first=True)

    def reports(self, job: Job) -> list[str]:
        own = (job_ranks.c.project_id == job.project_id, job_ranks.c.job_id == job.id, job_ranks.c.attempt == job.attempt)
        wanted = select(job_ranks.c.report).where(*own, job_ranks.c.report.is_not(None)).order_by(job_ranks.c.rank)
        return [str(report) for report in self._session.run(wanted).scalars()]

    def _written(self, job: Job, why: str | None = None) -> Job:
        current = self._again(job)
        self._write_history(current, why)
        return current

    def _again(self, job: Job) -> Job:
        current = self.get(job.project_id, job.id)
        assert current is not None
        return current

    def _write_history(self, job: Job, why: str | None = None, at: int | None = None) -> None:
        given = {
            "of_project": job.project_id,
            "of_job": job.id,
            "new_project_id": job.project_id,
            "new_job_id": job.id,
            "new_attempt": job.attempt,
            "new_status": job.status.value,
            "new_progress": job.progress and job.progress.value,
            "new_reason": _why(job.outcome) or why,
            "new_at": self._session.now if at is None else at,
        }
        self._session.run(statements.write_history(), given)

    def _change(self, job: Job, values: Mapping[str, Any], as_known: bool = False) -> bool:
        """Change columns of a job; False where it is not (any more) as it is known."""
        given = {**_key(job), **{f"new_{name}": value for name, value in values.items()}, **(_as_known(job) if as_known else {})}
        return bool(self._session.run(statements.change(tuple(values), as_known), given).rowcount)

    def _change_rank(self, job: Job, rank: int, values: Mapping[str, Any], only_first: bool = False) -> bool:
        given = {**_rank_key(job, rank), **{f"new_{name}": value for name, value in values.items()}}
        return bool(self._session.run(statements.change_rank(tuple(values), only_first), given).rowcount)

    def _many(self, statement: Select[Any], **given: Any) -> list[Job]:
        return [read_job(row) for row in self._session.run(statement, given)]


def _why(outcome: Outcome | None) -> str | None:
    """Why a job ended, in a word or a line."""
    if outcome is None:
        return None
    return outcome.reason.value if outcome.reason else outcome.detail and outcome.detail[:_MOST_NOTE_CHARACTERS]


def _rank(row: Row[Any]) -> Rank:
    return Rank(
        row.project_id,
        row.job_id,
        row.attempt,
        row.rank,
        row.handle,
        row.instance,
        row.claimed_at,
        row.heartbeat_at,
        row.reported_at,
        row.progress,
    )


def _key(job: Job) -> dict[str, Any]:
    return {"project": job.project_id, "job": job.id}


def _as_known(job: Job) -> dict[str, Any]:
    return {"known_status": job.status.value, "known_attempt": job.attempt}


def _rank_key(job: Job, rank: int) -> dict[str, Any]:
    return {**_key(job), "of_attempt": job.attempt, "of_rank": rank}


def _is(job: Job) -> tuple[Any, Any]:
    return jobs.c.project_id == job.project_id, jobs.c.id == job.id


def _spec_values(spec: JobSpec) -> dict[str, Any]:
    values = {
        name: getattr(spec, name)
        for name in JobSpec.__dataclass_fields__
        if name not in ("command", "resources", "prices", "env", "git", "secrets", "bound")
    }
    command = spec.command if isinstance(spec.command, str) else list(spec.command)
    values |= {
        "command": to_json(command),
        "env": to_json(dict(spec.env)),
        "secrets": to_json(list(spec.secrets)),
        "prices": to_json(asdict(spec.prices)),
    }
    values |= {"bound": None if spec.bound is None else to_json(asdict(spec.bound))}
    git = spec.git or GitState("")
    values |= {"git_commit": git.commit or None, "git_branch": git.branch, "git_remote": git.remote}
    values |= {"git_dirty": git.dirty if spec.git else None}
    return values | asdict(spec.resources)


def _outcome_values(outcome: Outcome) -> dict[str, Any]:
    return {
        "reason": outcome.reason and outcome.reason.value,
        "detail": outcome.detail,
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
    }


def read_job(row: Row[Any]) -> Job:
    """The job in a row of `select_jobs`."""
    status = Status(row.status)
    outcome = Outcome(status, row.reason and Reason(row.reason), row.detail, row.exit_code, row.signal)
    return Job(
        project_id=row.project_id,
        id=row.id,
        number=row.number,
        user_id=row.user_id,
        creator=row.creator,
        spec=_spec(row),
        status=status,
        attempt=row.attempt,
        created_at=row.created_at,
        progress=row.progress and Progress(row.progress),
        outcome=outcome if status in TERMINAL else None,
        launching_at=row.launching_at,
        running_at=row.running_at,
        ended_at=row.ended_at,
        kill_requested_at=row.kill_requested_at,
        kill_requested_by=row.kill_requested_by,
        placed_at=row.placed_at,
        phases=Phases(row.download_time, row.command_time, row.upload_time),
        used=Used(row.peak_memory, row.cpu_time, row.throttled_time, row.read_bytes, row.written_bytes),
        enforced=None if row.enforced is None else json.loads(row.enforced),
        runtime=row.runtime,
        cost=row.cost,
        output_id=row.output_id,
        kept_snapshot_id=row.kept_snapshot_id,
        code_label=row.code_label,
        input_label=row.input_label,
        output_label=row.output_label,
        retry_of_number=row.retry_of_number,
        input_job_number=row.input_job_number,
        grid_number=row.grid_number,
        waits_for=row.waits_for,
        steps=_steps(row),
        arrival=_arrival(row),
        late_at=row.late_at,
    )


def _steps(row: Row[Any]) -> Steps | None:
    if row.stepped_at is None:
        return None
    return Steps(row.step, row.step_total, row.step_tagged, row.step_restarts, row.stepped_at)


def _arrival(row: Row[Any]) -> Arrival | None:
    if row.arrival is None:
        return None
    return Arrival(row.arrival, row.arrival_low, row.arrival_high, row.arrival_at)


def _spec(row: Row[Any]) -> JobSpec:
    command = json.loads(row.command)
    return JobSpec(
        command=command if isinstance(command, str) else tuple(command),
        resources=Resources(row.cpu, row.memory_mb, row.gpu),
        prices=PriceTable(**json.loads(row.prices)),
        name=row.name,
        input_id=row.input_id,
        output_name=row.output_name,
        output_path=row.output_path,
        code_snapshot_id=row.code_snapshot_id,
        code_fileset_id=row.code_fileset_id,
        image=row.image,
        python=row.python,
        requirements=row.requirements,
        env=tuple(json.loads(row.env).items()),
        timeout=row.timeout,
        priority=row.priority,
        lake_access=row.lake_access,
        retry_of=row.retry_of,
        start_snapshot_id=row.start_snapshot_id,
        git=row.git_commit and GitState(row.git_commit, row.git_branch, bool(row.git_dirty), row.git_remote),
        environment=row.environment,
        secrets=tuple(json.loads(row.secrets)),
        input_job_id=row.input_job_id,
        grid_id=row.grid_id,
        grid_row=row.grid_row,
        bound=None if row.bound is None else Bound(**json.loads(row.bound)),
    )
