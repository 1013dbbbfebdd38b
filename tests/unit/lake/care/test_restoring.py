"""Bringing back what was hidden: in one call every path means again what it meant before its tombstones."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.lake import Lake

from acai_jupyter.domain.access import JobScope, Principal, TokenKind
from acai_jupyter.domain.errors import FileNotFound, Forbidden, IdempotencyKeyReused, InvalidReference
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.ids import new_id
from acai_jupyter.lake import deletion

X = "/data/x"
STEPS = st.lists(st.sampled_from(["put", "rm", "rm version", "restore"]), min_size=1, max_size=10)


def back(lake: Lake, reference: str, since: int = 0) -> int:
    return lake.deletions.restore_files(lake.owner, reference, since).count


def kinds(lake: Lake, path: str) -> list[str]:
    return [f"{file.version} {file.kind}" for file in lake.files.versions(lake.owner, path, 0, 1000, deleted=True)]


def test_a_folder_comes_back_as_it_was(lake: Lake) -> None:
    lake.put({X: b"1", "/data/deep/y": b"y", "/data-2": b"other", "/left": b"l"})
    lake.put({X: b"2"})
    before = lake.ls()
    lake.rm("/data/", recursive=True)
    lake.rm("/data-2")
    lake.put({"/data/new": b"n"})
    assert back(lake, "/data/") == 2
    assert lake.ls() == sorted([*(one for one in before if "data-2" not in one), "/data/new:1"])
    assert lake.fsck() == []


def test_a_path_and_a_pattern_come_back_alone(lake: Lake) -> None:
    lake.put({"/a/1.txt": b"1", "/a/b/2.txt": b"2", "/a/3.csv": b"3"})
    lake.rm("/a/", recursive=True)
    assert back(lake, "/a/*.txt") == 1
    assert lake.ls() == ["/a/1.txt:1"]
    done = lake.deletions.restore_files(lake.owner, "/a/3.csv")
    assert (done.count, done.version, done.more) == (1, 1, False)
    assert back(lake, "/") == 1
    assert lake.ls() == ["/a/1.txt:1", "/a/3.csv:1", "/a/b/2.txt:1"]


def test_numbers_go_on_behind_what_was_brought_back(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    back(lake, X)
    lake.put({X: b"1"})
    assert lake.ls(X) == [f"{X}:1"], "the same bytes are the latest version"
    lake.put({X: b"2"})
    assert lake.numbers(X) == [1, 3]
    assert kinds(lake, X) == ["1 data", "2 deleted", "3 data"]


def test_all_versions_tell_tombstones_and_marks_by_their_kinds(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.put({X: b"2"})
    lake.rm(f"{X}:1")
    lake.rm(X)
    assert kinds(lake, X) == ["1 deleted", "2 data", "3 tombstone"]
    assert lake.numbers(X) == [2]
    assert [file.kind for file in lake.files.versions(lake.owner, X, 2, 1, deleted=True)] == [VersionKind.TOMBSTONE]


def test_tombstones_on_tombstones_all_go(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    lake.put({X: b"3"})
    lake.rm(X)
    lake.rm(f"{X}:3")
    assert back(lake, "/data/") == 1
    assert lake.ls(X) == [f"{X}:1"]
    assert kinds(lake, X) == ["1 data", "2 deleted", "3 deleted", "4 deleted"]


def test_what_has_no_version_left_stays_hidden(lake: Lake) -> None:
    lake.put({X: b"1", "/data/y": b"y"})
    lake.rm("/data/", recursive=True)
    lake.rm(f"{X}:1")
    assert back(lake, "/data/") == 1
    with pytest.raises(FileNotFound, match=f"Nothing of {X} is hidden"):
        back(lake, X)


def test_what_was_hidden_before_stays_hidden(lake: Lake) -> None:
    lake.put({X: b"1", "/data/y": b"y"})
    lake.rm("/data/y")
    (hidden,) = lake.files.versions(lake.owner, "/data/y", 1, 10, deleted=True)
    lake.rm(X)
    assert back(lake, "/data/", hidden.created_at + 1) == 1
    assert lake.ls() == [f"{X}:1"]
    with pytest.raises(FileNotFound, match="since then"):
        back(lake, "/data/y", hidden.created_at + 1)
    assert back(lake, "/data/y", hidden.created_at) == 1


@pytest.mark.parametrize("reference", ["/", "/nothing/", X, "/*"])
def test_where_nothing_is_hidden_nothing_comes_back(lake: Lake, reference: str) -> None:
    lake.put({X: b"1"})
    with pytest.raises(FileNotFound, match="Nothing of"):
        back(lake, reference)


@pytest.mark.parametrize("reference", [f"{X}:1", f"{X}@Hot", "@Hot", "/data/@Hot"])
def test_versions_and_file_sets_are_not_restored(lake: Lake, reference: str) -> None:
    with pytest.raises(InvalidReference):
        back(lake, reference)


@pytest.mark.parametrize("reference", ["/a/", "/a/*"])
def test_many_come_back_in_calls_that_say_that_there_are_more(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    lake.put({f"/a/{number}": b"x" for number in range(5)} | {"/a/b/c": b"deep"})
    lake.rm("/a/", recursive=True)
    monkeypatch.setattr(deletion, "MOST_FILES_A_CALL", 2)
    done = [lake.deletions.restore_files(lake.owner, reference) for _ in range(3)]
    last = (2, False) if reference == "/a/" else (1, False)
    assert [(one.count, one.more) for one in done] == [(2, True), (2, True), last]


def test_a_repeated_call_brings_back_nothing_more_than_the_first(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    first = lake.deletions.restore_files(lake.owner, "/data/", key="k")
    lake.rm(X)
    assert lake.deletions.restore_files(lake.owner, "/data/", key="k") == first
    assert lake.ls(X) == []
    with pytest.raises(IdempotencyKeyReused):
        lake.deletions.restore_files(lake.owner, "/other/", key="k")
    with pytest.raises(IdempotencyKeyReused):
        lake.deletions.delete_files(lake.owner, "/data/", recursive=True, key="k")


def test_others_and_readers_bring_nothing_back(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    who = lake.user("bob")
    for kind in (TokenKind.LAKE, TokenKind.AGENT):
        own = Principal(who.project_id, who.project_name, who.user_id, who.user_name, who.role, kind, JobScope(new_id(), 1, 0))
        with pytest.raises(Forbidden):
            lake.deletions.restore_files(own, X)
    _, token = lake.access.create_project(lake.owner, "elsewhere", "eve")
    with pytest.raises(FileNotFound):
        lake.deletions.restore_files(lake.access.authenticate(token), "/")
    assert lake.deletions.restore_files(who, X).count == 1


def test_a_restoration_is_told_of(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    back(lake, X)
    assert lake.told()[-2:] == [EventKind.FILES_DELETED, EventKind.FILES_RESTORED]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.randoms(use_true_random=False))
def test_a_path_means_the_highest_number_that_holds_data_or_is_hidden(lake: Lake, steps: list[str], random: object) -> None:
    """Against a model: a list of what stands at every number."""
    path = f"/model/{new_id().hex}"
    model: list[str] = []

    def there() -> list[int]:
        return [number for number, kind in enumerate(model, 1) if kind != "deleted"]

    for step in steps:
        last = there()[-1] if there() else 0
        hidden = bool(last) and model[last - 1] == "tombstone"
        data = [number for number in there() if model[number - 1] == "data"]
        if step == "put":
            lake.put({path: str(len(model)).encode()})
            model.append("data")
        elif step == "rm" and last and not hidden:
            lake.rm(path)
            model.append("tombstone")
        elif step == "rm version" and there():
            gone = random.choice(there())  # type: ignore[attr-defined]
            lake.rm(f"{path}:{gone}")
            model[gone - 1] = "deleted"
        elif step == "restore" and hidden and data:
            assert back(lake, path) == 1
            model[data[-1] :] = ["deleted"] * (len(model) - data[-1])
    assert kinds(lake, path) == [f"{number} {kind}" for number, kind in enumerate(model, 1)] if model else True
    alive = there() and model[there()[-1] - 1] == "data"
    assert lake.ls(path) == ([f"{path}:{there()[-1]}"] if alive else [])
