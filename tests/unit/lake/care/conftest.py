from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.lake import Lake


@pytest.fixture
def lake(store_url: str, tmp_path: Path) -> Iterator[Lake]:
    made = Lake(tmp_path, store_url)
    yield made
    made.store.close()
