"""Sends the log to the platform, piece by piece from where the platform has it."""

from __future__ import annotations

import time
from typing import Any, Final

from acai_agent.contract import MOST_LOG_BYTES_A_CALL, ContractBroken
from acai_agent.failures import Cancelled, HttpError
from acai_agent.notes import note
from acai_agent.orders import Orders
from acai_agent.platform import Platform
from acai_agent.spool import Spool
from acai_agent.steps import Steps

_LEAST_PAUSE_S: Final = 0.002
_MOST_PAUSE_S: Final = 0.1
_REST_OF_LINE_S: Final = 0.005
_STANDSTILL_S: Final = 0.5


class LogSender:
    """One thread that sends what the spool holds. While the platform is away the spool grows, and nothing is lost."""

    def __init__(self, platform: Platform, spool: Spool, orders: Orders, steps: Steps) -> None:
        self._platform = platform
        self._spool = spool
        self._leaving = steps.counting(orders.leaving)
        self._sent = 0
        self._pause_until = 0.0
        self.refused: str | None = None
        self._thread = orders.start_thread("log", self._run)

    def finish(self) -> None:
        """Wait until the platform has everything. The spool must have ended."""
        self._thread.join()

    def _run(self) -> None:
        while self._spool.wait_beyond(self._sent):
            self._wait_for_more()
            try:
                self._send()
            except Cancelled:
                return  # the agent leaves
            except HttpError as error:
                self.refused = f"The platform doesn't take the rest of the log: {error.message}"
                note(self.refused)
                return

    def _wait_for_more(self) -> None:
        """What comes after a pause goes at once, with the rest of its line, which a program often writes by itself. What comes
        in a rush goes together: the pause is as long as the last call took, so that a busy platform is called less often."""
        if self._spool.size - self._sent >= MOST_LOG_BYTES_A_CALL:
            return
        self._leaving.wait(max(0.0, self._pause_until - time.monotonic()))
        size = self._spool.size
        if self._spool.read(size - 1, 1) != b"\n":
            self._spool.wait_beyond(size, _REST_OF_LINE_S)

    def _send(self) -> None:
        begun = time.monotonic()
        data = self._spool.read(self._sent, MOST_LOG_BYTES_A_CALL)
        answer = self._platform.call("POST", "/agent/log", data=data, query={"offset": self._sent}, until=self._leaving)
        taken = min(_size(answer), self._spool.size)
        if taken <= self._sent:
            self._leaving.wait(_STANDSTILL_S)
        self._sent = taken
        now = time.monotonic()
        self._pause_until = now + min(max(now - begun, _LEAST_PAUSE_S), _MOST_PAUSE_S)


def _size(answer: Any) -> int:
    size = answer.get("size") if isinstance(answer, dict) else None
    if not isinstance(size, int):
        raise ContractBroken("The platform's answer to the log can't be read: 'size' is missing.")
    return size
