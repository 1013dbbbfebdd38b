"""A pattern of local files means what a shell would put in its place: files, and folders with all that is in them."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from acai_jupyter.client.client import Client
from acai_jupyter.client.local_files import for_lake
from acai_jupyter.domain.errors import FileNotFound, InvalidInput, InvalidPath

NAMES = "one.txt two.txt .hidden a/1 a/.2 a/deep/3 a/cache/4 b/1 b[1]/x .git/config ü%3A/y none.d/.keep"


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "runs"
    for name in NAMES.split():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "a" / ".acaiignore").write_text("cache/\n")
    (root / "latest").symlink_to("b")
    (root / "link.txt").symlink_to("one.txt")
    monkeypatch.chdir(tmp_path)
    return root


def taken(source: object, skipped: list[str] | None = None) -> list[str]:
    with ExitStack() as copies:
        return sorted(file.path.removeprefix("/x/") for file in for_lake(source, "/x/", skipped, copies))  # type: ignore[arg-type]


def expanded(pattern: str) -> list[str]:
    """What a shell hands over."""
    command = ["sh", "-c", f"printf '%s\\0' {pattern}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")[:-1]


@pytest.mark.parametrize(
    "pattern", ["runs/*", "runs/.[!.]*", "runs/[ab]*", "runs/*/", "runs/?*", "./runs/*", "runs/../runs/*", "*/*", "runs/*t*"]
)
def test_a_pattern_is_what_a_shell_hands_over(pattern: str) -> None:
    below = "runs/" if pattern == "*/*" else ""
    given = expanded(pattern)
    assert len(given) > 1
    assert taken(pattern) == sorted(below + path for path in taken(given))


def test_files_and_folders_are_taken_with_all_in_them_but_what_is_hidden_beside_them_or_ignored_in_them() -> None:
    given = "one.txt two.txt link.txt a/1 a/.2 a/deep/3 b/1 b[1]/x latest/1 none.d/.keep ü%3A/y"
    assert taken("runs/*") == sorted(given.split())


def test_a_folder_keeps_its_name_also_where_it_is_the_only_match() -> None:
    assert taken("runs/a*") == ["a/.2", "a/1", "a/deep/3"]


def test_what_stands_in_several_folders_keeps_their_names() -> None:
    assert taken("runs/*/1") == ["a/1", "b/1", "latest/1"]
    assert taken("runs/*/d*") == ["a/deep/3"]


def test_with_two_stars_files_are_meant_at_any_depth_and_no_folders() -> None:
    assert taken("runs/**/1") == ["a/1", "b/1"]
    given = "one.txt two.txt link.txt a/1 a/deep/3 a/cache/4 b/1 b[1]/x ü%3A/y"
    assert taken("runs/**") == sorted(given.split())
    with pytest.raises(FileNotFound, match=r"With \*\* it means files; /\*\* at its end means all below the folders\."):
        taken("runs/**/dee?")
    assert taken("runs/**/dee?/**") == ["a/deep/3"]


@pytest.mark.parametrize("pattern", ["runs/*.csv", "nowhere/*", "runs/one.txt/*", ["runs/a", "runs/*.csv"], "runs/b[2]/*"])
def test_a_pattern_that_matches_nothing_is_an_error(pattern: object) -> None:
    with pytest.raises(FileNotFound, match="There is no file, folder or match of"):
        taken(pattern)


def test_a_pattern_of_folders_without_files_is_nothing_to_upload(runs: Path) -> None:
    (runs / "hollow" / "inside").mkdir(parents=True)
    with pytest.raises(FileNotFound, match="nothing to upload"):
        taken("runs/hol*")


def test_what_is_neither_file_nor_folder_is_left_out_and_told(runs: Path) -> None:
    os.mkfifo(runs / "pipe")
    os.mkfifo(runs / "a" / "pipe")
    (runs / "broken").symlink_to("nowhere")
    skipped: list[str] = []
    assert "one.txt" in taken("runs/*", skipped)
    assert skipped == ["pipe", "broken", "pipe"]


def test_two_matches_for_one_place_are_refused_by_their_names(runs: Path) -> None:
    (runs.parent / "other" / "b").mkdir(parents=True)
    (runs.parent / "other" / "b" / "2").write_text("2")
    (runs.parent / "other" / "one.txt").write_text("another")
    with pytest.raises(InvalidInput, match=r"Two folders of this upload would both be /x/b/: runs/b and other/b\."):
        taken(["runs/*", "other/*"])
    with pytest.raises(InvalidInput, match=r"both be /x/one.txt: .*runs/one.txt and .*other/one.txt\."):
        taken(["runs/*.txt", "other/*.txt"])


@pytest.mark.parametrize("source", ["", [""], {"a": ""}, ["runs/a", ""]])
def test_a_name_that_is_empty_does_not_mean_this_folder(source: object) -> None:
    """As of a variable that is not set: acai put "$DATA" /data/."""
    with pytest.raises(FileNotFound, match="is empty"):
        taken(source)
    assert taken({"a": "runs/one.txt"}) == ["a"]


def test_the_names_in_a_mapping_are_texts_or_paths() -> None:
    assert taken({Path("deep/a"): b"1", "b": b"2"}) == ["b", "deep/a"]
    with pytest.raises(InvalidInput, match="3 is none"):
        taken({3: b"1"})


def test_a_folder_can_not_become_a_file() -> None:
    with pytest.raises(InvalidInput, match="end the destination with '/'"):
        for_lake("runs/b?1*", "/x")
    assert [file.path for file in for_lake("runs/on*", "/x")] == ["/x"]


def test_names_that_can_be_no_path_are_refused_all_at_once(runs: Path) -> None:
    (runs / "a" / "back\\slash").write_text("x")
    (runs / "back\\slash").write_text("x")
    with pytest.raises(InvalidPath, match="2 names can't be paths"):
        taken("runs/*")


def test_an_upload_of_a_pattern_is_one_file_set_of_files_and_folders(client: Client) -> None:
    made = client.files.upload("runs/[ab]", "/patterns/", fileset="Patterns")
    assert repr(made) == "Uploaded 4 files (4 new, 0 unchanged) as Patterns:1"
    assert [file.path for file in client.filesets.files("Patterns")] == [
        f"/patterns/{name}" for name in ("a/.2", "a/1", "a/deep/3", "b/1")
    ]
    again = client.files.upload("runs/[ab]", "/patterns/", fileset="Patterns")
    assert repr(again) == "Uploaded 4 files (0 new, 4 unchanged) as Patterns:1"
