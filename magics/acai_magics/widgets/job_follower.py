"""What a job prints and how it stands, followed once for all that show it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Protocol
from weakref import WeakSet, WeakValueDictionary

from acai_jupyter.client.job import Job
from acai_jupyter.client.terminal import Screen
from acai_jupyter.domain.errors import AcaiError
from acai_jupyter.domain.jobs import TERMINAL, Status
from acai_magics.widgets.curves import Curve, curves_html, curves_of

_LOG: Final = logging.getLogger(__name__)
_MOST_LINES: Final = 500
_MOST_BYTES: Final = 2**20
_REDRAW_SECONDS: Final = 0.1
_CURVES_SECONDS: Final = 1.0
_USAGE_SECONDS: Final = 5.0
_TAG: Final = "[ACAI_TAG_NUM]"


@dataclass(frozen=True)
class Seen:
    """A job at one time: all that is told of it, the end of its log, and its curves as HTML."""

    told: dict[str, Any]
    log: str
    curves: str


class View(Protocol):
    """Who shows a job."""

    def show(self, seen: Seen) -> None:
        """Called from threads of the follower."""


class Follower:
    """Follows one job until it has ended; of a log that is long already only its end is read."""

    def __init__(self, job: Job) -> None:
        self._job = copy(job)  # nobody else's handle changes under them
        self._screen = Screen(_MOST_LINES)
        self._curves = ""
        self._views: WeakSet[Any] = WeakSet()
        self._changed = threading.Event()
        self._measured = True  # there may be numbers from before
        self._drawn_at = 0.0
        self._lock = threading.Lock()
        self._is_over = False
        self.has_failed = False
        follow = [self._take_lines] if self._has_ended() else [self._take_lines, self._take_changes]
        self._following = len(follow)
        for work in follow:
            self._start(work.__name__, self._follow, work)
        self._start("draw", self._draw)

    def join(self, view: View) -> None:
        """Show the job there, from now on."""
        with self._lock:
            self._views.add(view)
            is_over = self._is_over
        self._changed.set()
        if is_over:
            view.show(self._seen())

    def _start(self, name: str, work: Callable[..., None], *given: Callable[[], None]) -> None:
        threading.Thread(target=work, args=given, name=f"acai-job-{self._job.number}-{name.strip('_')}", daemon=True).start()

    def _has_ended(self) -> bool:
        return Status(self._job.details["status"]) in TERMINAL

    def _take_lines(self) -> None:
        start = max(0, self._job.log_size - _MOST_BYTES)
        is_within_line = start > 0
        before = ""
        for piece in self._job.printed(start):
            self._measured = self._measured or _TAG in before + piece
            before = piece[-len(_TAG) :]
            if is_within_line:
                _, end, piece = piece.partition("\n")
                is_within_line = not end
            self._screen.feed(piece)
            self._changed.set()

    def _take_changes(self) -> None:
        for _ in self._job.changes():
            self._changed.set()

    def _follow(self, work: Callable[[], None]) -> None:
        try:
            work()
        except AcaiError as error:
            self.has_failed = True
            self._screen.add_line(f"The job can't be followed any further: {error.message}")
        finally:
            with self._lock:
                self._following -= 1
            self._changed.set()

    def _draw(self) -> None:
        """Redraw until the job has ended; a follower that can't is none for who comes later."""
        try:
            self._draw_until_the_end()
        except BaseException:
            self.has_failed = True
            raise

    def _draw_until_the_end(self) -> None:
        """After changes, but not after every single one: a job may print faster than anybody can see."""
        while True:
            pause = _CURVES_SECONDS if self._measured else _USAGE_SECONDS
            self._changed.wait(pause)
            self._changed.clear()
            last = self._following == 0
            self._redraw()
            if last or time.monotonic() - self._drawn_at >= pause:
                self._read_curves()
                with self._lock:
                    self._is_over = last  # who joins from then on is shown it at once
                self._redraw()
            if last:
                return
            time.sleep(_REDRAW_SECONDS)

    def _redraw(self) -> None:
        with self._lock:
            views = list(self._views)
        seen = self._seen()
        for view in views:
            try:
                view.show(seen)
            except Exception:  # whatever it is, it is that view's own
                _LOG.exception("A view of job %s shows nothing new any more", self._job.number)
                with self._lock:
                    self._views.discard(view)

    def _seen(self) -> Seen:
        return Seen(self._job.details, self._screen.text, self._curves)

    def _read_curves(self) -> None:
        self._measured = False
        try:
            self._curves = curves_html(curves_of_job(self._job))
        except AcaiError:
            self._measured = True  # the platform is away: later
        self._drawn_at = time.monotonic()


def curves_of_job(job: Job) -> list[Curve]:
    """What the job uses, and the numbers that its log set."""
    return curves_of(job.usage_curves(), job.curves())


_followers: Final[WeakValueDictionary[str, Follower]] = WeakValueDictionary()
_making: Final = threading.Lock()


def follower_of(job: Job) -> Follower:
    """The one of this job."""
    with _making:
        found = _followers.get(job.id)
        if found is None or found.has_failed:
            found = _followers[job.id] = Follower(job)
        return found
