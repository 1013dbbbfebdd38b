"""What the command uses, over time: samples for curves, and the sums for the record."""

from __future__ import annotations

import threading
import time
from typing import Final

from acai_agent.heartbeat import Heartbeat
from acai_agent.orders import Orders
from acai_agent.outcome import OUT_OF_MEMORY, Outcome
from acai_agent.usage import Meter, Use

_SAMPLES_A_PERIOD: Final = 256
"""After so many the period doubles: a job of a week has hardly more samples than one of an hour."""


class Sampler:
    """Measures every `every_s` seconds at first, and tells the heartbeat. `most_memory` in bytes is kept to here where nothing
    else does: what the processes have together must not exceed it."""

    def __init__(self, meter: Meter, every_s: float, heartbeat: Heartbeat, orders: Orders, most_memory: int | None) -> None:
        self._meter = meter
        self._every_s = every_s
        self._heartbeat = heartbeat
        self._orders = orders
        self._most_memory = most_memory
        self._started = time.monotonic()
        self._count = 0
        self._peak = 0
        self._ended = threading.Event()
        self._thread = orders.start_thread("sampler", self._run)

    def finish(self, outcome: Outcome) -> None:
        """The command has ended: take a last sample, and note the sums."""
        self._ended.set()
        self._thread.join()
        outcome.use = self._sample()
        outcome.peak_memory = max(self._peak, self._meter.largest())

    def _run(self) -> None:
        while not self._ended.wait(self._every_s * 2 ** (self._count // _SAMPLES_A_PERIOD)):
            use = self._sample()
            if self._most_memory is not None and use.memory > self._most_memory:
                self._look_closer(self._most_memory)

    def _sample(self) -> Use:
        use = self._meter.measure()
        self._peak = max(self._peak, use.memory)
        elapsed = round(time.monotonic() - self._started, 3)
        self._heartbeat.keep([self._count, elapsed, use.cpu_s, use.memory, use.read, use.written, use.throttled_s])
        self._count += 1
        return use

    def _look_closer(self, most: int) -> None:
        """Processes share memory: only what they have of their own, and their part of what they share, is theirs."""
        if self._meter.memory_of_processes() > most:
            self._orders.end(OUT_OF_MEMORY)
