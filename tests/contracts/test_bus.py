"""The event bus: everybody who listens is told, soon; a notice may come twice or be merged with a later one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from support.waiting import wait_for

from acai_jupyter.backends.by_url import bus_by_url
from acai_jupyter.domain.errors import StoreUnavailable
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.ids import new_id
from acai_jupyter.ports.bus import EventBus
from acai_jupyter.ports.store.unit import Store
from tests.contracts.people import Person, join
from tests.contracts.threads import DEADLINE_S, together

HERE, THERE = new_id(), new_id()


class Listener:
    def __init__(self) -> None:
        self.told: list[tuple[UUID, int]] = []

    def __call__(self, project_id: UUID, number: int) -> None:
        self.told.append((project_id, number))

    def highest(self, project_id: UUID) -> int:
        return max((number for project, number in self.told if project == project_id), default=0)


@pytest.fixture
def new_bus(store_url: str) -> Iterator[Callable[..., EventBus]]:
    made: list[EventBus] = []

    def make(probe: Callable[[], dict[UUID, int]] = dict) -> EventBus:
        made.append(bus_by_url(store_url, probe))
        return made[-1]

    yield make
    for bus in made:
        bus.close()


@pytest.fixture
def bus(new_bus: Callable[..., EventBus]) -> EventBus:
    return new_bus()


def reach(bus: EventBus, listener: Listener, project_id: UUID, number: int) -> None:
    """Publish until the listener is told: on some buses it begins to listen a little later."""

    def told() -> bool:
        bus.publish(project_id, number)
        return listener.highest(project_id) >= number

    wait_for(told)


def test_every_listener_is_told_of_every_project(bus: EventBus) -> None:
    listeners = [Listener(), Listener()]
    for listener in listeners:
        bus.subscribe(listener)
    for listener in listeners:
        reach(bus, listener, HERE, 1)
        reach(bus, listener, THERE, 5)
    assert {project for project, _ in listeners[0].told} == {HERE, THERE}


def test_the_last_notice_of_many_always_arrives(bus: EventBus) -> None:
    listener = Listener()
    bus.subscribe(listener)
    reach(bus, listener, HERE, 1)

    def publish_many(first: int) -> None:
        for number in range(first, 2000, 4):
            bus.publish(HERE, number)

    together([lambda first=first: publish_many(first) for first in range(2, 6)])
    wait_for(lambda: listener.highest(HERE) == 1999)


def test_who_has_unsubscribed_is_told_nothing_more(bus: EventBus) -> None:
    leaving, staying = Listener(), Listener()
    leave = bus.subscribe(leaving)
    bus.subscribe(staying)
    reach(bus, leaving, HERE, 1)
    leave()
    leave()
    reach(bus, staying, HERE, 50)
    assert leaving.highest(HERE) < 50


def test_a_listener_that_fails_costs_the_others_nothing(bus: EventBus) -> None:
    def fail(project_id: UUID, number: int) -> None:
        raise ZeroDivisionError

    listener = Listener()
    bus.subscribe(fail)
    bus.subscribe(listener)
    reach(bus, listener, HERE, 1)
    reach(bus, listener, HERE, 2)


def test_a_slow_listener_does_not_hold_up_who_publishes(bus: EventBus) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def dawdle(project_id: UUID, number: int) -> None:
        inside.set()
        go_on.wait(DEADLINE_S)

    bus.subscribe(dawdle)

    def is_inside() -> bool:
        bus.publish(HERE, 1)
        return inside.is_set()

    wait_for(is_inside)
    for number in range(2, 5000):
        bus.publish(HERE, number)
    go_on.set()


def test_publishing_without_listeners_or_after_the_end_is_no_error(new_bus: Callable[..., EventBus]) -> None:
    bus = new_bus()
    bus.publish(HERE, 1)
    listener = Listener()
    bus.subscribe(listener)
    bus.close()
    bus.close()
    bus.publish(HERE, 2)
    bus.subscribe(listener)()


def test_listeners_come_and_go_while_others_publish(bus: EventBus) -> None:
    def come_and_go() -> None:
        for _ in range(50):
            bus.subscribe(Listener())()

    def publish() -> None:
        for number in range(200):
            bus.publish(HERE, number)

    together([come_and_go, come_and_go, publish, publish])
    listener = Listener()
    bus.subscribe(listener)
    reach(bus, listener, HERE, 1000)


def probe_of(store: Store) -> Callable[[], dict[UUID, int]]:
    """What the platform asks: did another server commit, and up to which number are there events?"""

    def probe() -> dict[UUID, int]:
        if not store.foreign_changes():
            return {}
        with store.read() as unit:
            return unit.events.last_numbers()

    return probe


def test_another_servers_events_are_told_though_it_told_nobody(
    new_store: Callable[[], Store], new_bus: Callable[..., EventBus]
) -> None:
    mine, theirs = new_store(), new_store()
    ada = join(mine, "research", "ada")
    listener = Listener()
    new_bus(probe_of(mine)).subscribe(listener)
    number = [0]

    def told() -> bool:
        number[0] += 1
        with theirs.begin() as unit:
            unit.events.append(ada.project_id, EventKind.JOB_CHANGED, job="a")
        return listener.highest(ada.project_id) > 0

    wait_for(told)
    wait_for(lambda: listener.highest(ada.project_id) == number[0])


@pytest.mark.parametrize("fault", [StoreUnavailable("not now"), ZeroDivisionError("nobody thought of it")], ids=["away", "odd"])
def test_a_database_that_can_not_be_asked_for_a_while_stops_the_bus_for_no_longer(
    store: Store, ada: Person, new_bus: Callable[..., EventBus], fault: Exception
) -> None:
    asked: list[int] = []

    def probe() -> dict[UUID, int]:
        asked.append(1)
        if len(asked) <= 2:
            raise fault
        return {}

    bus = new_bus(probe)
    listener = Listener()
    bus.subscribe(listener)
    reach(bus, listener, HERE, 1)
    reach(bus, listener, HERE, 2)
