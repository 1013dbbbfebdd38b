"""What no database can keep is refused by an error of ours, and harms nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.events import EventKind
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from tests.contracts.people import Person


@pytest.mark.parametrize(
    "use",
    [
        lambda unit, who: unit.files.versions(who.project_id, "/a", 2**63, 1),
        lambda unit, who: unit.files.versions(who.project_id, "/a", -(2**70), 1),
        lambda unit, who: unit.jobs.by_number(who.project_id, 2**64),
        lambda unit, who: unit.access.user(who.project_id, "\ud800"),
        lambda unit, who: unit.files.latest(who.project_id, ["/\udfff"]),
        lambda unit, who: unit.events.after(who.project_id, 10**40, 1),
    ],
)
def test_it_is_refused_in_one_line(store: Store, ada: Person, use: Callable[[UnitOfWork, Person], object]) -> None:
    for begin in (store.read, store.begin):
        with pytest.raises(InvalidRequest) as refused, begin() as unit:
            use(unit, ada)
        assert "\n" not in str(refused.value)
    with store.begin() as unit:
        unit.events.append(ada.project_id, EventKind.JOB_CHANGED, job="a")
