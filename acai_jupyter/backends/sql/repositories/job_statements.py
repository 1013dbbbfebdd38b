"""What is asked about jobs again and again, each statement built once: making its parts takes longer than asking."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Insert,
    Integer,
    Select,
    Text,
    Update,
    and_,
    bindparam,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from acai_jupyter.backends.sql.repositories.job_rows import STATE
from acai_jupyter.backends.sql.tables import fileset_versions, filesets, grids, job_history, job_ranks, jobs, projects, users
from acai_jupyter.domain.jobs import ACTIVE, TERMINAL, Status


def _label(version_column: Any, name: str) -> Any:
    """A scalar `Name:version` of a file set version that a job refers to."""
    versions, sets = fileset_versions.alias(), filesets.alias()
    joined = versions.join(sets, and_(sets.c.project_id == versions.c.project_id, sets.c.id == versions.c.fileset_id))
    of_job = (versions.c.project_id == jobs.c.project_id, versions.c.id == version_column)
    text = sets.c.name.concat(":").concat(cast(versions.c.version, Text))
    return select(text).select_from(joined).where(*of_job).correlate(jobs).scalar_subquery().label(name)


@cache
def select_jobs() -> Select[Any]:
    """Everything that a Job is made of."""
    creator = and_(users.c.project_id == jobs.c.project_id, users.c.id == jobs.c.user_id)
    before = jobs.alias("before")
    retried = select(before.c.number).where(before.c.project_id == jobs.c.project_id, before.c.id == jobs.c.retry_of)
    read = jobs.alias("read")
    source = select(read.c.number).where(read.c.project_id == jobs.c.project_id, read.c.id == jobs.c.input_job_id)
    grid = select(grids.c.number).where(grids.c.project_id == jobs.c.project_id, grids.c.id == jobs.c.grid_id)
    return select(
        jobs,
        users.c.name.label("creator"),
        _label(jobs.c.code_fileset_id, "code_label"),
        _label(jobs.c.input_id, "input_label"),
        _label(jobs.c.output_id, "output_label"),
        retried.correlate(jobs).scalar_subquery().label("retry_of_number"),
        source.correlate(jobs).scalar_subquery().label("input_job_number"),
        grid.correlate(jobs).scalar_subquery().label("grid_number"),
    ).select_from(jobs.join(users, creator))


def values_of(statuses: frozenset[Status]) -> list[str]:
    return sorted(status.value for status in statuses)


def _own() -> tuple[Any, Any]:
    return jobs.c.project_id == bindparam("project"), jobs.c.id == bindparam("job")


@cache
def by_id() -> Select[Any]:
    return select_jobs().where(*_own())


@cache
def by_number() -> Select[Any]:
    return select_jobs().where(jobs.c.project_id == bindparam("project"), jobs.c.number == bindparam("number"))


@cache
def turns() -> Select[Any]:
    """The QUEUED jobs whose turn it is under a `quota`, at `most` so many."""
    place = func.row_number().over(
        partition_by=(jobs.c.project_id, jobs.c.user_id), order_by=(jobs.c.priority.desc(), jobs.c.number)
    )
    queue = select(jobs.c.project_id, jobs.c.id, jobs.c.user_id, place.label("place"))
    queued = queue.where(jobs.c.status == Status.QUEUED.value, jobs.c.waits_for == 0).subquery()
    counted = (
        select(jobs.c.project_id, jobs.c.user_id, func.count().label("active"))
        .where(jobs.c.status.in_(values_of(ACTIVE)))
        .group_by(jobs.c.project_id, jobs.c.user_id)
        .subquery()
    )
    same_user = and_(counted.c.project_id == queued.c.project_id, counted.c.user_id == queued.c.user_id)
    return (
        select(queued.c.project_id, queued.c.id)
        .select_from(queued.outerjoin(counted, same_user))
        .where(queued.c.place <= bindparam("quota", type_=Integer) - func.coalesce(counted.c.active, 0))
        .order_by(queued.c.place + func.coalesce(counted.c.active, 0), queued.c.place, queued.c.id)
        .limit(bindparam("most", type_=Integer))
    )


@cache
def active() -> Select[Any]:
    wanted = select_jobs().where(jobs.c.status.in_(values_of(ACTIVE)))
    return wanted.order_by(jobs.c.launching_at, jobs.c.id)


@cache
def unplaced() -> Select[Any]:
    wanted = select(jobs.c.project_id, jobs.c.id, jobs.c.cpu, jobs.c.memory_mb, jobs.c.gpu)
    waiting = wanted.where(jobs.c.status == Status.LAUNCHING.value, jobs.c.placed_at.is_(None))
    # Whose turn came at the same moment go in turn by user, each user's in the order of the queue.
    same = (jobs.c.project_id, jobs.c.user_id, jobs.c.launching_at)
    place = func.row_number().over(partition_by=same, order_by=(jobs.c.priority.desc(), jobs.c.number))
    turn = (jobs.c.launching_at, place, jobs.c.created_at, jobs.c.id)
    return waiting.order_by(*turn).limit(bindparam("most", type_=Integer))


@cache
def unlaunched() -> Select[Any]:
    of_attempt = and_(
        job_ranks.c.project_id == jobs.c.project_id, job_ranks.c.job_id == jobs.c.id, job_ranks.c.attempt == jobs.c.attempt
    )
    known = exists().where(of_attempt, job_ranks.c.handle.is_not(None)).correlate(jobs)
    placed = (jobs.c.status.in_(values_of(ACTIVE)), jobs.c.placed_at.is_not(None))
    wanted = select_jobs().where(*placed, ~known)
    return wanted.order_by(jobs.c.launching_at, jobs.c.id).limit(bindparam("most", type_=Integer))


@cache
def taken() -> Select[Any]:
    given = (jobs.c.status.in_(values_of(ACTIVE)), jobs.c.placed_at.is_not(None))
    return select(jobs.c.cpu, jobs.c.memory_mb, jobs.c.gpu).where(*given)


@cache
def unended_count() -> Select[Any]:
    unended = jobs.c.status.in_(values_of(ACTIVE | {Status.QUEUED}))
    return select(func.count()).select_from(jobs).where(unended)


@cache
def place() -> Update:
    waiting = (jobs.c.status == Status.LAUNCHING.value, jobs.c.placed_at.is_(None))
    return update(jobs).where(*_own(), *waiting).values(placed_at=bindparam("now"))


@cache
def change(columns: tuple[str, ...], as_known: bool = False) -> ReturningUpdate[Any]:
    """Change these columns of a job, and tell its state; where it must be `as_known`, it has the status and the attempt that are
    given."""
    known = (jobs.c.status == bindparam("known_status"), jobs.c.attempt == bindparam("known_attempt")) if as_known else ()
    changed = update(jobs).where(*_own(), *known).values({name: bindparam(f"new_{name}") for name in columns})
    return changed.returning(*(jobs.c[name] for name in STATE))


@cache
def more_numbers() -> ReturningUpdate[Any]:
    """As many more numbers for jobs of a project; the last of them."""
    more = projects.c.job_number + bindparam("count", type_=BigInteger)
    return update(projects).where(projects.c.id == bindparam("project")).values(job_number=more).returning(projects.c.job_number)


@cache
def history() -> Select[Any]:
    own = (job_history.c.project_id == bindparam("project"), job_history.c.job_id == bindparam("job"))
    return select(job_history).where(*own).order_by(job_history.c.position)


@cache
def write_history() -> Insert:
    own = (job_history.c.project_id == bindparam("of_project"), job_history.c.job_id == bindparam("of_job"))
    position = select(func.coalesce(func.max(job_history.c.position), 0) + 1).where(*own).scalar_subquery()
    given = ("project_id", "job_id", "attempt", "status", "progress", "reason", "at")
    return insert(job_history).values(position=position, **{name: bindparam(f"new_{name}") for name in given})


@cache
def hold_launch() -> Update:
    now, holder = bindparam("now", type_=BigInteger), bindparam("holder", type_=jobs.c.launch_holder.type)
    # A hold that ends later than one taken now was taken before the clock was set back.
    over = or_(jobs.c.launch_expires_at < now, jobs.c.launch_expires_at > bindparam("too_late", type_=BigInteger))
    free = or_(jobs.c.launch_holder.is_(None), jobs.c.launch_holder == holder, over)
    known = (jobs.c.status == bindparam("known_status"), jobs.c.attempt == bindparam("known_attempt"))
    held = {"launch_holder": holder, "launch_expires_at": bindparam("until", type_=BigInteger)}
    return update(jobs).where(*_own(), *known, free).values(held)


def _rank() -> tuple[Any, ...]:
    own = job_ranks.c
    of_attempt = (own.project_id == bindparam("project"), own.job_id == bindparam("job"), own.attempt == bindparam("of_attempt"))
    return (*of_attempt, own.rank == bindparam("of_rank"))


@cache
def ranks() -> Select[Any]:
    return select(job_ranks).where(*_rank()[:3]).order_by(job_ranks.c.rank)


@cache
def active_ranks() -> Select[Any]:
    """The ranks of all active jobs' current attempts."""
    of_job = and_(jobs.c.project_id == job_ranks.c.project_id, jobs.c.id == job_ranks.c.job_id)
    now = (jobs.c.status.in_(values_of(ACTIVE)), job_ranks.c.attempt == jobs.c.attempt)
    return select(job_ranks).select_from(job_ranks.join(jobs, of_job)).where(*now).order_by(job_ranks.c.rank)


@cache
def change_rank(columns: tuple[str, ...], only_first: bool = False) -> Update:
    """Change these columns of a rank; with `only_first`, of one that has not reported yet."""
    first = (job_ranks.c.reported_at.is_(None),) if only_first else ()
    return update(job_ranks).where(*_rank(), *first).values({name: bindparam(f"new_{name}") for name in columns})


@cache
def claim_rank() -> Update:
    instance, now = bindparam("by", type_=job_ranks.c.instance.type), bindparam("now", type_=BigInteger)
    free = or_(job_ranks.c.instance.is_(None), job_ranks.c.instance == instance)
    values = {"instance": instance, "claimed_at": func.coalesce(job_ranks.c.claimed_at, now), "heartbeat_at": now}
    return update(job_ranks).where(*_rank(), free).values(values)


@cache
def uncleaned() -> Select[Any]:
    of_job = and_(jobs.c.project_id == job_ranks.c.project_id, jobs.c.id == job_ranks.c.job_id)
    over = or_(jobs.c.status.in_(values_of(TERMINAL)), job_ranks.c.attempt < jobs.c.attempt)
    wanted = select(job_ranks).select_from(job_ranks.join(jobs, of_job)).where(job_ranks.c.handle.is_not(None), over)
    return wanted.limit(bindparam("most", type_=Integer))
