"""What others want of the job: that it ends, or that the agent leaves it alone."""

from __future__ import annotations

import threading
from collections.abc import Callable

from acai_agent.notes import note, note_failure


class Orders:
    """Given by the heartbeat, by signals and by the clock; obeyed by the main thread and the transfers.

    `cancel` is set by any order, `leaving` only where nobody waits for a report any more.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._how: str | None = None
        self._reason: BaseException | None = None
        self.cancel = threading.Event()
        self.leaving = threading.Event()

    @property
    def how(self) -> str | None:
        """`killed` or `timeout`, once the job is to end; the first order counts."""
        return self._how

    def end(self, how: str) -> None:
        """The job is to end, and to be reported."""
        with self._changed:
            if self._how is None:
                note(f"The job is to end: {how}.")
                self._how = how
            self.cancel.set()
            self._changed.notify_all()

    def leave(self, reason: BaseException) -> None:
        """The job is to end, and nobody waits for a report."""
        with self._changed:
            if self._reason is None:
                self._reason = reason
            self.leaving.set()
            self.cancel.set()
            self._changed.notify_all()

    def check_leaving(self) -> None:
        """Raises the reason to leave, where there is one."""
        if self._reason is not None:
            raise self._reason

    def wake(self) -> None:
        """Something may have changed for `wait`."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, done: Callable[[], bool]) -> None:
        """Wait until something is done, or an order comes."""
        with self._changed:
            self._changed.wait_for(lambda: done() or self.cancel.is_set())

    def start_thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """A thread of the agent. An error that nobody expected there ends the agent: it must not go on half deaf."""

        def run() -> None:
            try:
                work()
            except BaseException as error:  # told to the main thread, which raises it
                if not self.leaving.is_set():
                    note_failure(error)
                self.leave(error)

        thread = threading.Thread(target=run, name=f"acai-{name}", daemon=True)
        thread.start()
        return thread
