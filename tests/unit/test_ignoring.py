"""Patterns of .acaiignore: what they match, in a time that no pattern can stretch, and what is no list of patterns."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pathspec import PathSpec

from acai_jupyter.domain.errors import InvalidInput
from acai_jupyter.ignoring import Rules, is_ignored, parse, read_patterns, with_those_of

LINES = st.text(alphabet="ab*?[]!^-\\/ #.:é\n", min_size=1, max_size=9).map(lambda text: text.replace("\n", ""))
NAMES = st.lists(st.text(alphabet="ab[]!^-\\ #.:é\n\udce9", min_size=1, max_size=4), min_size=1, max_size=4).map("/".join)


def with_pathspec(lines: list[str], name: str) -> bool:
    """The same with pathspec's own regular expressions, which backtrack. Raises what it refuses a pattern with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        patterns: list[Any] = list(PathSpec.from_lines("gitignore", lines).patterns)
    for pattern in reversed(patterns):
        found = None if pattern.include is None else pattern.match_file(name.replace("\n", "\0"))
        text = str(pattern.pattern).rstrip().lstrip("!")
        if found is None:
            continue
        everything = not text.strip("*/") and not text.endswith("/")
        end = found.match.end()
        if everything or (end < len(name) if text.endswith("/**") else end >= len(name.rstrip("/"))):
            return bool(pattern.include)
    return False


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=3), NAMES, st.sampled_from(["", "/"]))
@example(["[[:a]"], "[", "")
@example(["[^[]"], "[", "")
@example(["[]a]"], "]", "")
@example(["[a\\]"], "\\", "")
@example(["a\\[[b-]"], "a[-", "")
@example(["?"], "\udce9", "")
@example(["a/**/b"], "a/a/b", "/")
def test_patterns_match_what_pathspec_matches(lines: list[str], name: str, folder: str) -> None:
    try:
        expected = with_pathspec(lines, name + folder)
    except (ValueError, re.error):
        with pytest.raises(InvalidInput, match="is no pattern"):
            parse(lines)
    else:
        assert is_ignored(name + folder, (Rules("", parse(lines)),)) == expected


@pytest.mark.parametrize("line", ["*a" * 40 + "b", "a*" * 40 + "/b", "**/" + "a/**/" * 40 + "b"])
def test_no_pattern_tries_for_ever(line: str) -> None:
    rules = (Rules("", parse([line])),)
    assert not is_ignored("a" * 255, rules)
    assert not is_ignored("a/" * 900 + "c", rules)


def test_a_folder_of_any_name_takes_its_part_of_the_path_away() -> None:
    rules = (Rules("\udce9é/", parse(["/x"])),)
    assert is_ignored("\udce9é/x", rules)
    assert not is_ignored("\udce9é/y/x", rules)


def test_a_pipe_a_folder_and_a_link_are_no_patterns(tmp_path: Path) -> None:
    file = tmp_path / ".acaiignore"
    os.mkfifo(file)
    with pytest.raises(InvalidInput, match="it is no file"):
        read_patterns(str(file))
    file.unlink()
    file.mkdir()
    with pytest.raises(InvalidInput, match="Is a directory"):
        read_patterns(str(file))
    file.rmdir()
    (tmp_path / "secret").write_text("*.tmp\n")
    file.symlink_to("secret")
    with pytest.raises(InvalidInput, match="links are not followed"):
        read_patterns(str(file))


def test_a_line_that_is_no_pattern_is_named_by_its_number_only(tmp_path: Path) -> None:
    file = tmp_path / ".acaiignore"
    file.write_text("good\nsecret\\\n")
    with pytest.raises(InvalidInput, match="line 2 is no pattern") as refused:
        read_patterns(str(file))
    assert "secret" not in refused.value.message


def test_very_many_patterns_match_as_few_do() -> None:
    lines = [f"{number:06}*.{'x' * 600}" for number in range(2000)] + ["*.tmp"]
    patterns = parse(lines)
    assert patterns.together is None
    assert is_ignored("a.tmp", (Rules("", patterns),))
    assert not is_ignored("a.txt", (Rules("", patterns),))


def test_a_list_has_an_end(tmp_path: Path) -> None:
    file = tmp_path / ".acaiignore"
    file.write_bytes(b"#" * 1024 * 1024)
    assert read_patterns(str(file)).each == ()
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(InvalidInput, match="larger than 1 MiB"):
        read_patterns(str(file))
    file.write_text("a\n" * 10_000)
    with_those_of(str(file), "", ())
    with pytest.raises(InvalidInput, match="more than 10,000"):
        with_those_of(str(file), "b/", (Rules("", parse(["c"])),))
    file.write_text("a\n" * 10_001)
    with pytest.raises(InvalidInput, match="more than 10,000 lines"):
        read_patterns(str(file))
