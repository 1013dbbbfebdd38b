"""How much room things take: one by one, and in the store, where equal content lies once."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from support.lake import Lake

from acai_jupyter.domain.errors import FileNotFound, FilesetNotFound, Forbidden, InvalidReference
from acai_jupyter.domain.uploads import Purpose
from acai_jupyter.domain.usage import StoreUsage, Usage


def of(lake: Lake, reference: str) -> Usage:
    return lake.usage.of(lake.owner, reference)


def test_a_lake_without_files_takes_no_room(lake: Lake) -> None:
    assert of(lake, "/") == Usage(0, 0, 0, 0, 0, 0)
    assert lake.usage.of_store(lake.owner) == StoreUsage(0, 0, 0, 0, 0)


def test_equal_content_is_stored_once_and_belongs_to_nobody_alone(lake: Lake) -> None:
    lake.put({"/a/x": b"1" * 10, "/a/y": b"1" * 10, "/b/z": b"1" * 10, "/b/alone": b"2" * 7})
    assert of(lake, "/") == Usage(4, 37, 4, 37, stored=17, own=17)
    assert of(lake, "/a/") == Usage(2, 20, 2, 20, stored=10, own=0)
    assert of(lake, "/b/") == Usage(2, 17, 2, 17, stored=17, own=7)
    assert of(lake, "/a/x") == Usage(1, 10, 1, 10, stored=10, own=0)


def test_old_versions_take_room_and_tombstones_take_none(lake: Lake) -> None:
    lake.put({"/a/x": b"1" * 10})
    lake.put({"/a/x": b"2" * 100})
    assert of(lake, "/a/") == Usage(1, 100, 2, 110, stored=110, own=110)
    lake.rm("/a/x")
    assert of(lake, "/a/") == Usage(0, 0, 2, 110, stored=110, own=110)
    lake.rm("/a/x:2")
    assert of(lake, "/a/") == Usage(0, 0, 1, 10, stored=10, own=10)


def test_a_folder_is_not_its_neighbour_whose_name_begins_alike(lake: Lake) -> None:
    lake.put({"/a/x": b"1", "/ab/x": b"22", "/a": b"333", "/a/\U0010ffff": b"4444"})
    assert of(lake, "/a/").size == 5


def test_a_file_set_takes_the_room_of_what_it_holds_whatever_became_of_the_paths(lake: Lake) -> None:
    lake.put({"/a/x": b"1" * 10, "/a/b/y": b"2" * 100})
    lake.make("Hot", "/a/")
    lake.put({"/a/x": b"3" * 1000})
    lake.rm("/a/b/y")
    lake.put({"/copy": b"2" * 100})
    assert of(lake, "@Hot") == Usage(2, 110, 2, 110, stored=110, own=10)
    assert of(lake, "/a/b/@Hot:1") == Usage(1, 100, 1, 100, stored=100, own=0)


def test_what_code_names_too_is_nobodys_own(lake: Lake) -> None:
    lake.put({"/a/x": b"1" * 10})
    lake.code({"main.py": b"1" * 10, "other.py": b"2" * 5})
    lake.make("Hot", "/a/")
    for reference in ("/a/", "@Hot"):
        assert (of(lake, reference).stored, of(lake, reference).own) == (10, 0)


def test_the_room_in_the_store_says_what_it_is_for(lake: Lake) -> None:
    lake.put({"/a/x": b"1" * 10, "/b": b"2" * 100})
    lake.code({"main.py": b"3" * 1000, "x.py": b"1" * 10})
    assert astuple(lake.usage.of_store(lake.owner)) == (3, 1110, 110, 1000, 0)
    agent = lake.running()
    agent.log(b"said\n")
    agent.report()
    lake.logs.compact()
    assert lake.usage.of_store(lake.owner).logs == 5
    lake.rm("/b:1")
    assert lake.usage.of_store(lake.owner).garbage == 100


def test_an_upload_that_was_not_committed_takes_no_room_yet(lake: Lake) -> None:
    lake.send(lake.owner, Purpose.FILES, {"/a": b"1"})
    assert lake.usage.of_store(lake.owner).stored == of(lake, "/").size == 0


@pytest.mark.parametrize(
    ("reference", "error"),
    [("/none/", FileNotFound), ("/none", FileNotFound), ("@None", FilesetNotFound), ("/none/@Hot", FileNotFound)],
)
def test_what_is_not_there_has_no_room(lake: Lake, reference: str, error: type[Exception]) -> None:
    lake.put({"/a": b"1"})
    lake.make("Hot", "/a")
    with pytest.raises(error):
        of(lake, reference)


@pytest.mark.parametrize("reference", ["/a/*", "/a:1", "/a@Hot"])
def test_what_can_not_be_measured_is_said(lake: Lake, reference: str) -> None:
    with pytest.raises(InvalidReference, match="measured"):
        of(lake, reference)


def test_another_project_counts_for_nothing(lake: Lake) -> None:
    lake.put({"/a/x": b"1" * 10})
    _, token = lake.access.create_project(lake.owner, "elsewhere", "eve")
    eve = lake.access.authenticate(token)
    lake.put({"/a/x": b"1" * 10}, who=eve)
    assert lake.usage.of(eve, "/a/").own == of(lake, "/a/").own == 10
    assert lake.usage.of_store(eve).stored == 10


def test_an_agent_measures_nothing(lake: Lake) -> None:
    with pytest.raises(Forbidden):
        lake.usage.of(lake.running().principal, "/")
