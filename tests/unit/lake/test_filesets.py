"""File sets: merged, updated and subset from references, with the dependencies that these imply (paper 3.2.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acai_jupyter.domain.access import TokenKind
from acai_jupyter.domain.errors import (
    AcaiError,
    EmptyFileset,
    FileNotFound,
    FilesetNotFound,
    Forbidden,
    IdempotencyKeyReused,
    InvalidName,
    InvalidReference,
)
from acai_jupyter.domain.manifest_differences import Change
from acai_jupyter.domain.provenance import ActionKind, Direction
from tests.contracts.threads import together
from tests.unit.lake.world import World


@pytest.fixture
def lake(world: World) -> World:
    world.put({"/hot/a": b"hot a", "/hot/b": b"hot b", "/both": b"hot both"}, "Hot")
    world.put({"/cold/a": b"cold a", "/both": b"cold both"}, "Cold")
    return world


def create(world: World, name: str, *references: str) -> str:
    made = world.filesets.create(world.ada, name, references)
    return f"{made.version.label}{' unchanged' if made.unchanged else ''}"


def sources(world: World, fileset: str) -> set[str]:
    """What a version was made from, directly."""
    graph = world.provenance.step(world.ada, fileset, Direction.BACKWARD)
    return {node.label for node in graph.nodes} - {fileset}


def test_merging_takes_all_files_and_the_later_set_wins(lake: World) -> None:
    assert create(lake, "Merged", "@Hot", "@Cold") == "Merged:1"
    assert lake.list("@Merged") == ["/both:2", "/cold/a:1", "/hot/a:1", "/hot/b:1"]
    assert create(lake, "Merged", "@Cold", "/@Hot") == "Merged:2"
    assert lake.list("@Merged") == ["/both:1", "/cold/a:1", "/hot/a:1", "/hot/b:1"]
    assert sources(lake, "Merged:1") == sources(lake, "Merged:2") == {"Hot:1", "Cold:1"}


def test_updating_replaces_files_of_the_previous_version_and_depends_on_it(lake: World) -> None:
    lake.put({"/hot/b": b"newer", "/hot/c": b"new"})
    assert create(lake, "Hot", "@Hot", "/hot/b", "/hot/c") == "Hot:2"
    assert lake.list("@Hot") == ["/both:1", "/hot/a:1", "/hot/b:2", "/hot/c:1"]
    assert lake.list("@Hot:1") == ["/both:1", "/hot/a:1", "/hot/b:1"]
    assert sources(lake, "Hot:2") == {"Hot:1"}


@pytest.mark.parametrize("reference", ["/hot/@Hot", "/hot/*@Hot", "/hot/[ab]@Hot:1", "/**/[ab]@Hot"])
def test_subsetting_takes_a_part_and_depends_on_the_whole(lake: World, reference: str) -> None:
    assert create(lake, "Part", reference) == "Part:1"
    assert lake.list("@Part") == ["/hot/a:1", "/hot/b:1"]
    assert sources(lake, "Part:1") == {"Hot:1"}


def test_a_single_file_of_a_set_depends_on_the_set(lake: World) -> None:
    create(lake, "One", "/both@Hot", "/cold/a")
    assert lake.list("@One") == ["/both:1", "/cold/a:1"]
    assert sources(lake, "One:1") == {"Hot:1"}


def test_later_references_override_earlier_ones_of_every_form(lake: World) -> None:
    lake.put({"/both": b"third"})
    for references, version in [
        (["/both", "/both:1"], 1), (["/both:1", "/both"], 3), (["@Hot", "/both"], 3), (["/both", "@Hot"], 1),
        (["/", "/both@Cold"], 2), (["/both@Cold", "/*"], 3), (["@Cold", "@Hot", "/both:2"], 2), (["/both:2", "/@Hot"], 1),
    ]:  # fmt: skip
        create(lake, "Set", *references)
        assert f"/both:{version}" in lake.list("@Set"), references


def test_files_that_people_uploaded_bring_no_dependency(lake: World) -> None:
    create(lake, "Set", "/hot/", "/cold/a", "/both:1")
    assert sources(lake, "Set:1") == set()


def test_a_file_that_a_job_wrote_brings_a_dependency_on_that_jobs_output(lake: World) -> None:
    first = lake.run({"/model/m": b"1"}, "Model")
    second = lake.run({"/model/m": b"2", "/model/n": b"2"}, "Model")
    create(lake, "Latest", "/model/m")
    create(lake, "Pinned", "/model/m:1", "/hot/a")
    create(lake, "Both", "/model/m:1", "/model/")
    assert sources(lake, "Latest:1") == {second.label}
    assert sources(lake, "Pinned:1") == {first.label}
    assert sources(lake, "Both:1") == {first.label, second.label}


def test_a_jobs_file_taken_from_a_set_depends_on_that_set_only(lake: World) -> None:
    lake.run({"/model/m": b"1"}, "Model")
    create(lake, "Copy", "@Model")
    create(lake, "Again", "/model/m@Copy", "/model/@Copy")
    assert sources(lake, "Copy:1") == {"Model:1"}
    assert sources(lake, "Again:1") == {"Copy:1"}


def test_a_job_always_makes_a_version_though_its_output_is_the_same(lake: World) -> None:
    labels = [lake.run({"/model/m": b"same"}, "Model").label for _ in range(2)]
    assert labels == ["Model:1", "Model:2"]
    assert lake.list("/model/m") == ["/model/m:2"]


@pytest.mark.parametrize(
    "references",
    [["@Hot"], ["/@Hot"], ["@Hot:1"], ["@Hot", "/hot/a"], ["/hot/a:1", "/hot/b", "/both:1"], ["@Hot", "@Hot"],
     ["/**/*@Hot"], ["/hot/*", "/both@Hot"]],
)  # fmt: skip
def test_the_same_content_makes_no_new_version_however_it_is_written(lake: World, references: list[str]) -> None:
    assert create(lake, "Hot", *references) == "Hot:1 unchanged"
    assert sources(lake, "Hot:1") == set()
    assert len(lake.filesets.versions(lake.ada, "Hot", 0, 10)) == 1


def test_content_of_an_older_version_makes_a_new_one(lake: World) -> None:
    create(lake, "Set", "/hot/")
    create(lake, "Set", "/cold/")
    assert create(lake, "Set", "@Set:1") == "Set:3"
    versions = lake.filesets.versions(lake.ada, "Set", 0, 10)
    assert versions[0].root == versions[2].root != versions[1].root


def test_an_upload_that_changes_nothing_makes_no_version_of_its_set_either(lake: World) -> None:
    finished = lake.put({"/cold/a": b"cold a", "/both": b"cold both"}, "Cold")
    assert finished.fileset is not None
    assert finished.fileset.label == "Cold:1"


def test_a_set_made_by_an_upload_holds_exactly_the_files_of_it(lake: World) -> None:
    lake.put({"/hot/a": b"hot a", "/hot/z": b"z"}, "Hot")
    assert lake.list("@Hot") == ["/hot/a:1", "/hot/z:1"]
    assert sources(lake, "Hot:2") == set()


@pytest.mark.parametrize(
    ("references", "error"),
    [
        ([], EmptyFileset), (["/none/"], AcaiError), (["/none/@Hot"], EmptyFileset), (["/*.csv@Hot"], EmptyFileset),
        (["@Hot", "/none"], FileNotFound), (["@Hot", "@None"], FilesetNotFound), (["@Hot", "/hot/a:9"], FileNotFound),
        (["@Hot", "hot"], InvalidReference), (["@Hot", ""], InvalidReference), (["@Hot", "/none@Hot"], FileNotFound),
    ],
)  # fmt: skip
def test_a_creation_that_fails_changes_nothing(lake: World, references: list[str], error: type[AcaiError]) -> None:
    with pytest.raises(error):
        create(lake, "Set", *references)
    with pytest.raises(FilesetNotFound):
        lake.filesets.get(lake.ada, "Set")
    assert create(lake, "Set", "@Hot") == "Set:1"


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "a:1", "@a", "é", "a" * 129])
def test_a_name_that_is_none_is_refused(lake: World, name: str) -> None:
    with pytest.raises(InvalidName):
        create(lake, name, "@Hot")


def test_a_repeated_creation_gives_the_first_ones_answer(lake: World) -> None:
    first = lake.filesets.create(lake.ada, "Set", ["@Hot"], key="k")
    lake.filesets.create(lake.ada, "Set", ["@Cold"])
    assert lake.filesets.create(lake.ada, "Set", ["@Hot"], key="k") == first
    same = lake.filesets.create(lake.ada, "Set", ["@Cold"], key="l")
    assert same.unchanged
    assert lake.filesets.create(lake.ada, "Set", ["@Cold"], key="l") == same
    with pytest.raises(IdempotencyKeyReused):
        lake.filesets.create(lake.ada, "Set", ["@Cold"], key="k")


def test_versions_made_at_once_are_consecutive(lake: World) -> None:
    lake.put({f"/n/{number}": b"" for number in range(8)})
    made = together([lambda number=number: create(lake, "Set", f"/n/{number}") for number in range(8)])
    assert sorted(made) == [f"Set:{number}" for number in range(1, 9)]
    assert [version.version for version in lake.filesets.versions(lake.ada, "Set", 0, 100)] == list(range(1, 9))


def test_the_list_shows_the_latest_of_every_set(lake: World) -> None:
    lake.put({"/hot/a": b"newer"}, "Hot")
    found = [(each.latest.label, each.version_count, each.latest.file_count) for each in lake.filesets.page(lake.ada, None, 10)]
    assert found == [("Cold:1", 1, 2), ("Hot:2", 2, 1)]
    assert [each.latest.label for each in lake.filesets.page(lake.ada, "Cold", 10)] == ["Hot:2"]


def test_a_version_knows_its_size_and_who_made_it(lake: World) -> None:
    version = lake.filesets.get(lake.ada, "Hot:1")
    assert (version.label, version.file_count, version.size, version.creator) == ("Hot:1", 3, 18, "ada")
    job_made = lake.run({"/model/m": b"12345"}, "Model")
    assert lake.filesets.get(lake.ada, "@Model") == job_made
    assert job_made.job_id is not None


def test_the_difference_of_two_versions_is_told_path_by_path(lake: World) -> None:
    lake.put({"/hot/b": b"newer"})
    create(lake, "Hot", "/hot/", "/cold/a")
    changes = [Change("/both", 1, None), Change("/cold/a", None, 1), Change("/hot/b", 1, 2)]
    assert lake.filesets.diff(lake.ada, "Hot:1", "Hot:2", 10) == changes
    assert lake.filesets.diff(lake.ada, "Hot:1", "Hot:2", 1, start="/both") == changes[1:2]
    assert lake.filesets.diff(lake.ada, "Hot", "Hot:2", 10) == []


def test_the_action_behind_a_version_says_what_it_was(lake: World) -> None:
    create(lake, "Made", "@Hot")
    lake.run({"/model/m": b""}, "Model", name="train")
    graph = lake.provenance.graph(lake.ada)
    made = {action.kind for action in graph.actions}
    assert made == {ActionKind.CREATION, ActionKind.JOB}
    assert [(action.label, action.job_number) for action in graph.actions if action.kind is ActionKind.JOB] == [("train", 1)]


def test_another_project_neither_sees_nor_meets_these_names(lake: World) -> None:
    eve = lake.stranger()
    for use in (
        lambda: lake.filesets.get(eve, "Hot"),
        lambda: lake.filesets.versions(eve, "Hot", 0, 10),
        lambda: lake.filesets.diff(eve, "Hot:1", "Cold:1", 10),
        lambda: lake.filesets.create(eve, "Mine", ["@Hot"]),
    ):
        with pytest.raises(FilesetNotFound):
            use()
    assert lake.filesets.page(eve, None, 10) == []
    lake.put({"/mine": b""}, "Hot", who=eve)
    assert lake.filesets.get(eve, "Hot").version == 1


def test_a_token_that_only_reads_creates_nothing(lake: World) -> None:
    with pytest.raises(Forbidden):
        lake.filesets.create(replace(lake.ada, kind=TokenKind.LAKE), "Set", ["@Hot"])
