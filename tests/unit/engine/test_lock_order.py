"""Whoever changes a job locks its project first: then no two can each wait for what the other one has."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from support.engine import Engine
from support.faulty_store import FaultyStore
from support.waiting import wait_for

from acai_jupyter.domain.jobs import Status

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


class Interrupted(FaultyStore):
    """A store on which `what` is done by somebody else in the middle of a unit that writes, at the call `at`, until that has to
    wait for the unit."""

    def __init__(self, engine: Engine, at: str, what: threading.Thread) -> None:
        super().__init__(engine.store, 0)
        self._url = engine.store_url
        self._at = at
        self._what = what

    def _count(self, name: str) -> None:
        if name == self._at and self._what.ident is None:
            self._what.start()
            with psycopg.connect(self._url, autocommit=True) as looking:
                wait_for(lambda: _count_of(looking))


def _count_of(looking: psycopg.Connection[Any]) -> int:
    row = looking.execute(_WAITING).fetchone()
    return int(row[0]) if row else 0


def test_a_kill_that_meets_the_launch_of_its_job_waits_for_it(engine: Engine) -> None:
    if engine.store_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time: units that write don't overlap")
    engine.submit()
    engine.scheduler.claim()
    assert (engine.job().status, engine.job().placed_at) == (Status.LAUNCHING, None)
    kill = threading.Thread(target=engine.registry.kill, args=[engine.owner, "1"])
    server = engine.another(Interrupted(engine, "jobs.unlaunched", kill))  # type: ignore[arg-type]
    assert server.dispatch.launch_waiting(server.scheduler) == 1
    kill.join()
    assert engine.job().kill_requested_at is not None
