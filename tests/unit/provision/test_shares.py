"""One bound on the cost of many jobs: it is kept, and what it buys is near the best that can be had."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from acai_jupyter.domain.quotes import Option
from acai_jupyter.domain.resources import Resources
from acai_jupyter.provision.shares import share_cost


def option(seconds: float, cost: float) -> Option:
    """An option that takes so long, and surely costs so much."""
    return Option(Resources(1.0, 512), seconds, seconds, seconds, seconds, cost / seconds * 3600, False)


OPTIONS = st.lists(st.builds(option, st.integers(1, 100), st.integers(1, 20)), min_size=1, max_size=4)
ROWS = st.lists(OPTIONS, min_size=1, max_size=3)


@settings(max_examples=150)
@given(ROWS, st.integers(1, 60))
def test_a_bound_is_kept_where_it_can_be_and_else_the_cheapest_is_told(rows: list[list[Option]], bound: int) -> None:
    chosen, met = share_cost(rows, bound)
    least = sum(min(one.sure_cost for one in options) for options in rows)
    spent = sum(one.sure_cost for one in chosen)
    assert all(one in options for one, options in zip(chosen, rows, strict=True))
    assert met == (least <= bound * (1 + 1e-12))
    assert spent <= bound * (1 + 1e-9) if met else abs(spent - least) < 1e-9


@settings(max_examples=150)
@given(ROWS, st.integers(1, 60))
def test_no_choice_within_the_bound_is_faster_by_more_than_one_rows_gain(rows: list[list[Option]], bound: int) -> None:
    chosen, met = share_cost(rows, bound)
    if not met:
        return
    within = [sum(one.seconds for one in every) for every in product(*rows) if sum(one.sure_cost for one in every) <= bound]
    widest = max(max(one.seconds for one in options) - min(one.seconds for one in options) for options in rows)
    assert sum(one.seconds for one in chosen) <= min(within) + widest + 1e-9


def test_the_money_goes_where_a_dollar_saves_most_time() -> None:
    slow, quick = option(100, 1), option(50, 2)
    small, smaller = option(10, 1), option(8, 2)
    assert share_cost([[slow, quick], [small, smaller]], 3) == ([quick, small], True)
    assert share_cost([[slow, quick], [small, smaller]], 4) == ([quick, smaller], True)
    assert share_cost([[slow, quick], [small, smaller]], 1.5) == ([slow, small], False)
