"""Uploading a folder again that has changed a little: only that is declared, and all rules hold as if everything were."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.client.files import Upload
from acai_jupyter.client.local_files import for_lake
from acai_jupyter.client.stat_cache import StatCache, place_mark
from acai_jupyter.client.trees import Tree
from acai_jupyter.domain.errors import FileNotFound, InvalidPath

LATER = 10**10
"""Nanoseconds after which a file that was written just now counts as left alone."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    for name in ("a/0", "a/1", "a/2", "b/0", "b/1", "c"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StatCache:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return StatCache()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.client() as found:
        yield found
        with suppress(FileNotFound):
            found.files.delete("/tree/", recursive=True)


def upload(client: Client, cache: StatCache, tree: Path) -> Upload:
    """Upload, and note what would be noted if the files had not been written just now."""
    made = client.files.upload(tree, "/tree/", fileset="Tree")
    seen = for_lake(tree, "/tree/")
    assert isinstance(seen, Tree)
    place = place_mark(client.files.transport.identity, "Tree", tree=seen)
    cache.note_base(place, made.id, seen, time.time_ns() + LATER, None)
    return made


def declared(client: Client, made: Upload) -> int:
    count: int = client.files.transport.get(f"/uploads/{made.id}")["file_count"]
    return count


def in_set(client: Client, made: Upload) -> list[str]:
    assert made.fileset is not None
    return [file.path for file in client.filesets.files(made.fileset.reference)]


def test_only_what_changed_is_declared_and_the_set_holds_everything(client: Client, cache: StatCache, tree: Path) -> None:
    first = upload(client, cache, tree)
    (tree / "a/1").write_text("changed")
    (tree / "b/new").write_text("new")
    second = client.files.upload(tree, "/tree/", fileset="Tree")
    assert declared(client, second) == 2
    assert in_set(client, second) == sorted([*in_set(client, first), "/tree/b/new"])
    assert client.files.open("/tree/a/1@Tree").read() == b"changed"
    assert client.files.open("/tree/a/1@" + first.fileset.reference).read() == b"a/1"  # type: ignore[union-attr]


def test_its_files_are_told_as_if_all_had_been_declared(client: Client, cache: StatCache, tree: Path) -> None:
    before = {file.path: file.version for file in upload(client, cache, tree).files}
    (tree / "a/1").write_text("changed")
    (tree / "c").unlink()
    upload(client, cache, tree)
    (tree / "b/0").write_text("changed too")
    made = client.files.upload(tree, "/tree/", fileset="Tree")
    assert {file.path: (file.version - before[file.path], file.unchanged) for file in made.files} == {
        "/tree/a/0": (0, True),
        "/tree/a/1": (1, True),
        "/tree/a/2": (0, True),
        "/tree/b/0": (1, False),
        "/tree/b/1": (0, True),
    }
    assert repr(made) == f"Uploaded 5 files (1 new, 4 unchanged) as {made.fileset}"


def test_what_is_gone_from_the_folder_is_not_in_the_set(client: Client, cache: StatCache, tree: Path) -> None:
    upload(client, cache, tree)
    (tree / "a/1").unlink()
    (tree / "b/0").unlink()
    (tree / "b/1").unlink()
    (tree / "b").rmdir()
    made = client.files.upload(tree, "/tree/", fileset="Tree")
    assert declared(client, made) == 0
    assert in_set(client, made) == ["/tree/a/0", "/tree/a/2", "/tree/c"]


def test_where_somebody_changed_the_lake_everything_is_declared(client: Client, cache: StatCache, tree: Path) -> None:
    upload(client, cache, tree)
    client.files.upload(b"somebody else", "/tree/a/0")
    (tree / "a/1").write_text("changed")
    made = client.files.upload(tree, "/tree/", fileset="Tree")
    assert declared(client, made) == 6
    assert client.files.open("/tree/a/0").read() == b"a/0"


def test_a_file_written_just_before_the_upload_is_declared_again(client: Client, cache: StatCache, tree: Path) -> None:
    """Another write within the same tick of the clock would leave the same state."""
    upload(client, cache, tree)
    (tree / "a/1").write_text("changed")
    assert declared(client, client.files.upload(tree, "/tree/", fileset="Tree")) == 1
    (tree / "a/2").write_text("changed too")
    assert declared(client, client.files.upload(tree, "/tree/", fileset="Tree")) == 2


def test_another_destination_is_another_tree(client: Client, cache: StatCache, tree: Path) -> None:
    upload(client, cache, tree)
    (tree / "a/1").write_text("changed")
    made = client.files.upload(tree, "/tree/below/", fileset="Tree")
    assert declared(client, made) == 6
    assert len(in_set(client, made)) == 6


NAMES = st.sampled_from(["0", "1", "ü", "a/0", "a/1", "a/b/0", "a/b/emoji 🎉", "z/0"])
CONTENTS = st.dictionaries(NAMES, st.sampled_from(["", "x", "yy"]), min_size=1)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=CONTENTS, after=CONTENTS)
def test_what_differs_is_what_was_written_since_and_what_is_gone(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, str], after: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    write(folder, before)
    seen = Tree(folder, "/t/").seen(time.time_ns() + LATER)
    for name in before.keys() - after.keys():
        (folder / name).unlink()
    written = {name: text for name, text in after.items() if before.get(name) != text}
    write(folder, written)
    now = Tree(folder, "/t/")
    changes = now.since(seen)
    assert {file.path for file in changes.files} == {f"/t/{name}" for name in written}
    assert set(changes.removed) == {f"/t/{name}" for name in before.keys() - after.keys()}
    assert now.since(now.seen(time.time_ns() + LATER)) == ([], [])
    assert len(now.since(now.seen(0)).files) == len(now) == len(after)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_a_tree_is_a_sequence_of_its_files_with_their_states(tree: Path) -> None:
    files = Tree(tree, "/t/")
    assert [file.path for file in files] == ["/t/c", "/t/a/0", "/t/a/1", "/t/a/2", "/t/b/0", "/t/b/1"]
    assert [files[at] for at in range(-6, 6)] == 2 * list(files)
    assert files[1:4] == list(files)[1:4]
    assert all(file.stamp is not None and file.stamp.inode == os.stat(file.source).st_ino for file in files)  # noqa: PTH116
    with pytest.raises(IndexError):
        files[6]


@pytest.mark.parametrize("name", ["back\\slash", "bell\x07", "half\udcff"])
def test_a_name_that_no_path_may_have_is_refused(tree: Path, name: str) -> None:
    (tree / "a" / name).write_text("x")
    with pytest.raises(InvalidPath):
        Tree(tree, "/t/")
