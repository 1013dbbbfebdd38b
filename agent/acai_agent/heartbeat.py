"""The heartbeat: tells the platform how far the job is, and hears whether it shall end."""

from __future__ import annotations

import threading
import time
from typing import Final

from acai_agent.failures import ConnectionFailed, HttpError
from acai_agent.notes import note
from acai_agent.orders import Orders
from acai_agent.platform import Platform
from acai_agent.steps import Steps

_LONGEST_FLUSH_S: Final = 2.0
_FIRST_BEAT_S: Final = 0.25
"""Of a job that is over so soon its report says everything."""

_MOST_SAMPLES_A_BEAT: Final = 500
_MOST_SAMPLES: Final = 5000


class Heartbeat:
    """Beats every few seconds, and when the job has come further: at once, except in its very first moment. It tells of the
    work's `steps` too, as it goes on beating where the work itself is stuck."""

    def __init__(self, platform: Platform, instance: str, every_s: float, orders: Orders, steps: Steps) -> None:
        self._platform = platform
        self._instance = instance
        self._every_s = every_s
        self._orders = orders
        self._steps = steps
        self._changed = threading.Condition()
        self._untold: list[str] = []
        self._enforced: dict[str, str] | None = None
        self._progress = "downloading"
        self._samples: list[list[float]] = []
        self._ended = False
        self._reached = True
        self._silent_until = time.monotonic() + _FIRST_BEAT_S
        self._thread = orders.start_thread("heartbeat", self._run)

    def tell(self, progress: str, enforced: dict[str, str] | None = None) -> None:
        """The job has come this far; and by what its resources are held, where that is known now."""
        with self._changed:
            self._enforced = enforced if enforced is not None else self._enforced
            self._untold.append(progress)
            self._changed.notify_all()

    def keep(self, sample: list[float]) -> None:
        """A sample of what the command uses, to be told with the next beat. What a platform that is away for days has missed of
        them is forgotten from the oldest on."""
        with self._changed:
            self._samples.append(sample)
            del self._samples[:-_MOST_SAMPLES]

    def stop(self) -> None:
        """The report says the rest. What is still untold is told first, unless the platform is away or the job was so short
        that nothing was told of it yet."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join(_LONGEST_FLUSH_S)

    def _run(self) -> None:
        due = time.monotonic() + self._every_s
        with self._changed:
            self._changed.wait_for(lambda: self._ended, max(0.0, self._silent_until - time.monotonic()))
            if self._ended and time.monotonic() < self._silent_until:
                return
        while not self._orders.leaving.is_set():
            with self._changed:
                self._changed.wait_for(lambda: bool(self._untold) or self._ended, max(0.0, due - time.monotonic()))
                if self._ended and not (self._untold and self._reached):
                    return
                if self._untold:
                    self._progress = self._untold.pop(0)
            self._beat()
            due = time.monotonic() + self._every_s

    def _beat(self) -> None:
        message: dict[str, object] = {"instance": self._instance, "progress": self._progress}
        steps = self._steps.count
        if steps is not None:
            message["steps"] = steps
        enforced = self._enforced
        if enforced is not None:
            message["enforced"] = enforced
        with self._changed:
            samples = self._samples[:_MOST_SAMPLES_A_BEAT]
        if samples:
            message["samples"] = samples
        try:
            answer = self._platform.ask("POST", "/agent/heartbeat", message)
        except (ConnectionFailed, HttpError) as error:
            if self._reached:
                note(f"No heartbeat: {error}")
            self._reached = False
            return
        self._reached = True
        self._forget(samples)
        if self._enforced is enforced:
            self._enforced = None  # it is known there now
        if isinstance(answer, dict) and answer.get("kill") is True and not self._ended:
            self._orders.end("killed")

    def _forget(self, told: list[list[float]]) -> None:
        """These samples are known there."""
        with self._changed:
            last = told[-1][0] if told else -1
            self._samples = [sample for sample in self._samples if sample[0] > last]
