from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import InvalidPath
from acai_jupyter.domain.path_columns import check_paths, check_relatives
from acai_jupyter.domain.paths import check_path, check_relative

NAMES = st.text(st.sampled_from("ab.") | st.sampled_from("/\\\0\n\x85 é大\ud800"), max_size=6)
PATHS = st.one_of(st.builds(lambda names: "/".join(["", *names]), st.lists(NAMES, max_size=4)), NAMES)
LONG = st.sampled_from(
    ["x" * 64, "x" * 255, "x" * 256, "é" * 127, "é" * 128, "/".join(["x" * 60] * 33), "/".join(["x" * 60] * 32)]
)


def refused(check: Callable[[], object]) -> bool:
    try:
        check()
    except InvalidPath:
        return True
    return False


@given(st.lists(PATHS | LONG.map(lambda path: "/" + path), max_size=5))
def test_paths_are_refused_together_where_one_of_them_is_alone(paths: list[str]) -> None:
    assert refused(lambda: check_paths(paths)) == any(refused(lambda path=path: check_path(path)) for path in paths)


@given(st.lists(PATHS | LONG, max_size=5))
def test_relative_paths_are_refused_together_where_one_of_them_is_alone(paths: list[str]) -> None:
    assert refused(lambda: check_relatives(paths)) == any(refused(lambda path=path: check_relative(path)) for path in paths)


@pytest.mark.parametrize("path", ["/a/", "a", "", "/a\n/b", "/a//b", "/./a", "/a/..", "/\ud800", "/a/" + "x" * 256])
def test_the_path_that_is_refused_is_the_one_that_is_told(path: str) -> None:
    with pytest.raises(InvalidPath) as alone:
        check_path(path)
    with pytest.raises(InvalidPath) as among:
        check_paths(["/good", path, "/also good"])
    assert str(among.value) == str(alone.value)
