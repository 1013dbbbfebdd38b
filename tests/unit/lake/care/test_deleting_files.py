"""Deleting files: tombstones hide paths, marks stay where versions were, and numbers are never used again."""

from __future__ import annotations

import pytest
from support.lake import Lake

from acai_jupyter.domain.access import JobScope, Principal, Role, TokenKind
from acai_jupyter.domain.errors import FileNotFound, Forbidden, IdempotencyKeyReused, InvalidReference, InvalidRequest, StillUsed
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.ids import new_id
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.positions import read_position
from acai_jupyter.domain.queries import And
from acai_jupyter.lake import deletion

X = "/data/x"


def test_a_deleted_path_does_not_exist_and_its_versions_stay(lake: Lake) -> None:
    lake.put({X: b"1", "/data/y": b"y"})
    assert lake.rm(X) == (1, 2)
    assert lake.ls() == ["/data/y:1"]
    assert lake.ls(X) == []
    assert lake.ls(f"{X}:1") == [f"{X}:1"]
    assert lake.numbers(X) == [1]


def test_an_upload_brings_a_deleted_path_back_under_the_next_number(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    lake.put({X: b"1"})
    assert lake.ls(X) == [f"{X}:3"]
    assert lake.numbers(X) == [1, 3]


def test_a_deleted_path_can_not_be_deleted_again(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    with pytest.raises(FileNotFound):
        lake.rm(X)
    lake.put({X: b"2"})
    assert lake.numbers(X) == [1, 3]


def test_deleting_the_tombstone_brings_the_path_back(lake: Lake) -> None:
    lake.put({X: b"1"})
    _, tombstone = lake.rm(X)
    lake.rm(f"{X}:{tombstone}")
    assert lake.ls(X) == [f"{X}:1"]
    lake.put({X: b"1"})
    assert lake.ls(X) == [f"{X}:1"], "the same bytes are the latest version, which is version 1 again"
    lake.put({X: b"2"})
    assert lake.numbers(X) == [1, 3]


def test_the_tombstone_is_named_as_long_as_it_hides_something(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    with pytest.raises(FileNotFound, match=f"is hidden.* delete {X}:2 to bring it back"):
        lake.rm(X)
    lake.rm(f"{X}:1")
    with pytest.raises(FileNotFound, match=f"There is no file {X} "):
        lake.rm(X)


def test_without_its_latest_version_a_path_means_the_one_before(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.put({X: b"2"})
    lake.rm(f"{X}:2")
    assert lake.ls(X) == [f"{X}:1"]
    assert lake.ls(f"{X}:2") == []
    lake.put({X: b"3"})
    assert lake.numbers(X) == [1, 3]


def test_a_path_without_any_version_left_does_not_exist_and_goes_on_numbering(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(f"{X}:1")
    assert lake.ls() == lake.numbers(X) == []
    with pytest.raises(FileNotFound):
        lake.rm(X)
    lake.put({X: b"1"})
    assert lake.ls() == [f"{X}:2"]


def test_a_version_before_a_tombstone_is_deleted_and_the_path_stays_hidden(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.put({X: b"2"})
    lake.rm(X)
    lake.rm(f"{X}:2")
    assert lake.ls(X) == []
    lake.rm(f"{X}:3")
    assert lake.ls(X) == [f"{X}:1"]


@pytest.mark.parametrize("version", [2, 3, 9])
def test_what_was_never_there_or_is_gone_can_not_be_deleted(lake: Lake, version: int) -> None:
    lake.put({X: b"1"})
    lake.put({X: b"2"})
    lake.rm(f"{X}:2")
    with pytest.raises(FileNotFound, match=f"{X}:{version}"):
        lake.rm(f"{X}:{version}")


def test_a_version_that_file_sets_hold_stays_and_the_message_names_them(lake: Lake) -> None:
    lake.put({X: b"1", "/other": b"o"})
    lake.make("Hot", X)
    lake.make("Other", "/other")
    lake.put({"/data/z": b"z"})
    lake.make("Hot", "/data/")
    with pytest.raises(StillUsed, match=r"/data/x:1 is held by Hot:1 and Hot:2"):
        lake.rm(f"{X}:1")
    assert lake.ls("@Hot:1") == [f"{X}:1"]


def test_of_many_holders_some_are_named_and_the_others_counted(lake: Lake) -> None:
    lake.put({X: b"1"})
    for name in "GFEDCBA":
        lake.make(name, X)
    with pytest.raises(StillUsed, match=r"held by A:1, B:1, C:1, D:1, E:1 and 2 more"):
        lake.rm(f"{X}:1")


def test_hiding_a_path_that_a_file_set_holds_changes_nothing_in_the_set(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.make("Hot", X)
    lake.rm(X)
    assert lake.ls("@Hot") == [f"{X}:1"]
    assert lake.ls(f"{X}@Hot:1") == [f"{X}:1"]


def test_once_the_last_holder_is_deleted_the_version_can_go(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.make("Hot", X)
    lake.make("Copy", X)
    lake.rm_set("Hot:1")
    with pytest.raises(StillUsed, match=r"held by Copy:1:"):
        lake.rm(f"{X}:1")
    lake.rm_set("Copy:1")
    assert lake.rm(f"{X}:1") == (1, 1)


def test_a_file_set_made_between_the_look_and_the_deletion_still_holds_its_files(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put({X: b"1"})
    look = deletion._Holders.find
    seen: list[list[bytes]] = []

    def look_and_let_another_create(self: deletion._Holders, unit: object) -> list[bytes]:
        seen.append(look(self, unit))  # type: ignore[arg-type]
        if len(seen) == 1:
            lake.make("Hot", X)
        return seen[-1]

    monkeypatch.setattr(deletion._Holders, "find", look_and_let_another_create)
    with pytest.raises(StillUsed, match=r"Hot:1"):
        lake.rm(f"{X}:1")
    assert [len(roots) for roots in seen] == [0, 1]


def test_a_folder_goes_only_when_it_is_said_and_a_pattern_as_it_is(lake: Lake) -> None:
    lake.put({"/a/1.txt": b"1", "/a/b/2.txt": b"2", "/a/3.csv": b"3", "/c": b"c"})
    with pytest.raises(InvalidRequest, match="folder"):
        lake.rm("/a/")
    assert lake.rm("/a/*.txt") == (1,)
    assert lake.ls() == ["/a/3.csv:1", "/a/b/2.txt:1", "/c:1"]
    assert lake.rm("/a/", recursive=True) == (2,)
    assert lake.ls() == ["/c:1"]


@pytest.mark.parametrize("last", [1, 2])
def test_many_files_go_in_calls_that_say_where_the_next_goes_on(lake: Lake, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    monkeypatch.setattr(deletion, "MOST_FILES_A_CALL", 2)
    lake.put({f"/a/{number}": b"x" for number in range(4 + last)})
    counts, at = [], None
    while not counts or at is not None:
        done = lake.deletions.delete_files(lake.owner, "/a/", recursive=True, at=at)
        counts.append(done.count)
        at = read_position(done.following or "")
    assert counts == ([2, 2, 1] if last == 1 else [2, 2, 2, 0])
    assert lake.ls() == []
    assert lake.told().count(EventKind.FILES_DELETED) == 3


def test_a_repeated_call_deletes_nothing_more_than_the_first(lake: Lake) -> None:
    lake.put({X: b"1"})
    first = lake.deletions.delete_files(lake.owner, X, key="k")
    lake.put({X: b"2"})
    assert lake.deletions.delete_files(lake.owner, X, key="k") == first
    assert lake.ls(X) == [f"{X}:3"]
    with pytest.raises(IdempotencyKeyReused):
        lake.deletions.delete_files(lake.owner, "/other", key="k")


@pytest.mark.parametrize("reference", ["@Hot", "/data/x@Hot:1", "/data/@Hot"])
def test_what_lies_in_a_file_set_is_not_deleted_from_it(lake: Lake, reference: str) -> None:
    lake.put({X: b"1"})
    lake.make("Hot", X)
    with pytest.raises(InvalidReference, match="set"):
        lake.rm(reference, recursive=True)
    assert lake.ls("@Hot") == [f"{X}:1"]


def test_a_reader_and_a_jobs_tokens_delete_nothing_and_a_member_may(lake: Lake) -> None:
    lake.put({X: b"1"})
    who = lake.user("bob")
    for kind in (TokenKind.LAKE, TokenKind.AGENT):
        own = Principal(who.project_id, who.project_name, who.user_id, who.user_name, who.role, kind, JobScope(new_id(), 1, 0))
        with pytest.raises(Forbidden):
            lake.rm(X, who=own)
    assert lake.rm(X, who=who) == (1, 2)


def test_another_projects_files_can_neither_be_deleted_nor_seen(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.make("Hot", X)
    _, token = lake.access.create_project(lake.owner, "elsewhere", "eve")
    eve = lake.access.authenticate(token)
    assert eve.role is Role.PROJECT_ADMIN
    for reference in (X, f"{X}:1"):
        with pytest.raises(FileNotFound) as refused:
            lake.rm(reference, who=eve)
        assert "Hot" not in refused.value.message
    lake.put({X: b"1"}, who=eve)
    assert lake.rm(f"{X}:1", who=eve) == (1, 1)
    assert lake.ls(X) == [f"{X}:1"]


def test_the_metadata_of_a_deleted_version_goes_with_it(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.put({X: b"2"})
    for version in (1, 2):
        lake.metadata.change(lake.owner, ArtifactKind.FILES, f"{X}:{version}", values={"model": f"m{version}"}, tag=["t"])
    lake.rm(f"{X}:1")
    with lake.store.read() as unit:
        columns = unit.search.find(lake.owner.project_id, ArtifactKind.FILES, And(()), [], 10, None, latest=False)
    told = {column.name: column.values for column in columns}
    assert (told["reference"], told["model"]) == ([f"{X}:2"], ["m2"])


def test_a_deletion_is_told_of(lake: Lake) -> None:
    lake.put({X: b"1"})
    lake.rm(X)
    lake.rm(f"{X}:1")
    assert lake.told()[-2:] == [EventKind.FILES_DELETED, EventKind.FILES_DELETED]
