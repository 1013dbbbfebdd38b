"""The same as interleaved, but with threads and several servers at once, as a database sees them: what its locks must hold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from support.lake import Lake
from support.lake_world import FULL, World

from acai_jupyter.backends.by_url import store_by_url

ACTORS = 4
OPERATIONS = 300 if FULL else 12
SECONDS = 1800.0 if FULL else 120.0


@pytest.fixture
def new_lake(store_url: str, tmp_path: Path) -> Iterator[Callable[[], Lake]]:
    """Servers on one database and one object store."""
    made: list[Lake] = []

    def make() -> Lake:
        made.append(Lake(tmp_path, store_url, store_by_url(store_url, lambda changed: None)))
        return made[-1]

    yield make
    for lake in made:
        lake.store.close()


@pytest.mark.timeout(3600)
def test_threads_of_several_servers_lose_and_leave_nothing_beside_a_collector(new_lake: Callable[[], Lake]) -> None:
    lakes = [new_lake() for _ in range(2)]
    who = lakes[0].owner
    worlds = [World(lakes[number % 2], who, Random(number)) for number in range(ACTORS)]
    for world in worlds[1:]:
        world.files, world.deleted, world.sets = worlds[0].files, worlds[0].deleted, worlds[0].sets
    over = threading.Event()

    def act(world: World) -> None:
        for _ in range(OPERATIONS):
            world.random.choice((world.upload, world.upload, world.make, world.delete, world.delete_set))()

    def collect() -> int:
        count = 0
        while not over.is_set() or not count:
            worlds[0].collect()
            count += 1
        return count

    with ThreadPoolExecutor(ACTORS + 1) as pool:
        collector = pool.submit(collect)
        actors = [pool.submit(act, world) for world in worlds]
        try:
            for actor in actors:
                actor.result(SECONDS)
        finally:
            over.set()
        assert collector.result(SECONDS)
    worlds[0].check()
    worlds[0].check_nothing_is_left()
