from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from acai_jupyter.config import load
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.queries import Asker
from acai_jupyter.platform import Platform

ASKER = Asker(datetime(2026, 11, 20, tzinfo=UTC))
LISTED = "in [" + ",".join(["1"] * 500) + "]"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    started = Platform.create(load({"home": str(tmp_path_factory.mktemp("home"))}, {}))
    started.open()
    yield started
    started.close()


@pytest.mark.parametrize("kind", ArtifactKind)
@pytest.mark.parametrize(
    "query",
    [
        "not " * 19 + "job.a == 1",
        "not (b == 1 or " * 9 + "not job.a in [1, 2]" + ")" * 9,
        "not (b == 1 and (c == 1 or " * 6 + "not has(job.a)" + "))" * 6,
        "(b == 1 and (c == 1 or " * 10 + "isnan(job.a)" + "))" * 10,
        " and ".join(["job.a == 1"] * 200),
        " or ".join([f"a {LISTED}", *["job.cost == 1"] * 199]),
    ],
    ids=["nots", "nots of ors", "nots of ands of ors", "brackets", "and", "or and a list"],
)
def test_the_largest_query_that_is_read_can_be_asked(platform: Platform, kind: ArtifactKind, query: str) -> None:
    who = platform.access.owner("default", "me")
    columns = platform.metadata.find(who, kind, query, ASKER, order_by=["-a"], columns=["a"], latest=True)
    assert [column.values for column in columns if column.name == "a"] == [[]]
