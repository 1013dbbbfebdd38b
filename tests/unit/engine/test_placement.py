"""Capacity: a job is launched once its resources are there, in the order in which jobs came to that."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable

import pytest
from support.engine import Engine

from acai_jupyter.domain.errors import ResourcesOutOfBounds
from acai_jupyter.domain.jobs import Reason, Status
from acai_jupyter.domain.resources import Bounds
from acai_jupyter.ports.launcher import Capacity

NewEngine = Callable[..., Engine]


def of(cpu: float, memory_mb: int = 100_000, whole_cpus: bool = False, gpu: int = 0) -> Capacity:
    return Capacity(cpu, memory_mb, gpu, frozenset({"cpu", "memory"}), whole_cpus)


def launched(engine: Engine) -> list[int]:
    numbers = {job.id: job.number for job in engine.registry.page(engine.owner, [], None, 1000)}
    return [numbers[spec.job_id] for spec in engine.launcher.specs]


def test_a_job_waits_in_launching_until_its_cpus_are_free(engine: Engine) -> None:
    engine.launcher.place = of(2.0)
    first = engine.running(cpu=1.5)
    engine.submit(cpu=1)
    engine.tick()
    assert (launched(engine), engine.job(2).status) == ([1], Status.LAUNCHING)
    first.report()
    engine.tick()
    assert launched(engine) == [1, 2]


def test_memory_counts_like_cpus(engine: Engine) -> None:
    engine.launcher.place = of(100.0, 4096)
    for _ in range(3):
        engine.submit(memory="2GiB")
    engine.tick()
    assert launched(engine) == [1, 2]


def test_gpus_count_like_cpus(new_engine: NewEngine) -> None:
    engine = new_engine(bounds=Bounds(gpu_max=2))
    engine.launcher.place = of(100.0, gpu=3)
    first = engine.running(gpu=2)
    engine.submit(gpu=2)
    engine.submit()
    engine.tick()
    assert (launched(engine), engine.job(2).status) == ([1], Status.LAUNCHING)
    first.report()
    engine.tick()
    assert launched(engine) == [1, 2, 3]


def test_more_gpus_than_there_are_are_refused(new_engine: NewEngine) -> None:
    engine = new_engine(bounds=Bounds(gpu_max=2))
    with pytest.raises(ResourcesOutOfBounds, match=r"gpu=1 is more than there is: jobs have 0 GPUs here"):
        engine.submit(gpu=1)


def test_a_large_job_is_not_passed_by_small_ones(engine: Engine) -> None:
    engine.launcher.place = of(4.0)
    small = engine.running(cpu=1)
    engine.submit(cpu=4)
    engine.submit(cpu=1)
    engine.tick()
    engine.tick()
    assert launched(engine) == [1]
    small.report()
    engine.tick()
    assert launched(engine) == [1, 2]


def test_a_job_larger_than_the_machine_is_refused_with_the_figures(engine: Engine) -> None:
    engine.launcher.place = of(2.0, 2048)
    with pytest.raises(ResourcesOutOfBounds, match=r"cpu=3 is more than there is: jobs have 2 CPUs here"):
        engine.submit(cpu=3)
    with pytest.raises(ResourcesOutOfBounds, match=r"memory=4096MB is more than there is: jobs have 2048MB here"):
        engine.submit(memory="4GiB")
    assert engine.registry.page(engine.owner, [], None, 10) == []


def test_a_job_that_fits_no_more_on_a_smaller_machine_fails_and_holds_nobody_up(engine: Engine) -> None:
    engine.submit(cpu=4)
    engine.submit(cpu=1)
    engine.launcher.place = of(2.0)
    engine.tick()
    failed = engine.job(1)
    assert failed.outcome is not None
    assert (failed.status, failed.outcome.reason, launched(engine)) == (Status.FAILED, Reason.LAUNCH, [2])


def test_where_only_whole_cpus_can_be_given_halves_count_as_such(engine: Engine) -> None:
    engine.launcher.place = of(2.0, whole_cpus=True)
    for _ in range(3):
        engine.submit(cpu=0.5)
    engine.tick()
    assert launched(engine) == [1, 2]


def test_a_job_that_waits_for_resources_is_killed_at_once(engine: Engine) -> None:
    engine.launcher.place = of(1.0)
    engine.running(cpu=1)
    engine.submit(cpu=1)
    engine.tick()
    assert engine.registry.kill(engine.owner, "2").job.status is Status.KILLED


def test_the_next_attempt_of_a_job_keeps_its_place(engine: Engine) -> None:
    engine.launcher.place = of(1.0)
    engine.submit(cpu=1)
    engine.submit(cpu=1)
    engine.tick()
    with engine.store.begin() as unit:
        job = unit.jobs.move(engine.job(1), Status.LAUNCHING, attempt=2)
    assert job.placed_at is not None
    engine.tick()
    assert launched(engine) == [1, 1]


def test_the_room_tells_what_there_is_and_what_is_taken(engine: Engine) -> None:
    engine.launcher.place = of(2.0, 4096)
    engine.running(cpu=1.5, memory="1GiB")
    engine.submit(cpu=1)
    engine.tick()
    room = engine.dispatch.placement.room(engine.owner)
    assert (room.taken.cpu, room.taken.memory_mb, room.waiting, room.capacity.cpu) == (1.5, 1024, 1, 2.0)


def test_two_servers_on_one_database_never_give_more_than_there_is(new_engine: NewEngine) -> None:
    engine = new_engine(quota=20)
    engine.launcher.place = of(5.0)
    for _ in range(20):
        engine.submit(cpu=1)
    engine.scheduler.claim()
    servers = [engine.another(), engine.another()]
    start = threading.Barrier(2)

    def tick(server: Engine) -> None:
        start.wait()
        for _ in range(3):
            server.tick()

    threads = [threading.Thread(target=tick, args=[server]) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(launched(engine)) == [1, 2, 3, 4, 5]
    for server in servers:
        server.store.close()


def test_equal_jobs_of_20_users_are_launched_in_turn(new_engine: NewEngine) -> None:
    """1,000 jobs in the full count: until the first queue empties, launches per user differ by at most k."""
    jobs_each = 50 if os.environ.get("ACAI_TEST_FAULTS") == "full" else 8
    k = 4
    engine = new_engine(quota=k)
    engine.launcher.place = of(7.0)
    spec = engine.submit().job.spec
    engine.registry.kill(engine.owner, "1")
    people = [engine.user(f"u{number}") for number in range(20)]
    with engine.store.begin() as unit:
        unit.lock_project(engine.owner.project_id)
        for person in people:
            for _ in range(jobs_each):
                unit.jobs.add(person.project_id, person.user_id, spec, [])
    launches = Counter({person.user_id: 0 for person in people})
    seen = 0
    while max(launches.values()) < jobs_each:
        engine.tick()
        new = engine.launcher.specs[seen:]
        assert new, "nothing is launched any more"
        seen += len(new)
        with engine.store.begin() as unit:
            for launch in new:
                job = unit.jobs.get(engine.owner.project_id, launch.job_id)
                assert job is not None
                launches[job.user_id] += 1
                assert max(launches.values()) - min(launches.values()) <= k
                unit.jobs.move(job, Status.FAILED)
