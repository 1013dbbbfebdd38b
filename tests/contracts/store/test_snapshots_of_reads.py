"""Reading: from one state throughout, never waiting for writers, never writing."""

from __future__ import annotations

from collections.abc import Callable

from acai_jupyter.domain.access import Project
from acai_jupyter.domain.ids import new_id
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from tests.contracts.threads import together


def add(store: Store, name: str) -> None:
    with store.begin() as unit:
        unit.access.add_project(Project(new_id(), name, unit.now()))


def names(unit: UnitOfWork) -> list[str]:
    return [project.name for project in unit.access.projects()]


def test_a_reader_sees_one_state_whatever_is_committed_meanwhile(new_store: Callable[[], Store]) -> None:
    first, second = new_store(), new_store()
    add(first, "a")
    with first.read() as unit:
        assert names(unit) == ["a"]
        add(first, "b")
        add(second, "c")
        assert names(unit) == ["a"]
    with first.read() as unit:
        assert names(unit) == ["a", "b", "c"]


def test_readers_of_one_process_each_have_their_own_state(store: Store) -> None:
    with store.read() as before:
        assert names(before) == []
        add(store, "a")
        with store.read() as after:
            assert (names(before), names(after)) == ([], ["a"])


def test_readers_do_not_wait_for_a_writer_nor_writers_for_readers(store: Store) -> None:
    with store.begin() as unit:
        unit.access.add_project(Project(new_id(), "a", unit.now()))

        def look() -> list[str]:
            with store.read() as reading:
                return names(reading)

        assert together([look] * 6) == [[]] * 6
    with store.read() as reading:
        names(reading)
        add(store, "b")
    assert look() == ["a", "b"]


def test_what_is_written_through_a_reading_unit_does_not_stay(store: Store) -> None:
    with store.read() as unit:
        unit.access.add_project(Project(new_id(), "a", unit.now()))
    with store.read() as unit:
        assert names(unit) == []
    add(store, "b")


def test_an_exception_within_a_reading_unit_goes_through_and_frees_its_connection(store: Store) -> None:
    for _ in range(50):
        try:
            with store.read() as unit:
                names(unit)
                raise ZeroDivisionError
        except ZeroDivisionError:
            continue
    add(store, "a")
    with store.read() as unit:
        assert names(unit) == ["a"]
