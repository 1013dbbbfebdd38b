"""The relay between the bus and who waits on the event loop, and the pools of threads behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from acai_jupyter.config import Settings
from acai_jupyter.domain.errors import Unavailable
from acai_jupyter.domain.events import EventKind
from acai_server.pools import BULK, Pools
from acai_server.relay import Relay

PROJECT, OTHER = uuid4(), uuid4()


class Bus:
    """Publishes from threads of its own, as real ones do."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[UUID, int], None]] = []

    def subscribe(self, on_notice: Callable[[UUID, int], None]) -> Callable[[], None]:
        self.listeners.append(on_notice)
        return lambda: self.listeners.remove(on_notice)

    def publish(self, project_id: UUID, number: int) -> None:
        for listener in list(self.listeners):
            listener(project_id, number)


def run(scenario: Callable[[Relay, Bus], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        relay, bus = Relay(), Bus()
        relay.start(bus)  # type: ignore[arg-type]
        try:
            async with asyncio.timeout(30):
                return await scenario(relay, bus)
        finally:
            relay.stop()
            assert not bus.listeners

    return asyncio.run(main())


def test_who_waits_is_woken_by_any_greater_number() -> None:
    async def scenario(relay: Relay, bus: Bus) -> int:
        waiting = asyncio.create_task(relay.changed(PROJECT, 5))
        await asyncio.sleep(0)
        for number in (4, 5, 7):
            threading.Thread(target=bus.publish, args=(PROJECT, number)).start()
        return await waiting

    assert run(scenario) == 7


def test_a_burst_wakes_all_and_nobody_misses_the_last_number() -> None:
    async def scenario(relay: Relay, bus: Bus) -> list[int]:
        async def follow() -> int:
            number = 0
            while number < 2000:
                number = await relay.changed(PROJECT, number)
            return number

        followers = [asyncio.create_task(follow()) for _ in range(50)]
        senders = [threading.Thread(target=lambda n=n: [bus.publish(PROJECT, n + 4 * m) for m in range(501)]) for n in range(4)]
        for sender in senders:
            sender.start()
        return list(await asyncio.gather(*followers))

    assert all(number >= 2000 for number in run(scenario))


def test_another_project_wakes_nobody() -> None:
    async def scenario(relay: Relay, bus: Bus) -> bool:
        waiting = asyncio.create_task(relay.changed(PROJECT, 0))
        bus.publish(OTHER, 100)
        assert await relay.changed(OTHER, 0) == 100
        woken = waiting.done()
        waiting.cancel()
        return woken

    assert not run(scenario)


def test_followers_that_leave_leave_nothing() -> None:
    async def scenario(relay: Relay, bus: Bus) -> int:
        tasks = [asyncio.create_task(relay.changed(PROJECT, 0)) for _ in range(100)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return sum(len(waiting) for waiting in relay._waiting.values())

    assert run(scenario) == 0


@pytest.mark.parametrize("steps", range(4))
def test_a_loop_that_is_cancelled_in_the_moment_of_an_event_ends(steps: int) -> None:
    """Otherwise a server that is told to stop just when a job ends goes on for ever."""

    async def scenario(relay: Relay, bus: Bus) -> None:
        waiting = asyncio.create_task(relay.anything(relay.ear(), 30))
        for _ in range(3):
            await asyncio.sleep(0)
        relay.note(PROJECT, 1)
        for _ in range(steps):
            await asyncio.sleep(0)
        if waiting.cancel():  # it had not heard of the event yet
            with pytest.raises(asyncio.CancelledError):
                await waiting

    run(scenario)


def test_anything_ends_after_its_time_without_an_event() -> None:
    run(lambda relay, bus: relay.anything(relay.ear(), 0.01))


def test_whoever_listens_hears_of_everything_also_of_what_came_while_it_was_busy() -> None:
    """Two loops wait for anything: neither takes an event away from the other."""

    async def scenario(relay: Relay, bus: Bus) -> None:
        quick, slow = relay.ear(), relay.ear()
        for number in (1, 2):
            bus.publish(PROJECT, number)
            await relay.anything(quick, 30)
        await relay.anything(slow, 30)
        relay.wake()
        await relay.anything(slow, 30)
        await relay.anything(quick, 30)

    run(scenario)


def test_own_events_wake_only_who_waits_for_their_kind() -> None:
    """A job that prints a line a moment is no reason to look for jobs that could start."""

    async def scenario(relay: Relay, bus: Bus) -> None:
        starting, looking = relay.ear({EventKind.JOB_ENDED}), relay.ear({EventKind.JOB_ENDED, EventKind.JOB_CHANGED})
        relay.note_own({PROJECT: 1}, {PROJECT: 1}, {EventKind.JOB_LOGGED})
        assert (starting.is_set(), looking.is_set()) == (False, False)
        relay.note_own({PROJECT: 2}, {PROJECT: 2}, {EventKind.JOB_LOGGED, EventKind.JOB_CHANGED})
        assert (starting.is_set(), looking.is_set()) == (False, True)
        relay.note_own({PROJECT: 3}, {PROJECT: 3}, {EventKind.JOB_ENDED})
        await relay.anything(starting, 30)

    run(scenario)


def test_what_another_server_wrote_between_own_events_wakes_though_its_notice_comes_later() -> None:
    async def scenario(relay: Relay, bus: Bus) -> None:
        ear = relay.ear({EventKind.JOB_ENDED})
        relay.note_own({PROJECT: 3}, {PROJECT: 1}, {EventKind.JOB_LOGGED})
        assert not ear.is_set()
        relay.note_own({PROJECT: 5}, {PROJECT: 5}, {EventKind.JOB_LOGGED})  # 4 is somebody else's
        assert ear.is_set()

    run(scenario)


def test_the_bus_wakes_for_another_servers_events_and_not_again_for_own_ones() -> None:
    async def scenario(relay: Relay, bus: Bus) -> None:
        ear = relay.ear({EventKind.JOB_ENDED})
        relay.note_own({PROJECT: 3}, {PROJECT: 1}, {EventKind.JOB_LOGGED})
        relay.note_own({PROJECT: 2}, {PROJECT: 2}, {EventKind.JOB_LOGGED})  # committed before, told after
        for number in (2, 3):
            relay.note(PROJECT, number)
        assert not ear.is_set()
        assert relay.number(PROJECT) == 3
        relay.note(PROJECT, 4)  # of which kind that one is only its own server knows
        assert ear.is_set()

    run(scenario)


def test_a_pool_with_too_much_waiting_refuses_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acai_server.pools._MOST_WAITING", 3)
    pools, gate = Pools(Settings(bulk_threads=1)), threading.Event()

    async def main() -> None:
        waiting = [asyncio.create_task(pools.run(BULK, gate.wait, 30)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too much to do"):
            await pools.run(BULK, gate.wait)
        gate.set()
        await asyncio.gather(*waiting)
        assert await pools.run(BULK, lambda: "again") == "again"

    asyncio.run(main())
    pools.close()


def test_closed_pools_say_so() -> None:
    pools = Pools(Settings())
    pools.close()
    with pytest.raises(Unavailable, match="stopping"):
        asyncio.run(pools.run(BULK, print))
