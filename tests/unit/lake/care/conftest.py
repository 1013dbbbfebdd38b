from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.lake import Lake

from acai_jupyter.backends.by_url import store_by_url


@pytest.fixture
def lake(store_url: str, tmp_path: Path) -> Iterator[Lake]:
    store = store_by_url(store_url, lambda changed: None)
    yield Lake(tmp_path, store_url, store)
    store.close()
