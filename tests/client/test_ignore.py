"""Which files of a folder an upload takes: what .acaiignore says, as git would read it, and what links lead to."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acai_jupyter.client.local_files import for_code, for_lake
from acai_jupyter.domain.errors import FileNotFound, InvalidInput, InvalidPath
from acai_jupyter.folders import walk


def make(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def taken(folder: Path) -> list[str]:
    return [found.name for found in walk(folder)]


def test_every_file_below_is_found_in_a_stable_order_with_its_state(tmp_path: Path) -> None:
    make(tmp_path, "b", "a/z", "a/y/x", ".hidden")
    assert taken(tmp_path) == [".hidden", "b", "a/z", "a/y/x"]
    found = next(one for one in walk(tmp_path) if one.name == "a/z")
    state = (tmp_path / "a/z").stat()
    assert found.path == str(tmp_path / "a/z")
    assert (found.stamp.size, found.stamp.written_ns, found.stamp.inode) == (3, state.st_mtime_ns, state.st_ino)


def test_patterns_exclude_files_and_whole_folders(tmp_path: Path) -> None:
    make(tmp_path, "data.csv", "data.tmp", "deep/er/x.tmp", "cache/a", "deep/cache/b", "top.txt", "deep/top.txt")
    (tmp_path / ".acaiignore").write_text("# what nobody needs\n*.tmp\ncache/\n/top.txt\n\n")
    assert taken(tmp_path) == ["data.csv", "deep/top.txt"]


def test_a_pattern_can_include_again_but_not_below_an_excluded_folder(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "keep.log", "out/keep.log")
    (tmp_path / ".acaiignore").write_text("*.log\n!keep.log\nout/\n")
    assert taken(tmp_path) == ["keep.log"]


def test_a_folder_that_is_included_again_brings_nothing_back_that_is_excluded_by_name(tmp_path: Path) -> None:
    make(tmp_path, "a", "sub/a", "sub/b")
    (tmp_path / ".acaiignore").write_text("a\n!sub\n")
    assert taken(tmp_path) == ["sub/b"]


def test_a_lower_folder_has_the_last_word_below_itself(tmp_path: Path) -> None:
    make(tmp_path, "a.csv", "sub/b.csv", "sub/c.txt", "sub/deep/d.txt")
    (tmp_path / ".acaiignore").write_text("*.csv\n")
    (tmp_path / "sub/.acaiignore").write_text("!b.csv\n/c.txt\n")
    assert taken(tmp_path) == ["sub/b.csv", "sub/deep/d.txt"]


def test_the_lake_and_a_jobs_code_take_the_same_files(tmp_path: Path) -> None:
    make(tmp_path, "train.py", "big.bin", ".git/config")
    (tmp_path / ".acaiignore").write_text("*.bin\n")
    assert [file.path for file in for_code(tmp_path)] == ["train.py"]
    assert [file.path for file in for_lake(tmp_path, "/code/")] == ["/code/train.py", "/code/.git/config"]


def test_a_file_that_is_named_itself_is_taken_whatever_patterns_say(tmp_path: Path) -> None:
    make(tmp_path, "a.tmp")
    (tmp_path / ".acaiignore").write_text("*.tmp\n")
    assert [file.path for file in for_lake(tmp_path / "a.tmp", "/x/")] == ["/x/a.tmp"]
    with pytest.raises(FileNotFound, match="nothing to upload"):
        for_lake(tmp_path, "/x/")


def test_patterns_that_can_not_be_read_are_refused_by_the_name_of_their_file(tmp_path: Path) -> None:
    make(tmp_path, "a")
    (tmp_path / ".acaiignore").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match=r"\.acaiignore can't be read"):
        taken(tmp_path)


def test_links_are_followed_to_files_in_the_folder_only(tmp_path: Path) -> None:
    make(tmp_path / "in", "real", "sub/x")
    (tmp_path / "in/link").symlink_to("real")
    (tmp_path / "in/circle").symlink_to(".")
    (tmp_path / "in/broken").symlink_to("nowhere")
    assert taken(tmp_path / "in") == ["link", "real", "sub/x"]
    make(tmp_path, "secret")
    (tmp_path / "in/out").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidPath, match="a link out of"):
        taken(tmp_path / "in")


def test_folders_may_lie_in_each_other_more_deeply_than_calls_can(tmp_path: Path) -> None:
    make(tmp_path, "/".join(["d"] * 300) + "/x")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 120)
    try:
        assert [name.count("/") for name in taken(tmp_path)] == [300]
    finally:
        sys.setrecursionlimit(limit)


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    make(tmp_path, "real", "sub/x", "no/y")
    (tmp_path / "circle").symlink_to(".")
    (tmp_path / "sub/broken").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "no/pipe")
    (tmp_path / ".acaiignore").write_text("no/\n")
    skipped: list[str] = []
    assert [found.name for found in walk(tmp_path, skipped=skipped)] == ["real", "sub/x"]
    assert skipped == ["circle", "pipe", "sub/broken"]


NAMES = ["a", "b.tmp", "sub/a", "sub/b.tmp", "sub/deep/a", "sub/deep/c d", "other/sub/a", "[x]", "other/*"]
LINES = """* !* *.tmp !b.tmp /a a sub/ sub !sub/ sub/* **/deep other/** **/a !/sub/a sub/**/a c?d \\[x] [[]x] [a-b]* ? deep/
!sub/deep #a \\#a other/\\*"""
PATTERNS = st.lists(st.sampled_from(LINES.split()), max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PATTERNS, PATTERNS)
def test_git_would_take_the_same_files(tmp_path_factory: pytest.TempPathFactory, above: list[str], below: list[str]) -> None:
    folder = make(tmp_path_factory.mktemp("tree"), *NAMES)
    for name in (".acaiignore", ".gitignore"):
        (folder / name).write_text("\n".join(above) + "\n")
        (folder / "sub" / name).write_text("\n".join(below) + "\n")
    listing = ["git", "-c", "core.excludesFile=", "ls-files", "--others", "--exclude-standard", "-z"]
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    told = subprocess.run(listing, cwd=folder, check=True, capture_output=True, text=True).stdout.split("\0")
    expected = {name for name in told if name and not name.endswith(("ignore",))}
    assert {name for name in taken(folder) if not name.startswith(".git/") and not name.endswith("ignore")} == expected
