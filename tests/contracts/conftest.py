from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.ports.store.unit import Store
from tests.contracts.backends import BLOBS, BlobHouse
from tests.contracts.people import Person, join


@pytest.fixture
def events() -> list[dict[object, int]]:
    """What the stores of `new_store` told of events, in order."""
    return []


@pytest.fixture
def new_store(store_url: str, events: list[dict[object, int]]) -> Iterator[Callable[[], Store]]:
    """Opens the same database once more, as another server does."""
    opened: list[Store] = []

    def open_one() -> Store:
        store = store_by_url(store_url, lambda changed: events.append(dict(changed)))
        opened.append(store)
        store.open()
        return store

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    return new_store()


@pytest.fixture
def ada(store: Store) -> Person:
    """A user of a project of her own."""
    return join(store, "research", "ada")


@pytest.fixture(params=BLOBS)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> BlobHouse:
    return BLOBS[request.param](tmp_path)
