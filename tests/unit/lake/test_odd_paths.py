"""Odd names are names as others, whatever the database makes of equal and of before: each has versions of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.lake import Lake
from support.odd_names import FILES

from acai_jupyter.backends.by_url import store_by_url
from acai_jupyter.domain.references import escape

CONTENTS = {f"/odd/{name}": content.encode() for name, content in FILES.items()}
ALIKE = [
    ("Case", "case", "CASE"),
    ("\u00e9", "e\u0301"),
    ("größe", "gro\u0308ße"),
    ("ﬁ", "fi"),
    ("a", "a ", "a\u200b"),
    ("0", "٠"),
]


@pytest.fixture
def lake(store_url: str, tmp_path: Path) -> Iterator[Lake]:
    store = store_by_url(store_url, lambda changed: None)
    yield Lake(tmp_path, store_url, store)
    store.close()


def test_they_are_listed_in_the_order_of_their_code_points_and_held_by_file_sets(lake: Lake) -> None:
    lake.put(CONTENTS)
    lake.make("Odd", "/odd/")
    for reference in ("/odd/", "@Odd"):
        assert lake.ls(reference) == [f"{path}:1" for path in sorted(CONTENTS)]
    for path, content in CONTENTS.items():
        assert lake.content(escape(path)) == lake.content(f"{escape(path)}@Odd:1") == content
        assert lake.numbers(escape(path)) == [1]
    assert lake.fsck() == []


def test_names_that_look_alike_have_versions_of_their_own(lake: Lake) -> None:
    for names in ALIKE:
        for number, name in enumerate(names, 1):
            for version in range(number):
                lake.put({f"/{name}": f"{name} {version}".encode()})
        for number, name in enumerate(names, 1):
            assert lake.numbers(escape(f"/{name}")) == list(range(1, number + 1))
            assert lake.content(escape(f"/{name}")) == f"{name} {number - 1}".encode()
        lake.rm(escape(f"/{names[0]}"))
    left = [(f"/{name}", number) for names in ALIKE for number, name in enumerate(names[1:], 2)]
    assert lake.ls() == [f"{name}:{number}" for name, number in sorted(left)]
