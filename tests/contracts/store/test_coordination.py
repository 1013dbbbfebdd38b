"""What several servers coordinate by: leases, answers kept for repeated requests, and news of others' commits."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from support.waiting import wait_for

from acai_jupyter.domain.errors import IdempotencyKeyReused
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.ids import new_id
from acai_jupyter.ports.store.unit import Store
from tests.contracts.people import Person, join
from tests.contracts.threads import DEADLINE_S, ended, hear, start_process, tell, together

HERE, THERE = new_id(), new_id()


def take(store: Store, holder: object, seconds: float = 60.0, name: str = "scheduler") -> bool:
    with store.begin() as unit:
        return unit.leases.take(name, holder, seconds)


def test_a_lease_has_one_holder_who_may_renew_it(store: Store) -> None:
    assert take(store, HERE)
    assert not take(store, THERE)
    assert take(store, HERE)
    assert take(store, THERE, name="profiler")


def test_a_lease_can_be_dropped_by_its_holder_only(store: Store) -> None:
    assert take(store, HERE)
    with store.begin() as unit:
        unit.leases.drop("scheduler", THERE)
    assert not take(store, THERE)
    with store.begin() as unit:
        unit.leases.drop("scheduler", HERE)
    assert take(store, THERE)


def test_a_lease_is_taken_over_once_it_has_expired_and_its_old_holder_is_refused(store: Store) -> None:
    assert take(store, HERE, seconds=0.05)
    wait_for(lambda: take(store, THERE))
    assert not take(store, HERE)


def test_a_lease_that_was_renewed_expires_later(store: Store) -> None:
    assert take(store, HERE, seconds=0.05)
    assert take(store, HERE, seconds=60)
    with store.begin() as unit:
        now = unit.now()

    def clock_has_moved() -> bool:
        with store.begin() as unit:
            return unit.now() > now + 60_000

    wait_for(clock_has_moved)
    assert not take(store, THERE)


def test_of_many_threads_and_servers_one_gets_the_lease(new_store: Callable[[], Store]) -> None:
    stores = [new_store(), new_store()]
    got = together([lambda number=number: take(stores[number % 2], new_id()) for number in range(12)])
    assert got.count(True) == 1


def test_who_locks_a_project_later_stamps_later(new_store: Callable[[], Store], store_url: str, ada: Person) -> None:
    """Whenever its unit of work began: lists of one moment rest on that."""
    if store_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time: units that write don't overlap")
    begun, locked = threading.Event(), threading.Event()

    def early() -> int:
        with new_store().begin() as unit:
            began = unit.now()
            begun.set()
            assert locked.wait(DEADLINE_S)
            unit.lock_project(ada.project_id)
            assert unit.now() >= began
            return unit.now()

    def late() -> int:
        assert begun.wait(DEADLINE_S)
        with new_store().begin() as unit:
            unit.lock_project(ada.project_id)
            stamped = unit.now()
        locked.set()
        return stamped

    second, first = together([early, late])
    assert first < second


def test_a_lease_whose_unit_fails_was_not_taken(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as unit:
        assert unit.leases.take("scheduler", HERE, 60)
        raise ZeroDivisionError
    assert take(store, THERE)


def test_a_lease_outlives_the_process_that_took_it_and_keeps_others_out(store: Store, store_url: str) -> None:
    code = """
from uuid import UUID
with store.begin() as unit:
    print(unit.leases.take("scheduler", UUID(sys.argv[2]), 60))
store.close()
"""
    assert ended(start_process(code, store_url, str(THERE))) == "True\n"
    assert not take(store, HERE)
    assert take(store, THERE)


def keep(store: Store, who: Person, key: str, asked: bytes, answer: str) -> str:
    """What a creating call does with its key."""
    with store.begin() as unit:
        first = unit.idempotency.answer(who.project_id, who.user_id, key, asked)
        if first is None:
            unit.idempotency.keep(who.project_id, who.user_id, key, asked, answer)
        return first or answer


def test_a_repeated_call_gets_the_first_ones_answer(store: Store, ada: Person) -> None:
    assert keep(store, ada, "k", b"a" * 32, "one") == "one"
    assert keep(store, ada, "k", b"a" * 32, "two") == "one"


def test_a_key_of_another_request_is_refused(store: Store, ada: Person) -> None:
    keep(store, ada, "k", b"a" * 32, "one")
    with pytest.raises(IdempotencyKeyReused):
        keep(store, ada, "k", b"b" * 32, "two")


def test_keys_of_users_and_projects_are_their_own(store: Store, ada: Person) -> None:
    others = [ada, join(store, "research", "bob"), join(store, "other", "ada")]
    assert [keep(store, who, "k", b"a" * 32, str(number)) for number, who in enumerate(others)] == ["0", "1", "2"]


def test_of_calls_that_run_at_once_one_is_the_first(new_store: Callable[[], Store]) -> None:
    stores = [new_store(), new_store()]
    ada = join(stores[0], "research", "ada")
    calls = [lambda number=number: keep(stores[number % 2], ada, "k", b"a" * 32, str(number)) for number in range(12)]
    assert len(set(together(calls))) == 1


def test_an_answer_is_forgotten_after_its_time_and_not_before(store: Store, ada: Person) -> None:
    keep(store, ada, "k", b"a" * 32, "one")
    with store.begin() as unit:
        unit.idempotency.forget_before(unit.now() - 60_000_000)
    assert keep(store, ada, "k", b"a" * 32, "two") == "one"
    with store.begin() as unit:
        unit.idempotency.forget_before(unit.now() + 1)
    assert keep(store, ada, "k", b"a" * 32, "two") == "two"


COMMITTER = """
import time
from uuid import UUID
from acai_jupyter.domain.events import EventKind
print("ready", flush=True)
for line in sys.stdin:
    with store.begin() as unit:
        unit.events.append(UUID(sys.argv[2]), EventKind.JOB_CHANGED, job="a")
    print(time.monotonic(), flush=True)
store.close()
"""


def test_another_processs_commit_is_noticed_at_the_next_look(store: Store, store_url: str, ada: Person) -> None:
    other = start_process(COMMITTER, store_url, str(ada.project_id))
    assert hear(other) == "ready"
    store.foreign_changes()
    assert not store.foreign_changes()
    for _ in range(3):
        tell(other, "commit")
        hear(other)
        assert store.foreign_changes()
        assert not store.foreign_changes()
    other.communicate()


def test_another_servers_commit_within_this_process_is_noticed_too(new_store: Callable[[], Store]) -> None:
    first, second = new_store(), new_store()
    ada = join(first, "research", "ada")
    second.foreign_changes()
    with first.begin() as unit:
        unit.events.append(ada.project_id, EventKind.JOB_CHANGED, job="a")
    assert second.foreign_changes()


def test_a_unit_that_failed_is_no_news(new_store: Callable[[], Store]) -> None:
    first, second = new_store(), new_store()
    second.foreign_changes()
    with pytest.raises(ZeroDivisionError), first.begin() as unit:
        unit.leases.take("scheduler", HERE, 60)
        raise ZeroDivisionError
    assert not second.foreign_changes()


def test_only_one_unit_at_a_time_gets_past_a_serialized_name(new_store: Callable[[], Store]) -> None:
    stores = [new_store(), new_store()]
    inside: list[int] = []

    def pass_through(number: int) -> None:
        with stores[number % 2].begin() as unit:
            unit.leases.serialize("finish")
            inside.append(number)
            with stores[0].read() as reading:
                reading.access.projects()  # time for others to be inside, too
            assert inside == [number]
            inside.clear()

    together([lambda number=number: pass_through(number) for number in range(12)])
