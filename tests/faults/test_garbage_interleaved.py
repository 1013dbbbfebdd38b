"""Uploads, copies, file sets and deletions interleaved with collections: nothing that is named, or promised, is ever removed,
and in the end nothing else is left. Every order of units and of removals of bytes can come; a seed says which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from support.lake import Lake
from support.lake_world import FULL, World
from support.turns import TurningStore, Turns, pausing

from acai_jupyter.backends.by_url import store_by_url

SEEDS = range(5000) if FULL else range(0, 5000, 125)
ROUNDS = 20
"""Seeds that share a database; each makes two interleavings."""


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def lake(store_url: str, tmp_path: Path, turns: Turns, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    store = store_by_url(store_url, lambda changed: None)
    made = Lake(tmp_path, store_url, TurningStore(store, turns))  # type: ignore[arg-type]
    for holder, name in ((made.inventory, "discard"), (made.blobs, "delete_prefix"), (made.blobs, "receive")):
        monkeypatch.setattr(holder, name, pausing(getattr(holder, name), turns))
    yield made
    store.close()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(0, len(SEEDS), ROUNDS))
def test_no_order_of_uploads_deletions_and_collections_loses_or_leaves_anything(lake: Lake, turns: Turns, first: int) -> None:
    for seed in SEEDS[first : first + ROUNDS]:
        random = Random(seed)
        _, token = lake.access.create_project(lake.owner, f"seed{seed}", "ada")
        world = World(lake, lake.access.authenticate(token), random)
        kinds: list[Callable[[], None]] = [world.upload, world.upload, world.make, world.delete, world.delete_set]
        try:
            if random.random() < 0.5:
                world.upload()
                turns.run([world.upload, world.collect, *random.choices(kinds, k=4)], random)
            else:
                world.leave_garbage()
                turns.run([world.upload, world.collect, world.upload], random)
            world.check()
            turns.run([world.collect, world.collect, *random.choices(kinds, k=3)], random)
            world.check()
            world.check_nothing_is_left()
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
