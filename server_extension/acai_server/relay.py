"""Brings notices of the bus to the event loop, where streams of events and logs wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from acai_jupyter.domain.events import EventKind
from acai_jupyter.ports.bus import EventBus


class Ear(asyncio.Event):
    """Set by whatever happens; by events of this process only where they are of one of the `kinds`."""

    def __init__(self, kinds: Collection[EventKind]) -> None:
        super().__init__()
        self.kinds = frozenset(kinds)


class Relay:
    """Knows the last event number of each project, and wakes who waits for a greater one. Waiting holds no thread."""

    def __init__(self) -> None:
        self._numbers: dict[UUID, int] = {}
        self._waiting: dict[UUID, set[asyncio.Future[None]]] = {}
        self._own: dict[UUID, int] = {}
        self._ears: list[Ear] = []
        self._end: Callable[[], None] | None = None

    def start(self, bus: EventBus) -> None:
        """Listen to the bus, unless this was called before; call it on the event loop."""
        if self._end is not None:
            return
        loop = asyncio.get_running_loop()

        def on_notice(project_id: UUID, number: int) -> None:
            loop.call_soon_threadsafe(self.note, project_id, number)

        self._end = bus.subscribe(on_notice)

    def stop(self) -> None:
        if self._end is not None:
            self._end()
        for futures in self._waiting.values():
            for future in futures:
                future.cancel()

    def note(self, project_id: UUID, number: int) -> None:
        """There are events of a project up to `number`."""
        if number <= self._numbers.get(project_id, 0):
            return
        self._numbers[project_id] = number
        if number > self._own.get(project_id, 0):
            self.wake()
        for future in self._waiting.pop(project_id, set()):
            if not future.done():
                future.set_result(None)

    def note_own(self, changed: Mapping[UUID, int], first: Mapping[UUID, int], kinds: Collection[EventKind]) -> None:
        """This process has written events of these kinds, up to numbers and from the `first` ones on; the bus will tell of them,
        too."""
        for project_id, number in changed.items():
            own = self._own.get(project_id, 0)
            if first[project_id] > max(own, self._numbers.get(project_id, 0)) + 1:
                self.wake()  # another server has written between
            self._own[project_id] = max(number, own)
        for ear in self._ears:
            if not ear.kinds.isdisjoint(kinds):
                ear.set()

    def number(self, project_id: UUID) -> int:
        """The last number that this server has heard of."""
        return self._numbers.get(project_id, 0)

    async def changed(self, project_id: UUID, after: int) -> int:
        """Wait until a project has events beyond `after`; returns the last number."""
        while self.number(project_id) <= after:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(project_id, set()).add(future)
            try:
                await future
            finally:
                self._waiting.get(project_id, set()).discard(future)
        return self.number(project_id)

    def wake(self) -> None:
        """As if there were new events."""
        for ear in self._ears:
            ear.set()

    def ear(self, kinds: Collection[EventKind] = frozenset(EventKind)) -> Ear:
        """For one who wants to know of events of these `kinds`, in any project: it is set from then on, until `anything` has
        told of it. Which kinds another server's events are of nobody knows: it is set by all of them."""
        self._ears.append(Ear(kinds))
        return self._ears[-1]

    async def anything(self, ear: Ear, seconds: float) -> None:
        """Wait until something happens, since the last time that this `ear` was asked; at most `seconds`."""
        try:
            # Not wait_for: before Python 3.12 it forgets a cancellation that comes together with the event.
            async with asyncio.timeout(seconds):
                await ear.wait()
        except TimeoutError:
            pass
        ear.clear()
