"""Pages that are asked for one after the other are one list: what happens between two of them changes nothing in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import AcaiError, FileNotFound
from acai_jupyter.domain.positions import Position, read_position
from acai_jupyter.lake import resolve
from acai_jupyter.lake.deletion import Deletions
from tests.contracts.backends import BASE_URL
from tests.unit.lake.world import World

NAMES = ["a", "b/1", "b/2", "c", "d/x", "e"]
FOLDERS = ["/", "/f/", "/f/**", "/f/*/*", "@S", "/f/@S", "/f/**@S"]


@pytest.fixture
def lake(world: World) -> World:
    world.put({f"/f/{name}": b"old" for name in NAMES}, fileset="S")
    world.put({"/f/c": b"second"})
    world.filesets.create(world.ada, "S", ["/f/"])
    return world


def change(world: World) -> None:
    """All that may happen to a lake, but for what deletes for good."""
    world.put({f"/f/{name}": b"new" for name in [*NAMES, "0", "b/0", "bb", "zz"]})
    world.filesets.create(world.ada, "S", ["/f/"])
    Deletions(world.store).delete_files(world.ada, "/f/e")
    Deletions(world.store).delete_files(world.ada, "/f/d/", recursive=True)


def pages(ask: Callable[[Position | None], tuple[list[str], Position | None]], between: Callable[[], None]) -> list[str]:
    found, at = ask(None)
    between()
    while at is not None:
        at = read_position(str(at))
        page, at = ask(at)
        found += page
    return found


def listed(world: World, reference: str, limit: int) -> Callable[[Position | None], tuple[list[str], Position | None]]:
    def ask(at: Position | None) -> tuple[list[str], Position | None]:
        page, following = world.files.page(world.ada, reference, at, limit)
        return [f"{file.path}:{file.version}" for file in page], following

    return ask


@pytest.mark.parametrize("reference", FOLDERS)
def test_what_happens_between_two_pages_of_a_list_changes_nothing_in_it(lake: World, reference: str) -> None:
    before = lake.list(reference)
    assert len(before) > 2
    assert pages(listed(lake, reference, 2), lambda: change(lake)) == before


@pytest.mark.parametrize("reference", FOLDERS)
def test_nor_in_a_download(lake: World, reference: str) -> None:
    def ask(at: Position | None) -> tuple[list[str], Position | None]:
        page, following = lake.files.downloads(lake.ada, reference, at, 1, BASE_URL)
        return [f"{path}:{version}" for path, version in zip(page.paths, page.versions, strict=True)], following

    before = lake.list(reference)
    assert pages(ask, lambda: change(lake)) == before


@pytest.mark.parametrize("folder", ["/f/", "/f/@S", "/f/b/"])
def test_nor_in_one_level(lake: World, folder: str) -> None:
    def ask(at: Position | None) -> tuple[list[str], Position | None]:
        page, following = lake.files.one_level(lake.ada, folder, at, 1)
        return [one if isinstance(one, str) else f"{one.path}:{one.version}" for one in page], following

    before = pages(ask, lambda: None)
    assert len(before) == (2 if folder == "/f/b/" else 5)
    assert pages(ask, lambda: change(lake)) == before


def test_what_is_deleted_for_good_between_two_pages_is_left_out(lake: World) -> None:
    lake.put({"/alone/1": b"1", "/alone/2": b"2", "/alone/3": b"3"})

    def delete() -> None:
        Deletions(lake.store).delete_files(lake.ada, "/alone/2:1")

    assert pages(listed(lake, "/alone/", 1), delete) == ["/alone/1:1", "/alone/3:1"]


@pytest.mark.parametrize("reference", ["/f/*/2", "/f/*/2@S"])
def test_a_page_of_a_pattern_looks_at_so_many_paths_only(lake: World, monkeypatch: pytest.MonkeyPatch, reference: str) -> None:
    monkeypatch.setattr(resolve, "MOST_LOOKED_AT", 2)
    ask = listed(lake, reference, 100)
    first, at = ask(None)
    assert (first, at and at.after) == ([], "/f/b/1")
    assert pages(ask, lambda: change(lake)) == ["/f/b/2:1"]


@pytest.mark.parametrize("reference", ["/f/*/nothing", "/f/*/nothing@S"])
def test_a_pattern_that_matches_nothing_is_told_with_its_last_page(
    lake: World, monkeypatch: pytest.MonkeyPatch, reference: str
) -> None:
    monkeypatch.setattr(resolve, "MOST_LOOKED_AT", 4)
    page, at = lake.files.page(lake.ada, reference, None, 100)
    assert page == []
    assert at is not None
    with pytest.raises(FileNotFound, match="holds no files"):
        lake.files.page(lake.ada, reference, at, 100)
    monkeypatch.setattr(resolve, "MOST_LOOKED_AT", 3)
    with pytest.raises(AcaiError, match="holds no files"):
        lake.filesets.create(lake.ada, "Nothing", [reference])


def test_a_pattern_with_matches_ends_without_a_refusal_though_its_last_page_is_empty(
    lake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "MOST_LOOKED_AT", 1)
    assert pages(listed(lake, "/f/a", 1), lambda: None) == ["/f/a:1"]
    assert pages(listed(lake, "/f/[a]", 5), lambda: None) == ["/f/a:1"]


def test_what_a_pattern_means_is_deleted_and_put_into_a_set_however_many_paths_it_looks_at(
    lake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "MOST_LOOKED_AT", 1)
    made = lake.filesets.create(lake.ada, "Part", ["/f/*/x", "/f/b/?"])
    assert made.version.file_count == 3
    deletions = Deletions(lake.store)

    def delete(reference: str) -> int:
        done = deletions.delete_files(lake.ada, reference)
        count, calls = done.count, 1
        while done.following is not None:
            done = deletions.delete_files(lake.ada, reference, at=read_position(done.following))
            count, calls = count + done.count, calls + 1
        assert calls > 5
        return count

    assert delete("/f/*/x") == 1
    assert delete("/f/**") == 5
    with pytest.raises(FileNotFound, match="holds no files"):
        delete("/f/*/x")
    assert lake.list("/") == []
    assert deletions.restore_files(lake.ada, "/f/*/x").count == 1


@given(
    st.text(max_size=20).map("/".__add__),
    st.none() | st.integers(1, 10**17),
    st.none() | st.integers(0, 10**17),
    st.booleans(),
)
def test_a_position_is_read_as_it_was_written(after: str, version: int | None, moment: int | None, empty: bool) -> None:
    position = Position(after, version, None if version else moment, empty)
    assert read_position(str(position)) == position


@pytest.mark.parametrize("text", ["", "a", "v/a", "v0/a", "t-1/a", "-", "--/a", "v1t2/a", "1/a", "v" + "9" * 19 + "/a"])
def test_other_texts_are_no_positions(text: str) -> None:
    assert read_position(text) is None
