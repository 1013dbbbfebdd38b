"""Jobs in the store: whose turn it is, and who of several servers and agents gets what only one may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.waiting import wait_for

from acai_jupyter.domain.errors import JobEnded
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.jobs import Job, JobSpec, Outcome, Phases, Progress, Reason, Status, Used
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from tests.contracts.people import Person, join
from tests.contracts.threads import together

SPEC = JobSpec("true", Resources(1.0, 512), PriceTable())
HERE, THERE = new_id(), new_id()


def add(store: Store, who: Person, spec: JobSpec = SPEC) -> Job:
    with store.begin() as unit:
        unit.lock_project(who.project_id)
        return unit.jobs.add(who.project_id, who.user_id, spec, [])


def do(store: Store, what: Callable[[UnitOfWork], object]) -> object:
    with store.begin() as unit:
        return what(unit)


def move(store: Store, job: Job, *to: Status, **more: object) -> Job:
    for status in to:
        with store.begin() as unit:
            job = unit.jobs.move(job, status, **more)
    return job


def ready(store: Store, quota: int = 2, limit: int = 100) -> list[int]:
    with store.read() as unit:
        return [job.number for job in unit.jobs.ready(quota, limit)]


def test_a_job_comes_back_as_it_was_pinned(store: Store, ada: Person) -> None:
    spec = replace(
        SPEC,
        command=("python", "train.py", "é; $x"),
        name="train",
        env=(("A", "1"), ("B", "")),
        timeout=5_000_000,
        priority=3,
        image="python:3.12",
        python="/usr/bin/python3",
        lake_access=True,
        output_name="Model",
        output_path="/m/",
        prices=PriceTable(cpu_hour=1.5),
    )
    job = add(store, ada, spec)
    with store.read() as unit:
        assert unit.jobs.get(ada.project_id, job.id) == unit.jobs.by_number(ada.project_id, job.number) == job
    assert (job.spec, job.status, job.attempt, job.creator, job.ended) == (spec, Status.QUEUED, 0, "ada", False)


def test_a_job_of_another_project_is_not_found(store: Store, ada: Person) -> None:
    job = add(store, ada)
    bob = join(store, "other", "bob")
    with store.read() as unit:
        assert unit.jobs.get(bob.project_id, job.id) is None
        assert unit.jobs.by_number(bob.project_id, job.number) is None
        assert unit.jobs.page(bob.project_id, [], None, 10) == []


def test_the_queue_of_each_user_is_first_in_first_out_up_to_the_quota(store: Store, ada: Person) -> None:
    bob, eve = join(store, "research", "bob"), join(store, "other", "eve")
    for who in (ada, ada, ada, bob, bob, eve):
        add(store, who)
    with store.read() as unit:
        turn = [(job.creator, job.number) for job in unit.jobs.ready(2, 100)]
    assert sorted(turn) == [("ada", 1), ("ada", 2), ("bob", 4), ("bob", 5), ("eve", 1)]
    assert [creator for creator, _ in turn[:3]] != ["ada", "ada", "bob"]  # the first of everybody come first
    assert len(ready(store, limit=3)) == 3


def test_active_jobs_count_and_ended_ones_do_not(store: Store, ada: Person) -> None:
    jobs = [add(store, ada) for _ in range(4)]
    first = move(store, jobs[0], Status.LAUNCHING)
    assert ready(store) == [2]
    running = move(store, move(store, jobs[1], Status.LAUNCHING), Status.RUNNING)
    assert ready(store) == []
    move(store, running, Status.FINISHED, outcome=Outcome(Status.FINISHED))
    assert ready(store) == [3]
    move(store, first, Status.KILLED)
    assert ready(store) == [3, 4]
    with store.read() as unit:
        assert unit.jobs.count_unended() == 2
        assert unit.jobs.active() == []


def test_priority_comes_before_number(store: Store, ada: Person) -> None:
    for priority in (0, 5, 1, 5):
        add(store, ada, replace(SPEC, priority=priority))
    assert ready(store, quota=3) == [2, 4, 3]


def test_a_job_moves_once_though_many_servers_want_it(new_store: Callable[[], Store]) -> None:
    stores = [new_store(), new_store()]
    job = add(stores[0], join(stores[0], "research", "ada"))

    def launch(store: Store) -> bool:
        try:
            move(store, job, Status.LAUNCHING, attempt=1)
        except JobEnded:
            return False
        return True

    assert together([lambda number=number: launch(stores[number % 2]) for number in range(8)]).count(True) == 1
    with stores[0].read() as unit:
        assert [entry.status for entry in unit.jobs.history(job)] == [Status.QUEUED, Status.LAUNCHING]


def test_a_move_that_no_job_makes_is_refused_and_writes_no_history(store: Store, ada: Person) -> None:
    job = add(store, ada)
    for to in (Status.RUNNING, Status.FINISHED, Status.QUEUED):
        with pytest.raises(JobEnded):
            move(store, job, to)
    ended = move(store, job, Status.KILLED)
    with pytest.raises(JobEnded):
        move(store, ended, Status.LAUNCHING)
    with store.read() as unit:
        assert [(entry.position, entry.status) for entry in unit.jobs.history(job)] == [(1, Status.QUEUED), (2, Status.KILLED)]


def test_the_history_tells_times_attempts_progress_and_reasons(store: Store, ada: Person) -> None:
    job = move(store, add(store, ada), Status.LAUNCHING, attempt=1)
    job = move(store, job, Status.LAUNCHING, attempt=2)
    job = move(store, job, Status.RUNNING, progress=Progress.DOWNLOADING)
    with store.begin() as unit:
        job = unit.jobs.set_progress(job, Progress.RUNNING)
    job = move(store, job, Status.FAILED, outcome=Outcome(Status.FAILED, Reason.EXIT_CODE, "it ended with 3", 3))
    assert (job.launching_at, job.running_at, job.ended_at) == tuple(
        sorted(filter(None, (job.launching_at, job.running_at, job.ended_at)))
    )
    assert job.outcome == Outcome(Status.FAILED, Reason.EXIT_CODE, "it ended with 3", 3)
    with store.read() as unit:
        history = [(entry.attempt, entry.status.value, entry.progress, entry.reason) for entry in unit.jobs.history(job)]
    assert history == [
        (0, "QUEUED", None, None), (1, "LAUNCHING", None, None), (2, "LAUNCHING", None, None),
        (2, "RUNNING", "downloading", None), (2, "RUNNING", "running", None), (2, "FAILED", None, "exit code"),
    ]  # fmt: skip


def test_an_attempt_is_launched_by_one_server_until_its_hold_expires(store: Store, ada: Person) -> None:
    job = move(store, add(store, ada), Status.LAUNCHING, attempt=1)

    def hold(holder: object, of: Job = job, seconds: float = 60) -> object:
        return do(store, lambda unit: unit.jobs.hold_launch(of, holder, seconds))

    assert (hold(HERE), hold(THERE), hold(HERE)) == (True, False, True)
    assert hold(HERE, replace(job, attempt=2)) is False
    assert hold(HERE, seconds=0.01) is True
    wait_for(lambda: hold(THERE))
    assert hold(HERE) is False
    move(store, job, Status.RUNNING)
    assert hold(THERE) is False


def test_a_rank_is_claimed_by_one_agent_and_reported_once(new_store: Callable[[], Store]) -> None:
    stores = [new_store(), new_store()]
    job = move(stores[0], add(stores[0], join(stores[0], "research", "ada")), Status.LAUNCHING, attempt=1)
    for rank in (0, 1, 0):
        do(stores[0], lambda unit, rank=rank: unit.jobs.add_rank(job, rank))
    agents = [new_id() for _ in range(8)]
    claims = together(
        [
            lambda number=number: do(stores[number % 2], lambda unit: unit.jobs.claim(job, 0, agents[number]))
            for number in range(8)
        ]
    )
    assert claims.count(True) == 1
    winner = agents[claims.index(True)]
    assert do(stores[0], lambda unit: unit.jobs.claim(job, 0, winner)) is True
    assert do(stores[0], lambda unit: unit.jobs.claim(job, 5, winner)) is False
    assert do(stores[0], lambda unit: unit.jobs.claim(job, 1, winner)) is True
    assert [do(stores[1], lambda unit, text=text: unit.jobs.report(job, 0, text)) for text in ("first", "second")] == [
        True,
        False,
    ]
    with stores[1].read() as unit:
        assert unit.jobs.reports(job) == ["first"]
        ranks = unit.jobs.ranks(job)
        assert [(rank.rank, rank.instance, rank.reported_at is not None) for rank in ranks] == [
            (0, winner, True),
            (1, winner, False),
        ]
        assert unit.jobs.ranks(replace(job, attempt=2)) == []
        assert unit.jobs.active_ranks() == {job.id: ranks}
    do(stores[0], lambda unit: unit.jobs.move(job, Status.LAUNCHING, attempt=2))
    with stores[1].read() as unit:
        assert unit.jobs.active_ranks() == {}


def test_a_heartbeat_is_told_by_the_databases_clock(store: Store, ada: Person) -> None:
    job = move(store, add(store, ada), Status.LAUNCHING, attempt=1)
    do(store, lambda unit: unit.jobs.add_rank(job, 0))
    with store.begin() as unit:
        unit.jobs.claim(job, 0, HERE)
        unit.jobs.heartbeat(job, 0, "uploading 7")
        (rank,) = unit.jobs.ranks(job)
        assert rank.claimed_at == rank.heartbeat_at == unit.now()
        assert rank.progress == "uploading 7"


def test_pages_show_the_newest_first_and_may_be_of_some_states(store: Store, ada: Person) -> None:
    jobs = [add(store, ada) for _ in range(5)]
    move(store, jobs[3], Status.KILLED)
    with store.read() as unit:
        page = unit.jobs.page
        assert [job.number for job in page(ada.project_id, [], None, 3)] == [5, 4, 3]
        assert [job.number for job in page(ada.project_id, [], 3, 3)] == [2, 1]
        assert [job.number for job in page(ada.project_id, [Status.KILLED], None, 3)] == [4]
        assert [job.number for job in page(ada.project_id, [Status.QUEUED], 5, 2)] == [3, 2]


def test_notes_are_told_once_and_are_bounded(store: Store, ada: Person) -> None:
    job = add(store, ada)
    with store.begin() as unit:
        for number in range(40):
            unit.jobs.add_note(job, f"note {number // 2}" + "x" * 1000)
        notes = unit.jobs.get(job.project_id, job.id).notes
    assert len(notes) == len(set(notes)) == 20
    assert max(map(len, notes)) == 300


def test_a_result_is_kept_to_the_microsecond_and_micro_dollar(store: Store, ada: Person) -> None:
    job = move(store, add(store, ada), Status.LAUNCHING, Status.RUNNING)
    phases = Phases(0.5, 12.25, None)
    used = Used(2**40, 0.25, None, 7, 0)
    measured = {"phases": phases, "used": used, "runtime": 12_750_001, "cost": 2**40 + 1}
    with store.begin() as unit:
        result = unit.jobs.set_result(job, **measured, output=None, kept=None)
    assert {name: getattr(result, name) for name in measured} == measured


def test_a_kill_is_asked_for_once(store: Store, ada: Person) -> None:
    job = add(store, ada)
    with store.begin() as unit:
        first = unit.jobs.request_kill(job, "by ada").kill_requested_at
    with store.begin() as unit:
        assert unit.jobs.request_kill(job, "by bob").kill_requested_at == first is not None
