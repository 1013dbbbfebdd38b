"""Threads that take turns: only one runs at a time, and whose turn it is at each pause is drawn from a seed. So every order of
what lies between two pauses can come, and comes again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

from acai_jupyter.ports.store.unit import Store, UnitOfWork

_SECONDS = 900.0
"""After which an actor counts as stuck: longer than a machine may be held up as a whole."""


class Turns:
    """Runs actors; `pause` is called by them where another may go on."""

    def __init__(self) -> None:
        self._own: dict[int, threading.Semaphore] = {}
        self._control = threading.Semaphore(0)

    def pause(self) -> None:
        """Let another go on. Nothing where nobody takes turns."""
        mine = self._own.get(threading.get_ident())
        if mine is not None:
            self._control.release()
            assert mine.acquire(timeout=_SECONDS)

    def run(self, actors: Sequence[Callable[[], None]], random: Random) -> None:
        """Run all of them to their ends; some begin late. Raises the first error of any."""
        late = [random.choice((0, 0, 3, 6, 9, 12)) for _ in actors]
        errors: list[BaseException] = []
        waiting = [threading.Semaphore(0) for _ in actors]
        ended = [False] * len(actors)

        def act(number: int) -> None:
            self._own[threading.get_ident()] = waiting[number]
            assert waiting[number].acquire(timeout=_SECONDS)
            try:
                for _ in range(late[number]):
                    self.pause()
                actors[number]()
            except BaseException as error:
                errors.append(error)
            finally:
                del self._own[threading.get_ident()]
                ended[number] = True
                self._control.release()

        threads = [threading.Thread(target=act, args=(number,), daemon=True) for number in range(len(actors))]
        for thread in threads:
            thread.start()
        while not all(ended):
            waiting[random.choice([number for number, over in enumerate(ended) if not over])].release()
            assert self._control.acquire(timeout=_SECONDS), "an actor waits for another that has not its turn"
        for thread in threads:
            thread.join(_SECONDS)
        if errors:
            raise errors[0]


class TurningStore:
    """A store whose users pause before each unit; within a unit nobody else has a turn."""

    def __init__(self, store: Store, turns: Turns) -> None:
        self._store = store
        self._turns = turns

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        self._turns.pause()
        with self._store.begin() as unit:
            yield unit

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        self._turns.pause()
        with self._store.read() as unit:
            yield unit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def pausing(call: Callable[..., Any], turns: Turns) -> Callable[..., Any]:
    """A call before which its caller pauses."""

    def paused(*arguments: Any) -> Any:
        turns.pause()
        return call(*arguments)

    return paused
