"""The unit of work: all or nothing, for one thread and for many that share a commit."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from support.waiting import wait_for

from acai_jupyter.domain.access import Project
from acai_jupyter.domain.errors import StoreUnavailable
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.ids import new_id
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from tests.contracts.people import Person
from tests.contracts.threads import DEADLINE_S, hear, start_process, tell, together


def add(unit: UnitOfWork, name: str) -> None:
    unit.access.add_project(Project(new_id(), name, unit.now()))


def names(store: Store) -> list[str]:
    with store.read() as unit:
        return [project.name for project in unit.access.projects()]


def add_in_a_unit(store: Store, name: str) -> None:
    with store.begin() as unit:
        add(unit, name)


def fail_in_a_unit(store: Store, name: str) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as unit:
        add(unit, name)
        raise ZeroDivisionError


def test_what_a_unit_wrote_is_there_for_every_server_when_its_block_ends(new_store: Callable[[], Store]) -> None:
    first, second = new_store(), new_store()
    add_in_a_unit(first, "one")
    assert names(second) == ["one"]


def test_a_unit_sees_what_it_wrote_itself_and_nobody_else_does(new_store: Callable[[], Store]) -> None:
    first, second = new_store(), new_store()
    with first.begin() as unit:
        add(unit, "one")
        assert unit.access.project("one") is not None
        assert names(first) == names(second) == []


def test_an_exception_leaves_nothing_of_its_unit_and_goes_through(store: Store) -> None:
    fail_in_a_unit(store, "one")
    assert names(store) == []


def test_an_interrupt_leaves_nothing_of_its_unit_either(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.begin() as unit:
        add(unit, "one")
        raise KeyboardInterrupt
    add_in_a_unit(store, "two")
    assert names(store) == ["two"]


def test_a_store_goes_on_after_a_unit_that_failed(store: Store) -> None:
    fail_in_a_unit(store, "one")
    add_in_a_unit(store, "two")
    assert names(store) == ["two"]


def test_the_clock_stands_still_within_a_unit_and_never_runs_back_between_two(store: Store) -> None:
    with store.begin() as unit:
        first = unit.now()
        assert unit.now() == first
    with store.begin() as unit:
        assert unit.now() >= first


def test_events_are_told_once_they_are_committed_and_never_otherwise(
    store: Store, ada: Person, events: list[dict[object, int]]
) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as unit:
        unit.events.append(ada.project_id, EventKind.JOB_CHANGED, job="a")
        raise ZeroDivisionError
    assert events == []
    with store.begin() as unit:
        unit.events.append(ada.project_id, EventKind.JOB_CHANGED, job="a")
        assert events == []
    assert events == [{ada.project_id: 1}]


def test_a_unit_within_a_unit_is_refused_at_once_and_harms_nothing(store: Store) -> None:
    with store.begin() as unit:
        add(unit, "outer")
        with pytest.raises(RuntimeError, match="don't nest"), store.begin() as inner:
            add(inner, "inner")
    add_in_a_unit(store, "later")
    assert names(store) == ["later", "outer"]


def test_a_snapshot_can_be_read_within_a_unit_and_written_beside_a_snapshot(store: Store) -> None:
    with store.begin() as unit, store.read() as snapshot:
        add(unit, "one")
        assert snapshot.access.projects() == []
    with store.read() as snapshot:
        assert [project.name for project in snapshot.access.projects()] == ["one"]
        add_in_a_unit(store, "two")
        assert [project.name for project in snapshot.access.projects()] == ["one"]


def test_of_many_threads_each_that_fails_loses_its_own_work_and_no_other(store: Store) -> None:
    use = (fail_in_a_unit, add_in_a_unit, add_in_a_unit)
    together([lambda number=number: use[number % 3](store, f"p{number:02}") for number in range(48)])
    assert names(store) == [f"p{number:02}" for number in range(48) if number % 3]


def test_a_unit_that_hands_its_changes_on_is_not_undone_by_the_next_that_fails(store: Store) -> None:
    waiting = threading.Event()

    def fail_next() -> None:
        waiting.set()
        fail_in_a_unit(store, "bad")

    with store.begin() as unit:
        add(unit, "good")
        beside = threading.Thread(target=fail_next)
        beside.start()
        assert waiting.wait(DEADLINE_S)
    beside.join(DEADLINE_S)
    assert names(store) == ["good"]


def test_a_unit_returns_only_when_others_can_see_what_it_wrote(new_store: Callable[[], Store]) -> None:
    first, second = new_store(), new_store()

    def write_and_look(name: str) -> bool:
        add_in_a_unit(first, name)
        return name in names(second)

    assert all(together([lambda number=number: write_and_look(f"p{number}") for number in range(24)]))


def test_a_closed_store_refuses_clearly_and_keeps_nobody_waiting(new_store: Callable[[], Store]) -> None:
    store = new_store()
    add_in_a_unit(store, "one")
    store.close()
    for use in (lambda: add_in_a_unit(store, "two"), lambda: names(store), store.check, store.foreign_changes):
        with pytest.raises(StoreUnavailable, match="closed"):
            use()
    store.close()
    assert names(new_store()) == ["one"]


def test_closing_waits_for_the_unit_that_is_open_and_keeps_its_work(new_store: Callable[[], Store]) -> None:
    store = new_store()
    with store.begin() as unit:
        closing = threading.Thread(target=store.close)
        closing.start()
        add(unit, "one")
    closing.join(DEADLINE_S)
    assert not closing.is_alive()
    assert names(new_store()) == ["one"]


def test_closing_while_threads_write_keeps_all_that_returned_and_refuses_the_rest(new_store: Callable[[], Store]) -> None:
    store = new_store()
    add_in_a_unit(store, "first")
    written: list[str] = []

    def write_until_closed(name: str) -> None:
        number = 0
        with pytest.raises(StoreUnavailable):
            while True:
                add_in_a_unit(store, f"{name}{number}")
                written.append(f"{name}{number}")
                number += 1

    def close_soon() -> None:
        wait_for(lambda: len(written) > 20)
        store.close()

    together([close_soon, *(lambda name=name: write_until_closed(name) for name in "abcd")])
    assert sorted(["first", *written]) == names(new_store())


def test_a_server_killed_within_a_unit_leaves_nothing_and_holds_nobody_up(store: Store, store_url: str) -> None:
    other = start_process(
        """
from acai_jupyter.domain.access import Project
from acai_jupyter.domain.ids import new_id
with store.begin() as unit:
    unit.access.add_project(Project(new_id(), "half", unit.now()))
    print("inside", flush=True)
    sys.stdin.readline()
""",
        store_url,
    )
    assert hear(other) == "inside"
    other.kill()
    other.communicate(timeout=DEADLINE_S)
    add_in_a_unit(store, "whole")
    assert names(store) == ["whole"]


def test_a_unit_waits_for_another_servers_unit_and_then_goes_on(store: Store, store_url: str) -> None:
    other = start_process(
        """
from acai_jupyter.domain.access import Project
from acai_jupyter.domain.ids import new_id
with store.begin() as unit:
    unit.access.add_project(Project(new_id(), "theirs", unit.now()))
    print("inside", flush=True)
    sys.stdin.readline()
store.close()
""",
        store_url,
    )
    assert hear(other) == "inside"
    mine = threading.Thread(target=add_in_a_unit, args=(store, "mine"))
    mine.start()
    tell(other, "go on")
    mine.join(DEADLINE_S)
    other.communicate(timeout=DEADLINE_S)
    assert names(store) == ["mine", "theirs"]
