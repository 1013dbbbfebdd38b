"""Removing what attempts left where they ran. The work is found in the database: whoever ended the job may have died since."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from acai_jupyter.domain.errors import AcaiError, InvalidInput
from acai_jupyter.ports.launcher import Launcher
from acai_jupyter.ports.store.unit import Store

_LOG: Final = logging.getLogger(__name__)
_MOST_AT_ONCE: Final = 1000
_AGAIN_SECONDS: Final = 60.0


class Cleaner:
    """Has the launcher clean up after ended jobs, and after attempts that were given up."""

    def __init__(self, store: Store, launcher: Launcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._launcher = launcher
        self._clock = clock
        self._not_before: dict[str, float] = {}

    def run(self) -> int:
        """Clean what can be cleaned now; returns how many attempts were."""
        with self._store.read() as unit:
            waiting = unit.jobs.uncleaned(_MOST_AT_ONCE)
        now = self._clock()
        self._not_before = {handle: at for handle, at in self._not_before.items() if at > now}
        cleaned = [rank for rank in waiting if rank.handle and rank.handle not in self._not_before and self._clean(rank.handle)]
        if cleaned:
            with self._store.begin() as unit:
                # In one order, or two servers that clean the same would each wait for the other's rows.
                for rank in sorted(cleaned, key=lambda one: (one.project_id, one.job_id, one.attempt, one.rank)):
                    unit.jobs.forget_handle(rank)
        return len(cleaned)

    def _clean(self, handle: str) -> bool:
        try:
            self._launcher.clean(handle)
        except InvalidInput as error:
            _LOG.warning("What a job left is not in reach of this launcher, and stays: %s", error.message)
        except AcaiError as error:
            _LOG.warning("What a job left can't be removed now: %s", error.message)
            return self._put_off(handle)
        except Exception:  # what is wrong with one job is no harm to the others
            _LOG.exception("What a job left can't be removed.")
            return self._put_off(handle)
        return True

    def _put_off(self, handle: str) -> bool:
        self._not_before[handle] = self._clock() + _AGAIN_SECONDS
        return False
