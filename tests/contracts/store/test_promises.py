"""What a unit was told that the store has stays until it has pinned it, though another server removes garbage meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

from acai_jupyter.domain.digests import Digest, of_bytes
from acai_jupyter.ports.store.unit import Store
from tests.contracts.people import Person
from tests.contracts.sessions import begin_session, commit_files
from tests.contracts.threads import DEADLINE_S

_LOST_SECONDS = 0.3
"""A removal that does not wait has long been made by then."""


def leave_garbage(store: Store, who: Person) -> None:
    """Content that nothing names."""
    with store.begin() as unit:
        unit.lock_project(who.project_id)
        commit_files(unit, who, {"/x": b"content"})
        unit.deletions.delete_version(who.project_id, "/x", 1)


def remove_garbage(store: Store, who: Person) -> int:
    """How many objects went."""
    with store.begin() as unit:
        unit.garbage.lock_promises(who.project_id)
        unit.lock_project(who.project_id)
        page = unit.garbage.objects(who.project_id, None, 10)
        return len(unit.garbage.delete_objects(who.project_id, [state.id for state in page]))


def test_what_nothing_names_can_be_removed_once(store: Store, ada: Person) -> None:
    leave_garbage(store, ada)
    assert remove_garbage(store, ada) == 1
    assert remove_garbage(store, ada) == 0
    with store.read() as unit:
        assert unit.blobs.locate(ada.project_id, [of_bytes(b"content")]) == {}


def test_a_removal_waits_for_a_unit_that_promises_and_then_spares_what_was_pinned(
    new_store: Callable[[], Store], ada: Person
) -> None:
    first, second = new_store(), new_store()
    leave_garbage(first, ada)
    removed: list[int] = []
    remover = threading.Thread(target=lambda: removed.append(remove_garbage(second, ada)))
    with first.begin() as unit:
        session = begin_session(unit, ada)
        known = unit.blobs.known(ada.project_id, [of_bytes(b"content").to_bytes()])
        remover.start()
        remover.join(_LOST_SECONDS)
        unit.blobs.pin(session, known)
    remover.join(DEADLINE_S)
    assert removed == [0]
    with first.read() as unit:
        assert list(unit.blobs.locate(ada.project_id, map(Digest.from_bytes, known))) == [of_bytes(b"content")]


def test_units_that_promise_do_not_wait_for_each_other(new_store: Callable[[], Store], ada: Person) -> None:
    store = new_store()
    leave_garbage(store, ada)
    for _ in range(2):
        with store.read() as outer, store.read() as inner:
            assert len(outer.blobs.known(ada.project_id, [of_bytes(b"content").to_bytes()])) == 1
            assert len(inner.blobs.known(ada.project_id, [of_bytes(b"content").to_bytes()])) == 1
