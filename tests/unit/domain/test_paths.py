from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import FilesClash, InvalidPath
from acai_jupyter.domain.paths import check_clashes, check_folder, check_path, check_relative, join

WILD = st.text(st.sampled_from("/.\\\0\n a%2e~") | st.characters(), max_size=20)


@pytest.mark.parametrize("path", ["/a", "/a/b c", "/.hidden", "/a/...", "/ä/大.txt", "/a:b@c%*?[", "/" + "a" * 255, "/%2e%2e/a"])
def test_a_path_is_taken_exactly_as_it_is_written(path: str) -> None:
    assert check_path(path) == path


def test_composed_and_decomposed_letters_are_two_paths() -> None:
    assert check_path("/\u00e9") != check_path("/e\u0301")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "/",
        "/a/",
        "//a",
        "/a//b",
        "/.",
        "/..",
        "/a/../b",
        "/a/./b",
        "/a\\b",
        "/a\0",
        "/a\n",
        "/\x1b[1m",
        "/\x9f",
        "/\ud800",
    ],
)
def test_what_could_leave_its_folder_or_confuse_a_terminal_is_no_path(path: str) -> None:
    with pytest.raises(InvalidPath) as caught:
        check_path(path)
    assert caught.value.message.isprintable()


def test_the_bounds_on_length_count_bytes() -> None:
    assert check_path("/" + "ä" * 127)
    with pytest.raises(InvalidPath, match="256 bytes"):
        check_path("/" + "ä" * 128)
    assert check_path("/aaaaaaaaa" * 200)
    with pytest.raises(InvalidPath, match="at most 2000 bytes"):
        check_path("/aaaaaaaaa" * 199 + "/äaaaaaaaa")


@given(WILD)
def test_no_path_below_a_folder_leaves_it(text: str) -> None:
    try:
        relative = check_relative(text)
    except InvalidPath as error:
        assert error.message.isprintable()
        return
    assert posixpath.normpath("/root/" + relative) == "/root/" + relative
    assert join("/root/", relative) == "/root/" + relative


@pytest.mark.parametrize("folder", ["/", "/a/", "/a/b/"])
def test_a_folder_begins_and_ends_with_a_slash(folder: str) -> None:
    assert check_folder(folder) == folder


@pytest.mark.parametrize("folder", ["", "a/", "/a", "//", "/a//", "/../", "/a/./", "/\0/"])
def test_other_texts_are_no_folders(folder: str) -> None:
    with pytest.raises(InvalidPath):
        check_folder(folder)


@pytest.mark.parametrize("relative", ["", "/a", "a/", "../a", "a/../b", "./a", "a//b", "C:\\a", "a\0"])
def test_a_relative_path_has_no_way_up(relative: str) -> None:
    with pytest.raises(InvalidPath):
        check_relative(relative)


def test_joining_counts_the_whole_path() -> None:
    with pytest.raises(InvalidPath, match="too long"):
        join("/aaaaaaaaa" * 199 + "/", "a" * 50)


@given(st.sets(st.lists(st.sampled_from(["a", "b", "a-", "a0", "ab", "ü"]), min_size=1, max_size=4).map("/".join), max_size=12))
def test_a_clash_is_found_exactly_where_a_path_is_a_folder_of_another(paths: set[str]) -> None:
    clashing = {(one, other) for one in paths for other in paths if other.startswith(f"{one}/")}
    try:
        check_clashes(sorted(paths))
    except FilesClash as error:
        assert any(error.message.startswith(f"{one!r} and {other!r} can't both") for one, other in clashing)
    else:
        assert not clashing
