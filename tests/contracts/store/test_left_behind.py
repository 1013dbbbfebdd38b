"""What the launcher still keeps of jobs that have ended, and of attempts that were given up."""

from __future__ import annotations

from acai_jupyter.domain.jobs import Job, JobSpec, Status
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.store.unit import Store
from tests.contracts.people import Person


def launched(store: Store, who: Person) -> Job:
    """A job of which a launcher is known."""
    with store.begin() as unit:
        unit.lock_project(who.project_id)
        job = unit.jobs.add(who.project_id, who.user_id, JobSpec("true", Resources(1.0, 1024), PriceTable()), [])
        job = unit.jobs.move(job, Status.LAUNCHING, attempt=1)
        unit.jobs.add_rank(job, 0)
        unit.jobs.set_handle(job, 0, f"handle {job.number}")
    return job


def test_it_is_listed_until_it_is_gone(store: Store, ada: Person) -> None:
    ended, retried, running = (launched(store, ada) for _ in range(3))
    with store.begin() as unit:
        unit.lock_project(ada.project_id)
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
        assert [rank.handle for rank in unit.jobs.ranks(running)] == ["handle 3"]
