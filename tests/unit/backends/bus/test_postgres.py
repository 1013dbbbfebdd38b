"""Notices between servers that share a PostgreSQL database."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from support.postgres import Postgres, running_postgres
from support.waiting import wait_for

from acai_jupyter.backends.bus import postgres as bus_of_postgres
from acai_jupyter.backends.bus.postgres import PostgresBus
from acai_jupyter.domain.ids import new_id
from tests.contracts.threads import together

Heard = dict[UUID, int]


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that a test may stop."""
    with running_postgres() as server:
        yield server


def new_bus(url: str, numbers: Heard | None = None) -> PostgresBus:
    return PostgresBus(url, lambda: dict(numbers or {}))


def test_a_notice_reaches_every_server_the_publishers_own_too(postgres: Postgres) -> None:
    url, project = postgres.new_database(), new_id()
    here: Heard = {}
    there: Heard = {}
    with closing(new_bus(url)) as first, closing(new_bus(url)) as second:
        first.subscribe(here.__setitem__)
        second.subscribe(there.__setitem__)

        def published() -> bool:
            first.publish(project, 7)  # again and again: whoever does not listen yet may miss one
            return here == there == {project: 7}

        wait_for(published)


def test_what_happened_while_the_database_was_away_is_told_when_it_is_back(own_postgres: Postgres) -> None:
    project = new_id()
    numbers: Heard = {}
    heard: Heard = {}
    with closing(PostgresBus(own_postgres.new_database(), lambda: dict(numbers))) as bus:
        bus.subscribe(heard.__setitem__)
        wait_for(lambda: bus.publish(project, 1) or heard == {project: 1})
        own_postgres.stop()
        numbers[project] = 2  # another server's, whose notice nobody heard
        own_postgres.start()
        wait_for(lambda: heard == {project: 2})
        wait_for(lambda: bus.publish(project, 3) or heard == {project: 3})


def test_a_bus_without_its_database_neither_blocks_nor_raises_and_can_be_closed(tmp_path: Path) -> None:
    bus = new_bus(f"postgresql://acai@/acai?host={tmp_path}")
    bus.subscribe(lambda project_id, number: None)
    for number in range(20_000):
        bus.publish(new_id(), number)
    bus.close()


@pytest.mark.parametrize(("connect_s", "join_s"), [(1000, 0.1), (2, 1000.0)], ids=["close waits no longer", "connecting ends"])
def test_a_bus_whose_database_swallows_everything_can_be_closed_and_leaves_no_thread(
    monkeypatch: pytest.MonkeyPatch, connect_s: int, join_s: float
) -> None:
    monkeypatch.setattr(bus_of_postgres, "_CONNECT_SECONDS", connect_s)
    monkeypatch.setattr(bus_of_postgres, "_JOIN_SECONDS", join_s)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bus = new_bus(f"postgresql://acai@127.0.0.1:{silent.getsockname()[1]}/acai")
        bus.subscribe(lambda project_id, number: None)
        bus.publish(new_id(), 1)
        together([bus.close])
    wait_for(lambda: not any(thread.is_alive() for thread in bus._threads.values()))


def test_a_foreign_notice_on_the_channel_is_passed_over(postgres: Postgres) -> None:
    import psycopg

    url, project = postgres.new_database(), new_id()
    heard: Heard = {}
    with closing(new_bus(url)) as bus, psycopg.connect(url, autocommit=True) as other:
        bus.subscribe(heard.__setitem__)
        wait_for(lambda: bus.publish(project, 1) or heard == {project: 1})
        other.execute("SELECT pg_notify('acai_events', 'not ours')")
        wait_for(lambda: bus.publish(project, 2) or heard == {project: 2})
