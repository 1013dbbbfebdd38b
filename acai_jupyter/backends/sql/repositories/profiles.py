"""Profiles and their trials."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Row, Select, Table, and_, func, or_, select, update

from acai_jupyter.backends.sql.repositories.jobs import SqlJobs
from acai_jupyter.backends.sql.session import Session, to_json
from acai_jupyter.backends.sql.tables import jobs, profile_trials, profiles, users
from acai_jupyter.domain.commands import text_of
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.jobs import TERMINAL, Job, Reason, Status
from acai_jupyter.domain.profiles import NewProfile, Pins, Profile, ProfileStatus, ProfileTrial
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.domain.templates import Template, Trial
from acai_jupyter.ports.store.provision import TrialCount

_MOST_OTHERS: Final = 1000
_MOST_COMPARED: Final = 20_000
"""Of the jobs whose command holds the template's longest word so many are read, the newest."""
_CONTINUED: Final = "\\\\\\n"
"""How JSON writes a backslash before a new line, which may stand within a word."""


class SqlProfiles:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, project_id: UUID, user_id: UUID, new: NewProfile) -> Profile:
        profile_id = new_id()
        self._session.run(
            self._session.insert(profiles).values(
                project_id=project_id,
                id=profile_id,
                user_id=user_id,
                name=new.name,
                template=str(new.submission.command),
                submission=to_json(asdict(new.submission)),
                **asdict(new.pins),
                grid=to_json([_trial_values(trial) for trial in new.grid]),
                max_trials=new.max_trials,
                max_cost=new.max_cost,
                notes=to_json(list(new.notes)),
                status=ProfileStatus.PROFILING.value,
                turn=self._next_turn(project_id, new.name),
                created_at=self._session.now,
            )
        )
        return self._many(_select().where(profiles.c.project_id == project_id, profiles.c.id == profile_id))[0]

    def get(self, project_id: UUID, profile_id: UUID) -> Profile | None:
        return self._first(_select().where(profiles.c.project_id == project_id, profiles.c.id == profile_id))

    def current(self, project_id: UUID, name: str) -> Profile | None:
        own = _select().where(profiles.c.project_id == project_id, profiles.c.name == name)
        return self._first(own.order_by(_is_good.desc(), profiles.c.turn.desc()))

    def use_again(self, profile: Profile) -> None:
        own = (profiles.c.project_id == profile.project_id, profiles.c.id == profile.id)
        turn = self._next_turn(profile.project_id, profile.name)
        self._session.run(update(profiles).where(*own).values(turn=turn))

    def same(self, project_id: UUID, name: str, template: str, pins: Pins) -> Profile | None:
        own = (profiles.c.project_id == project_id, profiles.c.name == name, profiles.c.template == template)
        return self._first(_select().where(*own, *_pinned(profiles, pins), _is_good).order_by(profiles.c.turn.desc()))

    def page(self, project_id: UUID, status: ProfileStatus | None, before: UUID | None, limit: int) -> list[Profile]:
        wanted = _select().where(profiles.c.project_id == project_id)
        if status is not None:
            wanted = wanted.where(profiles.c.status == status.value)
        if before is not None:
            wanted = wanted.where(profiles.c.id < before)
        return self._many(wanted.order_by(profiles.c.id.desc()).limit(limit))

    def profiling(self, limit: int) -> list[Profile]:
        waiting = profiles.c.status == ProfileStatus.PROFILING.value
        return self._many(_select().where(waiting).order_by(profiles.c.id).limit(limit))

    def add_trial(self, profile: Profile, trial: Trial, job: Job) -> int:
        highest = select(func.coalesce(func.max(profile_trials.c.number), 0)).where(*_of(profile))
        number = int(self._session.run(highest).scalar_one()) + 1
        self._session.run(
            self._session.insert(profile_trials).values(
                project_id=profile.project_id,
                profile_id=profile.id,
                number=number,
                arguments=to_json(list(trial.values)),
                cpu=trial.cpu,
                memory_mb=trial.memory_mb,
                job_id=job.id,
                straggler=False,
            )
        )
        return number

    def count_trials(self, profile: Profile) -> TrialCount:
        ended = jobs.c.status.in_([status.value for status in TERMINAL])
        counted = select(
            func.count().label("submitted"),
            func.count().filter(ended).label("ended"),
            func.coalesce(func.sum(jobs.c.cost), 0).label("cost"),
        ).select_from(profile_trials.join(jobs, _job_of_trial))
        row = self._session.run(counted.where(*_of(profile))).one()
        return TrialCount(int(row.submitted), int(row.ended), int(row.cost))

    def trials(self, profile: Profile) -> list[ProfileTrial]:
        rows = self._session.run(select(profile_trials).where(*_of(profile)).order_by(profile_trials.c.number)).all()
        found = SqlJobs(self._session).by_ids(profile.project_id, [row.job_id for row in rows])
        return [
            ProfileTrial(row.number, _trial(json.loads(row.arguments), row.cpu, row.memory_mb), found[row.job_id], row.straggler)
            for row in rows
        ]

    def has_steps(self, profile: Profile) -> bool:
        running = (jobs.c.status == Status.RUNNING.value, jobs.c.stepped_at.is_not(None))
        found = select(profile_trials.c.job_id).select_from(profile_trials.join(jobs, _job_of_trial))
        return self._session.run(found.where(*_of(profile), *running).limit(1)).first() is not None

    def other_jobs(self, profile: Profile, template: Template) -> dict[UUID, tuple[float, ...]]:
        mine = select(profile_trials.c.job_id).where(*_of(profile))
        teaches = or_(jobs.c.status == Status.FINISHED.value, jobs.c.reason == Reason.OUT_OF_MEMORY.value)
        own = (jobs.c.project_id == profile.project_id, teaches, jobs.c.id.not_in(mine))
        wanted = select(jobs.c.id, jobs.c.command).where(*own, *_pinned(jobs, profile.new.pins), *_like(profile.new.submission))
        candidates = wanted.where(_may_hold(template)).order_by(jobs.c.number.desc()).limit(_MOST_COMPARED)
        found: dict[UUID, tuple[float, ...]] = {}
        for row in self._session.run(candidates):
            command = json.loads(row.command)
            values = template.values_in(text_of(command if isinstance(command, str) else tuple(command)))
            if values is not None and len(found) < _MOST_OTHERS:
                found[row.id] = values
        return found

    def mark_stragglers(self, profile: Profile, numbers: Sequence[int]) -> None:
        these = (*_of(profile), profile_trials.c.number.in_(numbers))
        self._session.run(update(profile_trials).where(*these).values(straggler=True))

    def finish(self, profile: Profile, status: ProfileStatus, *, law: str | None = None, detail: str | None = None) -> bool:
        own = (profiles.c.project_id == profile.project_id, profiles.c.id == profile.id)
        waiting = profiles.c.status == ProfileStatus.PROFILING.value
        values = {"status": status.value, "law": law, "detail": detail, "ended_at": self._session.now}
        return bool(self._session.run(update(profiles).where(*own, waiting).values(**values)).rowcount)

    def _next_turn(self, project_id: UUID, name: str) -> int:
        own = (profiles.c.project_id == project_id, profiles.c.name == name)
        highest = select(func.coalesce(func.max(profiles.c.turn), 0)).where(*own)
        return int(self._session.run(highest).scalar_one()) + 1

    def _first(self, statement: Select[Any]) -> Profile | None:
        found = self._many(statement.limit(1))
        return found[0] if found else None

    def _many(self, statement: Select[Any]) -> list[Profile]:
        return [_profile(row) for row in self._session.run(statement)]


_is_good = profiles.c.status.in_([ProfileStatus.PROFILING.value, ProfileStatus.FITTED.value])
_job_of_trial = and_(jobs.c.project_id == profile_trials.c.project_id, jobs.c.id == profile_trials.c.job_id)


def _of(profile: Profile) -> tuple[Any, Any]:
    return profile_trials.c.project_id == profile.project_id, profile_trials.c.profile_id == profile.id


def _pinned(table: Table, pins: Pins) -> list[Any]:
    return [_is(table.c[name], value) for name, value in asdict(pins).items()]


def _like(wanted: Submission) -> list[Any]:
    """What besides its pins makes a job the same kind of job as a trial: no GPUs, started from nothing, the same surroundings."""
    same = {"image": wanted.image, "python": wanted.python, "requirements": wanted.requirements, "retry_of": None}
    env = to_json(dict(sorted(wanted.env.items())))
    return [*(_is(jobs.c[name], value) for name, value in same.items()), jobs.c.gpu == 0, jobs.c.env == env]


def _may_hold(template: Template) -> ColumnElement[bool]:
    """Whether a job's command, as it is kept, may be one of a template."""
    word = jobs.c.command.contains(template.longest_word, autoescape=True)
    return or_(word, jobs.c.command.contains(_CONTINUED, autoescape=True))


def _is(column: Column[Any], value: object) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


@cache
def _select() -> Select[Any]:
    creator = and_(users.c.project_id == profiles.c.project_id, users.c.id == profiles.c.user_id)
    return select(profiles, users.c.name.label("creator")).select_from(profiles.join(users, creator))


def _trial_values(trial: Trial) -> dict[str, Any]:
    return {"values": list(trial.values), "cpu": trial.cpu, "memory_mb": trial.memory_mb}


def _trial(values: Sequence[str], cpu: float, memory_mb: int) -> Trial:
    return Trial(tuple(values), cpu, memory_mb)


def _profile(row: Row[Any]) -> Profile:
    new = NewProfile(
        name=row.name,
        submission=Submission(**json.loads(row.submission)),
        pins=Pins(row.input_id, row.code_snapshot_id, row.code_fileset_id),
        grid=tuple(_trial(**trial) for trial in json.loads(row.grid)),
        max_trials=row.max_trials,
        max_cost=row.max_cost,
        notes=tuple(json.loads(row.notes)),
    )
    return Profile(
        project_id=row.project_id,
        id=row.id,
        user_id=row.user_id,
        creator=row.creator,
        new=new,
        status=ProfileStatus(row.status),
        created_at=row.created_at,
        ended_at=row.ended_at,
        law=row.law,
        detail=row.detail,
    )
