"""Columns for one statement: every value arrives as it was, or the columns are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.backends.sql.packed_columns import pack

WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Sequence[Any]]:
    count, width = draw(st.integers(1, 12)), draw(st.integers(1, 40))

    def some(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=count, max_size=count))

    first = draw(st.integers(0, 2**40))
    found = {"position": range(first, first + count), "path": some(TEXT), "size": some(WHOLE), "flag": some(st.booleans())}
    return {**found, "digest": some(st.binary(min_size=width, max_size=width)), "same": [draw(WHOLE)] * count}


@given(columns())
def test_every_value_arrives_as_it_was(given: dict[str, Sequence[Any]]) -> None:
    packed = pack(given)
    assert packed is not None
    with closing(sqlite3.connect(":memory:")) as database:
        rows = database.execute(f"SELECT {', '.join(packed.expressions)} FROM json_each(?)", packed.parameters).fetchall()
    assert rows == list(zip(*given.values(), strict=True))


@pytest.mark.parametrize(
    "other",
    [
        {"digest": [b"1", None]},
        {"digest": [b"1", b"22"]},
        {"digest": [None, None]},
        {"size": [1, 1.5]},
        {"url": ["a", "b"]},
        {"url": ["a", None]},
    ],
)
def test_values_of_several_kinds_or_lengths_take_the_long_way(other: dict[str, list[Any]]) -> None:
    assert pack({"path": ["/a", "/b"], **other}) is None


def test_rows_without_a_text_take_the_long_way() -> None:
    assert pack({"first": [1, 2], "count": [1, 2]}) is None
