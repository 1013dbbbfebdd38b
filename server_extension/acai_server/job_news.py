"""Tells followers of logs when there may be more to read. A project's events are read once for all of them, and only those who
follow a job that the events name are woken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.events import Event, EventKind
from acai_server.relay import Relay

_LOG: Final = logging.getLogger(__name__)
_AGAIN_SECONDS: Final = 1.0
_FEW: Final = 2
"""So few followers look for themselves: to read first what happened would only make their lines come later."""

_TELLING: Final = frozenset({EventKind.JOB_LOGGED, EventKind.JOB_CHANGED, EventKind.JOB_ENDED})


class JobNews:
    """For each project that somebody follows, one task reads its events: `last` gives the number of a project's last one, `after`
    a page of those after a number. All is called on the event loop."""

    def __init__(
        self,
        relay: Relay,
        last: Callable[[UUID], Awaitable[int]],
        after: Callable[[UUID, int], Awaitable[Sequence[Event]]],
    ) -> None:
        self._relay = relay
        self._last = last
        self._after = after
        self._followed: dict[UUID, dict[str, set[asyncio.Event]]] = {}
        self._readers: dict[UUID, asyncio.Task[None]] = {}
        self._stopped = False

    @contextmanager
    def about(self, project_id: UUID, job: str) -> Iterator[asyncio.Event]:
        """What is set whenever the job, by its id, may have come further. Who reads of the job clears it before."""
        news = asyncio.Event()
        followed = self._followed.setdefault(project_id, {})
        followed.setdefault(job, set()).add(news)
        if project_id not in self._readers:
            # From the number of now on: whoever reads after this sees all until then.
            self._readers[project_id] = asyncio.create_task(self._read(project_id, self._relay.number(project_id)))
        try:
            yield news
        finally:
            followed[job].discard(news)
            if not followed[job]:
                del followed[job]
            if not followed:
                del self._followed[project_id]
                self._readers.pop(project_id).cancel()

    async def wait(self, news: asyncio.Event) -> None:
        """Wait for `news`. Cancelled when the server stops."""
        if not self._stopped:
            await news.wait()
        if self._stopped:
            raise asyncio.CancelledError

    def stop(self) -> None:
        """Wake who waits, for the last time."""
        self._stopped = True
        for project_id, reader in self._readers.items():
            reader.cancel()
            self._wake_all(project_id)

    async def _read(self, project_id: UUID, number: int) -> None:
        while True:
            try:
                if not number:  # no event of this project was heard of yet, and there may be very many
                    number = await self._last(project_id)
                    self._wake_all(project_id)  # who looked before that number was known has not seen all until then
                await self._relay.changed(project_id, number)
                number = await self._tell(project_id, number)
            except AcaiError as error:
                _LOG.debug("Events can't be read at the moment: %s", error.message)
                await asyncio.sleep(_AGAIN_SECONDS)
            except Exception:
                _LOG.exception("What is new of jobs could not be told; it is tried again")
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _tell(self, project_id: UUID, number: int) -> int:
        """Wake those whom the events after `number` concern; returns the number of the last one."""
        heard = self._relay.number(project_id)
        followed = self._followed.get(project_id, {})
        if sum(map(len, followed.values())) <= _FEW:
            self._wake_all(project_id)
            return heard
        events = await self._after(project_id, number)
        if not events or events[0].number > number + 1:
            self._wake_all(project_id)  # some were forgotten before they were read
        for event in events:
            if event.kind in _TELLING:
                for news in followed.get(dict(event.ids)["job"], ()):
                    news.set()
        return events[-1].number if events else heard

    def _wake_all(self, project_id: UUID) -> None:
        for followers in self._followed.get(project_id, {}).values():
            for news in followers:
                news.set()
