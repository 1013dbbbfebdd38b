"""Contents counted beside the database: exactly, and in memory that does not grow with them."""

from __future__ import annotations

import tracemalloc
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.backends.sql.scratch import CountedContents

DIGESTS = st.binary(min_size=1, max_size=2)


@given(st.lists(st.lists(DIGESTS, max_size=20), max_size=4))
def test_every_content_is_counted_as_often_as_it_was_met_and_its_bytes_once(batches: list[list[bytes]]) -> None:
    with CountedContents() as contents:
        for batch in batches:
            contents.add((digest, digest[0]) for digest in batch)
        counts = Counter(digest for batch in batches for digest in batch)
        assert {digest: count for some in contents for digest, count in some.items()} == counts
        assert contents.size() == sum(digest[0] for digest in counts)


def test_memory_does_not_grow_with_the_number_of_contents() -> None:
    def peak(number: int) -> int:
        tracemalloc.start()
        with CountedContents() as contents:
            contents.add((at.to_bytes(33, "big"), 1) for at in range(number))
            assert sum(map(len, contents)) == number
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(60_000) < 1.5 * peak(12_000)
