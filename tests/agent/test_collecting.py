"""Python looks for circles of objects less often while many small ones come and go, and as it did afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from acai_agent.collecting import rarely_collected

USUAL = (700, 10, 10)


@pytest.fixture(autouse=True)
def threshold() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*USUAL)
    yield
    gc.set_threshold(*before)


def test_circles_are_looked_for_less_often_until_the_work_ends_however_it_ends() -> None:
    with pytest.raises(ZeroDivisionError), rarely_collected():
        assert gc.get_threshold() == (50_000, 10, 10)
        raise ZeroDivisionError
    assert gc.get_threshold() == USUAL


def test_works_that_overlap_end_it_together() -> None:
    first, second = rarely_collected(), rarely_collected()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] > USUAL[0]
    second.__exit__(None, None, None)
    assert gc.get_threshold() == USUAL


@pytest.mark.parametrize("chosen", [0, 200_000])
def test_who_never_looks_for_circles_or_hardly_ever_is_left_alone(chosen: int) -> None:
    gc.set_threshold(chosen, 10, 10)
    with rarely_collected():
        assert gc.get_threshold()[0] == chosen
    assert gc.get_threshold()[0] == chosen


def test_what_somebody_sets_meanwhile_stays() -> None:
    with rarely_collected():
        gc.set_threshold(1234)
    assert gc.get_threshold()[0] == 1234
