"""Jobs in the store: whose turn it is, who launches, who runs, and what is still to be cleared away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acai_jupyter.domain.errors import JobEnded
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.jobs import Job, JobSpec, Outcome, Progress, Reason, Status
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.store.unit import Store
from tests.contracts.people import Person, join
from tests.contracts.threads import together

HERE, THERE = new_id(), new_id()


def submit(store: Store, who: Person, **given: object) -> Job:
    spec = JobSpec("true", Resources(1.0, 1024), PriceTable(), **given)  # type: ignore[arg-type]
    with store.begin() as unit:
        unit.lock_project(who.project_id)
        return unit.jobs.add(who.project_id, who.user_id, spec, ["a note"])


def launching(store: Store, who: Person, attempt: int = 1) -> Job:
    job = submit(store, who)
    with store.begin() as unit:
        job = unit.jobs.move(job, Status.LAUNCHING, attempt=attempt)
        unit.jobs.add_rank(job, 0)
    return job


def test_a_job_comes_back_as_it_was_pinned(store: Store, ada: Person) -> None:
    given = {"name": "ä", "env": (("A", "1"),), "timeout": 5, "priority": -3, "python": "/py", "output_name": "Model"}
    job = submit(store, ada, **given)
    with store.read() as unit:
        assert unit.jobs.get(ada.project_id, job.id) == unit.jobs.by_number(ada.project_id, job.number) == job
        assert unit.jobs.notes(job) == ["a note"]
        assert [(entry.position, entry.status) for entry in unit.jobs.history(job)] == [(1, Status.QUEUED)]
    assert (job.spec.env, job.spec.timeout, job.creator) == ((("A", "1"),), 5, "ada")


def test_turns_go_by_priority_and_number_up_to_the_quota(store: Store, ada: Person) -> None:
    bob = join(store, "research", "bob")
    for who, priority in ((ada, 0), (ada, 0), (bob, 0), (ada, 9), (ada, 0)):
        submit(store, who, priority=priority)
    with store.read() as unit:
        assert sorted(job.number for job in unit.jobs.ready(2, 10)) == [1, 3, 4]
        assert sorted(job.number for job in unit.jobs.ready(1, 10)) == [3, 4]
        first_of_each = {job.number for job in unit.jobs.ready(9, 2)}
    assert first_of_each == {3, 4}


def test_active_jobs_count_for_the_quota(store: Store, ada: Person) -> None:
    launching(store, ada)
    submit(store, ada)
    with store.read() as unit:
        assert unit.jobs.ready(1, 10) == []
        assert [job.number for job in unit.jobs.ready(2, 10)] == [2]
        assert [job.number for job in unit.jobs.active(10)] == [1]
        assert unit.jobs.count_unended() == 2


def test_a_move_from_a_state_that_has_passed_is_refused(store: Store, ada: Person) -> None:
    job = launching(store, ada)
    with store.begin() as unit:
        running = unit.jobs.move(job, Status.RUNNING, progress=Progress.DOWNLOADING)
    for stale in (job, running):
        with store.begin() as unit, pytest.raises(JobEnded):
            unit.jobs.move(stale, Status.LAUNCHING, attempt=2)
    with store.begin() as unit:
        ended = unit.jobs.move(running, Status.FAILED, outcome=Outcome(Status.FAILED, Reason.SIGNAL, "x", None, 9))
    assert ended.outcome == Outcome(Status.FAILED, Reason.SIGNAL, "x", None, 9)
    with store.begin() as unit, pytest.raises(JobEnded):
        unit.jobs.move(running, Status.FINISHED)


def test_one_server_launches_until_its_time_is_over(store: Store, ada: Person) -> None:
    job = launching(store, ada)

    def hold(holder: object, seconds: float) -> bool:
        with store.begin() as unit:
            return unit.jobs.hold_launch(job, holder, seconds)  # type: ignore[arg-type]

    assert hold(HERE, 60)
    assert hold(HERE, 0)
    assert hold(THERE, 60)
    assert not hold(HERE, 60)


def test_of_many_agents_one_claims_a_rank(new_store: Callable[[], Store]) -> None:
    store = new_store()
    job = launching(store, join(store, "research", "ada"))

    def claim() -> bool:
        with store.begin() as unit:
            return unit.jobs.claim(job, 0, new_id())

    assert sum(together([claim] * 8)) == 1


def test_a_claim_can_be_repeated_by_its_agent(store: Store, ada: Person) -> None:
    job = launching(store, ada)
    for agent, claimed in ((HERE, True), (HERE, True), (THERE, False)):
        with store.begin() as unit:
            assert unit.jobs.claim(job, 0, agent) is claimed
    with store.read() as unit:
        (rank,) = unit.jobs.ranks(job)
    assert rank.instance == HERE


def test_the_first_report_of_a_rank_stays(store: Store, ada: Person) -> None:
    job = launching(store, ada)
    with store.begin() as unit:
        assert unit.jobs.report(job, 0, "first")
        assert not unit.jobs.report(job, 0, "second")
        assert unit.jobs.reports(job) == ["first"]


def test_what_ended_jobs_and_given_up_attempts_left_is_listed_until_it_is_gone(store: Store, ada: Person) -> None:
    ended, retried, running = (launching(store, ada) for _ in range(3))
    with store.begin() as unit:
        for job in (ended, retried, running):
            unit.jobs.set_handle(job, 0, f"handle {job.number}")
        unit.jobs.move(ended, Status.KILLED)
        second = unit.jobs.move(retried, Status.LAUNCHING, attempt=2)
        unit.jobs.add_rank(second, 0)
        unit.jobs.set_handle(second, 0, "handle of the second")
    with store.read() as unit:
        left = unit.jobs.uncleaned(10)
        assert len(unit.jobs.uncleaned(1)) == 1
    assert sorted(rank.handle or "" for rank in left) == ["handle 1", "handle 2"]
    with store.begin() as unit:
        for rank in left:
            unit.jobs.forget_handle(rank)
    with store.read() as unit:
        assert unit.jobs.uncleaned(10) == []
        assert [rank.handle for rank in unit.jobs.ranks(second)] == ["handle of the second"]
