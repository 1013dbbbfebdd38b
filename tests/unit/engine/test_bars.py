"""Which of several progress bars tells of the whole."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.engine.bars import MAYBE_OF_MANY, Bar, follow

Shown = Iterator[tuple[float, float]]


def nested(outer: int, inner: int, outer_first: bool) -> Shown:
    """Inner bars from their beginning to their end, within an outer one."""
    for done in range(outer + 1):
        if outer_first or done:
            yield done, outer
        if done < outer:
            yield from ((step, inner) for step in range(inner + 1))


@given(st.integers(2, 8), st.integers(2, 8), st.booleans(), st.data())
def test_the_outer_bar_is_followed_whichever_is_shown_first(
    outer: int, inner: int, outer_first: bool, data: st.DataObject
) -> None:
    if outer == inner:
        inner += 1
    shown = list(nested(outer, inner, outer_first))
    # Once it has been shown beside an inner one that began after it.
    least = 2 if outer_first else 2 * (inner + 1) + 1
    seen = data.draw(st.integers(min(least, len(shown)), len(shown)))
    bar = follow(None, shown[:seen])
    assert bar is not None
    assert (bar.total, bar.restarts) == (outer, 0)
    assert bar.done == max((done for done, total in shown[:seen] if total == outer), default=0)


@given(st.integers(2, 8), st.integers(2, 8), st.integers(2, 4), st.data())
def test_piece_by_piece_comes_to_the_same(outer: int, inner: int, rounds: int, data: st.DataObject) -> None:
    shown = [*nested(outer, inner, outer_first=True)] * rounds
    cut = data.draw(st.integers(0, len(shown)))
    bar, whole = follow(follow(None, shown[:cut]), shown[cut:]), follow(None, shown)
    assert bar is not None
    assert whole is not None
    assert (bar.done, bar.total, bar.restarts) == (whole.done, whole.total, whole.restarts)


def test_bars_one_after_the_other_say_nothing_of_the_whole() -> None:
    train, test = [(step, 9) for step in range(10)], [(step, 4) for step in range(5)]
    for bars in ([*train, *train], [*train, *test], [*train, *test, *train]):
        bar = follow(None, bars)
        assert bar is not None
        assert bar.restarts != 0


def test_an_outer_bar_that_begins_anew_is_one_of_many_however_many_it_has_within() -> None:
    bar = follow(None, [*nested(3, 5, outer_first=True), *nested(3, 5, outer_first=True)])
    assert bar is not None
    assert (bar.total, bar.restarts) == (3, 1)


def test_a_bar_that_was_left_gives_way_to_the_one_that_goes_on() -> None:
    left = Bar(3, 10)
    assert follow(left, [(1, 50)]) == left
    assert follow(left, [(1, 50), (2, 50)], is_stale=True) == Bar(2, 50, MAYBE_OF_MANY, anew=True)
    assert follow(left, [(4, 10), (1, 50)], is_stale=True) == Bar(4, 10)
