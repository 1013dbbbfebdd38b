"""How long a job that was told to end is waited for before it is ended by force."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.jobs import Job, Progress, Rank, Status
from acai_jupyter.engine.settings import EngineSettings

_SILENT_BEATS: Final = 12
"""After so many heartbeats that did not come, an agent that uploads is not believed to be at it any more."""

_SPARE_BEATS: Final = 2

HUNG: Final = "Its agent did not answer any more, and was ended when the timeout had passed."
SILENT: Final = "Its agent did not answer any more while it brought files, and was ended."
STUCK: Final = "Its agent got no further while it brought files, and was ended."
UNSPOKEN: Final = "Its agents were started, and none of them said a word."


class WatchedTime:
    """Seconds in which somebody was looking: what passes while no tick runs (a laptop sleeps, a disk hangs) does not count."""

    def __init__(self, longest_gap: float, clock: Callable[[], float]) -> None:
        self._longest_gap = longest_gap
        self._clock = clock
        self._last = clock()
        self.seconds = 0.0

    def look(self) -> None:
        """A tick begins."""
        now = self._clock()
        self.seconds += min(now - self._last, self._longest_gap)
        self._last = now


@dataclass(slots=True)
class _Wait:
    since: float
    beat: int | None
    beat_since: float


class KillPatience:
    """Counts from when this server first told an agent to end: one that was not told cannot have ended."""

    def __init__(self, settings: EngineSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._time = WatchedTime(settings.heartbeat, clock)
        self._waits: dict[str, _Wait] = {}

    def begin_tick(self, handles: Iterable[str]) -> None:
        """These agents are still there; the others are forgotten."""
        self._time.look()
        there = set(handles)
        self._waits = {handle: wait for handle, wait in self._waits.items() if handle in there}

    def is_over(self, job: Job, rank: Rank, handle: str) -> bool:
        """Whether the agent `handle` must be ended by force. One that brings its output home, and says so, has long."""
        now = self._time.seconds
        wait = self._waits.setdefault(handle, _Wait(now, rank.heartbeat_at, now))
        if wait.beat != rank.heartbeat_at:
            wait.beat, wait.beat_since = rank.heartbeat_at, now
        silent = now - wait.beat_since > _SILENT_BEATS * self._settings.heartbeat
        if job.progress is Progress.UPLOADING and not silent:
            return now - wait.since > self._settings.kill_upload_patience
        return now - wait.since > self._settings.kill_grace + _SPARE_BEATS * self._settings.heartbeat


@dataclass(slots=True)
class _Beat:
    at: int | None
    since: float
    progress: str | None
    progress_since: float


class HangPatience:
    """Finds agents that live and do nothing any more (stopped, or stuck): their jobs would never end."""

    def __init__(self, settings: EngineSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._time = WatchedTime(settings.heartbeat, clock)
        self._beats: dict[str, _Beat] = {}

    def begin_tick(self, handles: Iterable[str]) -> None:
        """These agents are still there; the others are forgotten."""
        self._time.look()
        there = set(handles)
        self._beats = {handle: beat for handle, beat in self._beats.items() if handle in there}

    def why_over(self, job: Job, rank: Rank, handle: str, now: int) -> str | None:
        """Why the agent must be ended, at the database's time `now`: it has been silent for long while somebody looked, and its
        job is past its timeout, or nothing of the job runs but the agent itself; or it was heard, and that it gets no further.
        None for one that may go on: what a command computes is not ended because its agent can't be heard."""
        beat = self._heard(rank, handle)
        if job.running_at is None:
            return None
        silent = self._time.seconds - beat.since
        if job.progress is not Progress.RUNNING and silent > self._settings.agent_silence:
            return SILENT
        standing = 0.0 if beat.progress is None else beat.since - beat.progress_since
        if job.progress is not Progress.RUNNING and standing > self._settings.agent_stuck:
            return STUCK
        if job.spec.timeout is None or job.progress is Progress.UPLOADING:
            return None
        late = now - job.running_at > job.spec.timeout
        return HUNG if late and silent > self._settings.kill_grace + _SILENT_BEATS * self._settings.heartbeat else None

    def never_spoke(self, job: Job, rank: Rank, handle: str) -> bool:
        """Whether the agent of a launch has had long enough to claim its job: it was stopped, or is stuck."""
        since = self._heard(rank, handle).since
        waits = job.status is Status.LAUNCHING and rank.claimed_at is None
        return waits and self._time.seconds - since > self._settings.agent_silence

    def _heard(self, rank: Rank, handle: str) -> _Beat:
        """Since when the agent was not heard, and since when it has got no further."""
        now = self._time.seconds
        beat = self._beats.setdefault(handle, _Beat(rank.heartbeat_at, now, rank.progress, now))
        if beat.at != rank.heartbeat_at:
            beat.at, beat.since = rank.heartbeat_at, now
        if beat.progress != rank.progress:
            beat.progress, beat.progress_since = rank.progress, now
        return beat
