"""Work on several threads at once: bounded, stopped by the first error, or by the caller."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar, Union

from acai_agent.failures import Cancelled, Signal

Item = TypeVar("Item")
Result = TypeVar("Result")
OnProgress = Callable[[int, int], None]
"""Is told (bytes done, bytes in all), never by two threads at once."""

_LOOK_S: Final = 0.1


class Stop:
    """Set by the first error among the threads of one transfer, or by its caller's own signal."""

    def __init__(self, outer: Signal | None = None) -> None:
        self._outer = outer
        self._own = threading.Event()

    def set(self) -> None:
        self._own.set()

    def is_set(self) -> bool:
        return self._own.is_set() or (self._outer is not None and self._outer.is_set())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, at most `timeout` seconds; whether it is."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _LOOK_S if deadline is None else min(_LOOK_S, deadline - time.monotonic())
            if left <= 0:
                return False
            self._own.wait(left)
        return True

    def check(self) -> None:
        """Raises Cancelled where it is set."""
        if self.is_set():
            raise Cancelled


class Meter:
    """Counts the bytes of a transfer for its progress bar."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self._total = total
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._done = 0

    def add(self, size: int) -> None:
        """`size` bytes more are done; negative where some have to be sent again."""
        with self._lock:
            self._done += size
            if self._on_progress is not None:
                self._on_progress(self._done, self._total)


def for_each(work: Callable[[Item], Result], items: Sequence[Item], threads: int, stop: Stop) -> list[Result]:
    """`work` for every item, on at most `threads` threads, the caller's among them; the results in the items' order.

    The first error sets `stop` and is raised when all threads have ended.
    """
    crew = _Crew(work, items, stop)
    helpers = [threading.Thread(target=crew.run, name="acai-transfer", daemon=True) for _ in range(min(threads, len(items)) - 1)]
    for helper in helpers:
        helper.start()
    crew.run()
    for helper in helpers:
        helper.join()
    return crew.results()


def ahead(items: Iterator[Item], most: int, seen: Callable[[Item], None] = lambda _: None) -> Iterator[Item]:
    """The same items, taken by a thread of its own while those before are worked on, at most so many ahead; each is shown to
    `seen` when it is taken. Raises what taking them raises."""
    waiting: queue.Queue[Union[tuple[Item], BaseException, None]] = queue.Queue(most)
    left = threading.Event()

    def take() -> None:
        try:
            for item in items:
                seen(item)
                waiting.put((item,))
                if left.is_set():
                    return
            waiting.put(None)
        except BaseException as error:  # raised again where the items are worked on
            waiting.put(error)

    threading.Thread(target=take, name="acai-ahead", daemon=True).start()
    try:
        while (found := waiting.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found[0]
    finally:
        left.set()
        while not waiting.empty():  # who waits for room goes on, and sees that nobody is left
            waiting.get_nowait()


class _Crew(Generic[Item, Result]):
    """Threads that share one list of items."""

    def __init__(self, work: Callable[[Item], Result], items: Sequence[Item], stop: Stop) -> None:
        self._work = work
        self._items = iter(enumerate(items))
        self._stop = stop
        self._lock = threading.Lock()
        self._results: dict[int, Result] = {}
        self._errors: list[BaseException] = []

    def run(self) -> None:
        """Take one item after the other, until none is left or the work stops."""
        try:
            while not self._stop.is_set():
                with self._lock:
                    number, item = next(self._items, (-1, None))
                if item is None:
                    return
                self._results[number] = self._work(item)
        except BaseException as error:  # raised again by `results`, on the caller's thread
            self._errors.append(error)
            self._stop.set()

    def results(self) -> list[Result]:
        """The results; raises the first error, or Cancelled."""
        for error in sorted(self._errors, key=lambda error: isinstance(error, Cancelled)):
            raise error
        self._stop.check()
        return [self._results[number] for number in sorted(self._results)]
