"""A store whose units fail at the n-th thing that is done in them: what a full disk or a lost connection does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from acai_jupyter.domain.errors import InvalidRequest, StoreUnavailable
from acai_jupyter.ports.store.unit import Store, UnitOfWork


class FaultyStore:
    """The real store; a unit that writes raises at its call number `fail_at`, or refuses the call of that name for good. `done`
    holds the calls of the last one."""

    def __init__(self, store: Store, fail_at: int | str) -> None:
        self._store = store
        self._fail_at = fail_at
        self.done: list[str] = []

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        self.done = []
        with self._store.begin() as unit:
            yield _Faulty(unit, self._count)  # type: ignore[misc]

    def _count(self, name: str) -> None:
        self.done.append(name)
        if len(self.done) == self._fail_at:
            raise StoreUnavailable(f"The disk is full at {name}.")
        if name == self._fail_at:
            raise InvalidRequest(f"The database can't keep what {name} is given.")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _Faulty:
    """A unit, or one of its repositories."""

    def __init__(self, real: object, count: Callable[[str], None], path: str = "") -> None:
        self._real = real
        self._count = count
        self._path = path

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        path = f"{self._path}.{name}".lstrip(".")
        if not callable(value):
            return _Faulty(value, self._count, path)

        def counted(*arguments: Any, **named: Any) -> Any:
            self._count(path)
            return value(*arguments, **named)

        return counted
