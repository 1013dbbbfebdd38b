"""Numbers rise by one, without a gap or a duplicate, whatever fails and whoever writes at the same time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.jobs import JobSpec
from acai_jupyter.domain.manifest_nodes import Leaf
from acai_jupyter.domain.manifests import build
from acai_jupyter.domain.pricing import PriceTable
from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from tests.contracts.people import Person, join
from tests.contracts.sessions import commit_files
from tests.contracts.threads import ended, start_process, together

Give = Callable[[UnitOfWork, Person, int], int | None]

SPEC = JobSpec("true", Resources(1.0, 512), PriceTable())


def give_file_version(unit: UnitOfWork, who: Person, salt: int) -> int:
    (version,) = commit_files(unit, who, {"/data/x": f"{salt}".encode()}).values()
    return version


def give_fileset_version(unit: UnitOfWork, who: Person, salt: int) -> int:
    content = build([Leaf(b"/x", salt + 1, salt)])
    return unit.filesets.add(who.project_id, "Set", content, who.user_id, None).version


def give_job_number(unit: UnitOfWork, who: Person, salt: int) -> int:
    return unit.jobs.add(who.project_id, who.user_id, SPEC, []).number


def give_event_number(unit: UnitOfWork, who: Person, salt: int) -> int | None:
    unit.events.append(who.project_id, EventKind.JOB_CHANGED, job=str(salt))
    return None


GIVERS = [give_file_version, give_fileset_version, give_job_number]
ALL = [*GIVERS, give_event_number]


def in_a_unit(store: Store, give: Give, who: Person, salt: int, fail: bool = False) -> int | None:
    """One number; with `fail` it is given and then undone."""
    if fail:
        with pytest.raises(ZeroDivisionError), store.begin() as unit:
            unit.lock_project(who.project_id)
            give(unit, who, salt)
            raise ZeroDivisionError
        return None
    with store.begin() as unit:
        unit.lock_project(who.project_id)
        return give(unit, who, salt)


@pytest.mark.parametrize("give", GIVERS)
def test_numbers_begin_at_one_in_every_project(store: Store, ada: Person, give: Give) -> None:
    bob = join(store, "other", "bob")
    given = [in_a_unit(store, give, who, salt) for salt, who in enumerate([ada, ada, bob, ada])]
    assert given == [1, 2, 1, 3]


@pytest.mark.parametrize("give", GIVERS)
def test_threads_get_every_number_once_though_some_of_them_fail(store: Store, ada: Person, give: Give) -> None:
    def take_five(first: int) -> list[int | None]:
        return [in_a_unit(store, give, ada, 10 * first + more, fail=more % 2 == 1) for more in range(5)]

    given = together([lambda first=first: take_five(first) for first in range(6)])
    assert sorted(number for some in given for number in some if number) == list(range(1, 19))


def test_events_of_threads_and_projects_are_numbered_without_a_gap(store: Store, ada: Person) -> None:
    people = [ada, join(store, "other", "bob")]
    calls = [
        lambda number=number: in_a_unit(store, give_event_number, people[number % 2], number, fail=number % 5 == 0)
        for number in range(40)
    ]
    together(calls)
    with store.read() as unit:
        for who in people:
            numbers = [event.number for event in unit.events.after(who.project_id, 0, 100)]
            assert numbers == list(range(1, 17))
        assert unit.events.last_numbers() == {who.project_id: 16 for who in people}


def test_a_reader_never_sees_an_event_before_all_that_have_lower_numbers(new_store: Callable[[], Store]) -> None:
    writer, other, reader = new_store(), new_store(), new_store()
    ada = join(writer, "research", "ada")
    done: list[int] = []

    def write(store: Store) -> None:
        for salt in range(30):
            in_a_unit(store, give_event_number, ada, salt)
        done.append(1)

    def follow() -> None:
        seen = 0
        while len(done) < 2 or seen < 60:
            with reader.read() as unit:
                numbers = [event.number for event in unit.events.after(ada.project_id, seen, 7)]
            assert numbers == list(range(seen + 1, seen + 1 + len(numbers)))
            seen += len(numbers)

    together([lambda: write(writer), lambda: write(other), follow])


def test_events_come_back_as_they_were_given_and_go_after_their_time(store: Store, ada: Person) -> None:
    for salt in range(5):
        in_a_unit(store, give_event_number, ada, salt)
    with store.read() as unit:
        found = unit.events.after(ada.project_id, 2, 2)
        assert [(event.number, event.kind, event.ids) for event in found] == [
            (3, EventKind.JOB_CHANGED, (("job", "2"),)),
            (4, EventKind.JOB_CHANGED, (("job", "3"),)),
        ]
        assert unit.events.first_number(ada.project_id) == 1
    with store.begin() as unit:
        assert unit.events.forget_before(found[0].at, 100) == 2
        assert unit.events.first_number(ada.project_id) == 3
        unit.events.forget_before(unit.now() + 1, 100)
        assert unit.events.first_number(ada.project_id) == 6
    assert in_a_unit(store, give_event_number, ada, 9) is None
    with store.read() as unit:
        assert [event.number for event in unit.events.after(ada.project_id, 0, 9)] == [6]


PROCESS = """
from tests.contracts.people import Person
from tests.contracts.store import test_numbers
from uuid import UUID
who, salt = Person(UUID(sys.argv[2]), UUID(sys.argv[3])), int(sys.argv[4])
give = getattr(test_numbers, sys.argv[5])
print("ready", flush=True)
sys.stdin.readline()
for more in range(10):
    print(test_numbers.in_a_unit(store, give, who, salt + more))
store.close()
"""


@pytest.mark.parametrize("give", ALL)
def test_processes_get_every_number_once(store: Store, store_url: str, ada: Person, give: Give) -> None:
    own = (store_url, str(ada.project_id), str(ada.user_id))
    processes = [start_process(PROCESS, *own, str(100 * number), give.__name__) for number in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    mine = [str(in_a_unit(store, give, ada, 1000 + salt)) for salt in range(10)]
    given = [number for process in processes for number in ended(process).split()] + mine
    if give is give_event_number:
        with store.read() as unit:
            given = [str(event.number) for event in unit.events.after(ada.project_id, 0, 100)]
    assert sorted(map(int, given)) == list(range(1, 31))
