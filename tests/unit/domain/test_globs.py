from __future__ import annotations

import fnmatch
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.references import GlobReference, parse


def matches(pattern: str, path: str) -> bool:
    reference = parse(pattern)
    assert isinstance(reference, GlobReference)
    return reference.matches(path)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/data/*.json", "/data/a.json", True),
        ("/data/*.json", "/data/.json", True),
        ("/data/*.json", "/data/sub/a.json", False),
        ("/data/*.json", "/data/a.json.gz", False),
        ("/data/*", "/data/a\nb", True),
        ("/*/a.json", "/data/a.json", True),
        ("/*/a.json", "/a.json", False),
        ("/data/?.txt", "/data/a.txt", True),
        ("/data/?.txt", "/data/大.txt", True),
        ("/data/?.txt", "/data/ab.txt", False),
        ("/data?x*", "/data/x", False),
        ("/data/**", "/data/a", True),
        ("/data/**", "/data/a/b/c", True),
        ("/data/**", "/data", False),
        ("/data/**", "/database/a", False),
        ("/data/**/*.json", "/data/a.json", True),
        ("/data/**/*.json", "/data/b/c/a.json", True),
        ("/data/**/*.json", "/data/b/c/a.csv", False),
        ("/**/x/**/y", "/x/y", True),
        ("/**/x/**/y", "/a/x/b/x/c/y", True),
        ("/**/x/**/y", "/a/y", False),
        ("/**/a/b", "/a/a/b", True),
        ("/**/a/b", "/a/b/b", False),
        ("/data/**.json", "/data/a.json", True),
        ("/data/**.json", "/data/b/a.json", False),
        ("/[abc]x", "/bx", True),
        ("/[a-c]x", "/bx", True),
        ("/[a-c]x", "/-x", False),
        ("/[-a]x", "/-x", True),
        ("/[a-]x", "/-x", True),
        ("/[!a-c]x", "/bx", False),
        ("/[!a-c]x", "/dx", True),
        ("/[^a]x", "/^x", True),
        ("/[]]x", "/]x", True),
        ("/[!]]x", "/ax", True),
        ("/[!]]x", "/]x", False),
        ("/[c-a]x", "/bx", False),
        ("/[!c-a]x", "/bx", True),
        ("/[%5B%2A%25]x", "/[x", True),
        ("/[%5B%2A%25]x", "/*x", True),
        ("/[%5B%2A%25]x", "/5x", False),
        ("/%2A*", "/*a", True),
        ("/%2A*", "/a", False),
        ("/%5Ba]*", "/[a]b", True),
        ("/%3F*", "/?", True),
        ("/a.b*", "/axb", False),
        ("/A*", "/a", False),
        ("/*a*b*c", "/xaxbxc", True),
        ("/*a*b*c", "/xaxcxb", False),
        ("/*ab*ab", "/abab", True),
        ("/*ab*ab", "/ab", False),
    ],
)
def test_wildcards_match_as_in_a_shell_and_stop_at_a_slash(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


PIECES = st.lists(st.sampled_from(["a", "b", ".", "*", "?", "[ab]", "[!a]", "-"]), min_size=1, max_size=8).map("".join)


@given(PIECES.filter(lambda piece: any(c in piece for c in "*?[") and piece != "**"), st.text("ab.-", min_size=1, max_size=8))
def test_within_one_name_patterns_mean_what_they_mean_to_fnmatch(pattern: str, name: str) -> None:
    assert matches("/" + pattern, "/" + name) == fnmatch.fnmatchcase(name, pattern)


def naive(pattern: list[str], names: list[str]) -> bool:
    if not pattern:
        return not names
    if pattern == ["**"]:
        return bool(names)
    if pattern[0] == "**":
        return naive(pattern[1:], names) or (bool(names) and naive(pattern, names[1:]))
    return bool(names) and fnmatch.fnmatchcase(names[0], pattern[0]) and naive(pattern[1:], names[1:])


NAMES = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=6)
FOLDERS = st.lists(st.sampled_from(["a", "b", "*", "**", "?b"]), min_size=1, max_size=6).filter(
    lambda names: any("*" in name or "?" in name for name in names)
)


@given(FOLDERS, NAMES)
def test_two_stars_are_any_number_of_folders(pattern: list[str], names: list[str]) -> None:
    assert matches("/" + "/".join(pattern), "/" + "/".join(names)) == naive(pattern, names)


def test_a_pattern_knows_the_folder_below_which_all_matches_lie() -> None:
    assert parse("/data/x%40/*.json") == GlobReference("/data/x%40/*.json", "/data/x@/")
    assert parse("/da*/x") == GlobReference("/da*/x", "/")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/" + "*a" * 100 + "b", "/" + "a" * 255),
        ("/" + "**/" * 300 + "x", "/a" * 900),
        ("/" + "**/a/" * 100 + "x", "/a" * 900),
        ("/" + "?*" * 100 + "b", "/" + "a" * 250),
    ],
)
def test_no_pattern_makes_the_matching_explode(pattern: str, path: str) -> None:
    steps = 0

    def count(*_: object) -> object:
        nonlocal steps
        steps += 1
        return count

    sys.settrace(count)  # type: ignore[arg-type]
    try:
        assert not matches(pattern, path)
    finally:
        sys.settrace(None)
    assert steps < 2_000_000
