"""Items that are taken while those before are worked on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from support.waiting import wait_for

from acai_agent.parallel import ahead


def test_they_come_in_order_and_are_seen_when_they_are_taken() -> None:
    seen: list[int] = []
    assert list(ahead(iter(range(100)), 3, seen.append)) == seen == list(range(100))


def test_what_is_raised_while_they_are_taken_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no second one")

    found = ahead(items(), 5, lambda _: None)
    assert next(found) == 1
    with pytest.raises(ValueError, match="no second one"):
        next(found)


def test_no_more_than_so_many_are_taken_ahead_and_none_once_nobody_is_left() -> None:
    taken: list[int] = []
    found = ahead(iter(range(1000)), 2, taken.append)
    assert next(found) == 0
    found.close()  # type: ignore[attr-defined]
    wait_for(lambda: not any(thread.name == "acai-ahead" for thread in threading.enumerate()))
    assert len(taken) < 10
