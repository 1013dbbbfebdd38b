"""What a pattern means is searched before anybody has to wait for it; what was found is checked again when it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event

from acai_jupyter.domain.errors import AcaiError, FileNotFound
from acai_jupyter.domain.positions import read_position
from acai_jupyter.lake import deletion, resolve
from acai_jupyter.lake.deletion import Deletions
from acai_jupyter.ports.store.unit import UnitOfWork
from tests.unit.lake.world import World

Between = Callable[[Callable[[], object]], None]


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "MOST_LOOKED_AT", 10)
    monkeypatch.setattr(resolve, "_PAGE", 10)


@pytest.fixture
def between(world: World, monkeypatch: pytest.MonkeyPatch) -> Between:
    """Something happens just before the next write begins, once what it is about was found."""
    waiting: list[Callable[[], object]] = []
    begin = world.store.begin

    def after_it() -> AbstractContextManager[UnitOfWork]:
        while waiting:
            waiting.pop()()
        return begin()

    monkeypatch.setattr(world.store, "begin", after_it)
    return waiting.append


def fill(world: World, folder: str, many: int, fileset: str | None = None) -> None:
    files = {f"{folder}{number:03}/x.bin": b"x" for number in range(many)}
    world.put({**files, f"{folder}000/a.csv": b"a", f"{folder}{many - 1:03}/b.csv": b"b"}, fileset)


def written_with(world: World, monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]) -> int:
    """How many statements are made at most while others have to wait."""
    made: list[int] = []
    writing = [False]
    begin = world.store.begin

    @contextmanager
    def noted() -> Iterator[UnitOfWork]:
        with begin() as unit:
            writing[0] = True
            made.append(0)
            try:
                yield unit
            finally:
                writing[0] = False

    def count(*_: object) -> None:
        if writing[0]:
            made[-1] += 1

    engine = world.store._engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(world.store, "begin", noted)
            call()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return max(made)


def delete(world: World, reference: str) -> int:
    """Hide all that a reference means, in as many calls as it takes."""
    deletions = Deletions(world.store)
    done = deletions.delete_files(world.ada, reference, recursive=True)
    count = done.count
    while done.following is not None:
        done = deletions.delete_files(world.ada, reference, recursive=True, at=read_position(done.following))
        count += done.count
    return count


CALLS: dict[str, Callable[[World, str], object]] = {
    "hide": lambda world, folder: delete(world, f"{folder}**/*.csv"),
    "restore": lambda world, folder: Deletions(world.store).restore_files(world.ada, f"{folder}**/*.csv"),
    "a set of the lake": lambda world, folder: world.filesets.create(world.ada, "Csv", [f"{folder}**/*.csv"]),
    "a set of a set": lambda world, folder: world.filesets.create(world.ada, "Csv", [f"{folder}**/*.csv@All{folder[1:-1]}"]),
}


@pytest.mark.parametrize("call", CALLS)
def test_others_wait_as_long_in_a_large_lake_as_in_a_small_one(world: World, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    monkeypatch.setattr(deletion, "MOST_FILES_A_CALL", 5)
    fill(world, "/few/", 5, "Allfew")
    fill(world, "/many/", 150, "Allmany")
    world.filesets.create(world.ada, "Csv", ["/few/000/x.bin"])
    if call == "restore":
        for folder in ("/few/", "/many/"):
            delete(world, folder)
    few, many = (
        written_with(world, monkeypatch, lambda folder=folder: CALLS[call](world, folder))  # type: ignore[misc]
        for folder in ("/few/", "/many/")
    )
    assert many <= few


def test_a_version_that_comes_while_its_path_is_searched_is_not_hidden(world: World, between: Between) -> None:
    world.put({"/d/a.csv": b"1", "/d/b.csv": b"1", "/d/c.bin": b"1"})
    between(lambda: world.put({"/d/a.csv": b"2", "/d/new.csv": b"1"}))
    assert Deletions(world.store).delete_files(world.ada, "/d/*.csv").count == 1
    assert world.list("/d/") == ["/d/a.csv:2", "/d/c.bin:1", "/d/new.csv:1"]
    between(lambda: world.put({"/d/c.bin": b"2"}))
    assert Deletions(world.store).delete_files(world.ada, "/d/", recursive=True).count == 2
    assert world.list("/d/") == ["/d/c.bin:2"]


def test_all_calls_of_one_deletion_mean_what_stood_there_when_the_first_began(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "MOST_FILES_A_CALL", 2)
    world.put({f"/d/{name}": b"1" for name in "abcde"})
    first = Deletions(world.store).delete_files(world.ada, "/d/", recursive=True)
    world.put({f"/d/{name}": b"2" for name in "adz"})
    at = read_position(first.following or "")
    second = Deletions(world.store).delete_files(world.ada, "/d/", recursive=True, at=at)
    third = Deletions(world.store).delete_files(world.ada, "/d/", recursive=True, at=read_position(second.following or ""))
    assert (first.count, second.count, third.count, third.following) == (2, 1, 1, None)
    assert world.list("/d/") == ["/d/a:3", "/d/d:2", "/d/z:1"]


def test_what_somebody_else_hides_meanwhile_has_one_tombstone(world: World, between: Between) -> None:
    world.put({"/d/a.csv": b"1", "/d/b.csv": b"1"})
    between(lambda: Deletions(world.store).delete_files(world.ada, "/d/a.csv"))
    assert Deletions(world.store).delete_files(world.ada, "/d/*").count == 1
    every = world.files.versions(world.ada, "/d/a.csv", 0, 10, deleted=True)
    assert [file.version for file in every] == [1, 2]


def test_the_patterns_of_a_set_are_of_one_moment(world: World, between: Between) -> None:
    world.put({"/d/a.csv": b"1", "/e/a.csv": b"1", "/f": b"1"})
    between(lambda: world.put({"/d/a.csv": b"2", "/e/a.csv": b"2", "/e/new.csv": b"2", "/f": b"2"}))
    made = world.filesets.create(world.ada, "Both", ["/d/*.csv", "/e/*", "/f"])
    assert world.list(f"@{made.version.label}") == ["/d/a.csv:1", "/e/a.csv:1", "/f:2"]


def test_a_version_that_is_deleted_for_good_meanwhile_gets_into_no_set(world: World, between: Between) -> None:
    world.put({"/d/a.csv": b"1", "/d/b.csv": b"1"})
    world.put({"/d/a.csv": b"2"})
    between(lambda: Deletions(world.store).delete_files(world.ada, "/d/a.csv:2"))
    between(lambda: Deletions(world.store).delete_files(world.ada, "/d/b.csv:1"))
    made = world.filesets.create(world.ada, "Left", ["/d/*.csv"])
    assert world.list(f"@{made.version.label}") == ["/d/a.csv:1"]


def test_where_all_that_was_found_is_deleted_meanwhile_there_is_nothing(world: World, between: Between) -> None:
    world.put({"/d/a.csv": b"1"})
    between(lambda: Deletions(world.store).delete_files(world.ada, "/d/a.csv:1"))
    with pytest.raises(FileNotFound, match="holds no files"):
        world.filesets.create(world.ada, "Nothing", ["/d/*.csv"])


@pytest.mark.parametrize("times", [1, 9])
def test_a_set_that_gets_a_version_meanwhile_is_searched_in_that(
    world: World, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Nothing that somebody adds to a set is lost, also where others add to it all the time."""
    world.put({"/d/a.csv": b"1", "/d/b.bin": b"1"}, "Set")
    begin, left = world.store.begin, list(range(times))

    def after_others() -> AbstractContextManager[UnitOfWork]:
        if left:
            number = left.pop()
            with monkeypatch.context() as patched:
                patched.setattr(world.store, "begin", begin)
                world.put({f"/d/{number}.csv": b"n"})
                world.filesets.create(world.ada, "Set", ["@Set", f"/d/{number}.csv"])
        return begin()

    monkeypatch.setattr(world.store, "begin", after_others)
    made = world.filesets.create(world.ada, "Set", ["/d/*.csv@Set"])
    added = {f"/d/{number}.csv:1" for number in range(times) if number not in left}
    assert set(world.list(f"@{made.version.label}")) == {"/d/a.csv:1"} | added
    assert added


def test_a_set_that_is_deleted_while_it_is_searched_is_not_there(world: World, between: Between) -> None:
    world.put({"/d/a.csv": b"1"}, "Set")
    between(lambda: Deletions(world.store).delete_fileset(world.ada, "Set:1"))
    with pytest.raises(AcaiError, match="no file set Set"):
        world.filesets.create(world.ada, "Part", ["/d/*.csv@Set"])


def test_a_repeated_call_that_finds_nothing_any_more_gets_the_first_ones_answer(world: World) -> None:
    world.put({"/d/a.csv": b"1"})
    deletions = Deletions(world.store)
    first = deletions.delete_files(world.ada, "/d/*", key="once")
    assert deletions.delete_files(world.ada, "/d/*", key="once") == first
    back = deletions.restore_files(world.ada, "/d/*", key="again")
    assert deletions.restore_files(world.ada, "/d/*", key="again") == back


def test_a_repeated_page_tells_what_the_first_one_hid(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a pattern that matches nothing in the pages after it, too."""
    monkeypatch.setattr(resolve, "MOST_LOOKED_AT", 3)
    world.put({"/d/a.csv": b"1", **{f"/d/b{number}.bin": b"1" for number in range(5)}})
    deletions = Deletions(world.store)
    first = deletions.delete_files(world.ada, "/d/*.csv", key="once")
    assert (first.count, first.following is None) == (1, False)
    assert deletions.delete_files(world.ada, "/d/*.csv", key="once") == first
    last = first
    while last.following is not None:  # no page calls the pattern empty
        last = deletions.delete_files(world.ada, "/d/*.csv", key=last.following, at=read_position(last.following))
        assert last.count == 0


def test_many_matches_within_a_set_are_not_looked_up_one_by_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(world, "/few/", 5, "Few")
    fill(world, "/many/", 150, "Many")
    few, many = (
        written_with(world, monkeypatch, lambda name=name: world.filesets.create(world.ada, "Bin", [f"/**/*.bin@{name}"]))  # type: ignore[misc]
        for name in ("Few", "Many")
    )
    assert many <= few + 2  # a larger manifest has more nodes
