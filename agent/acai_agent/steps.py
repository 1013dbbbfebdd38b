"""How far the work of an agent has come: whoever brings files asks again and again whether it shall stop, and one that is stuck,
say in a read from a dead disk, asks no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

from acai_agent.failures import Signal


class Steps:
    """Counts how often somebody asked. Where two threads ask at once one may be missed: that it grows is all that matters."""

    def __init__(self) -> None:
        self._count = 0
        self._counted = True

    @property
    def count(self) -> Optional[int]:
        """None while nobody can tell whether the work goes on."""
        return self._count if self._counted else None

    def step(self) -> None:
        self._count += 1

    def counting(self, signal: Signal) -> Signal:
        """The same signal; every question to it is a step."""
        return _Counting(signal, self)

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """Work that takes as long as it takes, and asks nobody."""
        self._counted = False
        try:
            yield
        finally:
            self.step()
            self._counted = True


class _Counting:
    def __init__(self, signal: Signal, steps: Steps) -> None:
        self._signal = signal
        self._steps = steps

    def is_set(self) -> bool:
        self._steps.step()
        return self._signal.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        self._steps.step()
        return self._signal.wait(timeout)
