"""Metadata: typed keys and tags on files, file sets and jobs, set and unset in one transaction."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from acai_jupyter.domain.access import TokenKind
from acai_jupyter.domain.errors import (
    AcaiError,
    FileNotFound,
    FilesetNotFound,
    Forbidden,
    InvalidReference,
    InvalidRequest,
    JobNotFound,
    LimitExceeded,
)
from acai_jupyter.domain.metadata import Artifact, ArtifactKind, Metadata
from tests.unit.lake.world import World

FILES, FILESETS, JOBS = ArtifactKind.FILES, ArtifactKind.FILESETS, ArtifactKind.JOBS


def fill(world: World) -> World:
    world.put({"/a": b"one"}, "Set")
    world.put({"/a": b"two"}, "Set")
    world.job(name="train")
    return world


@pytest.fixture
def lake(world: World) -> World:
    return fill(world)


@pytest.fixture(scope="module")
def shared(shared_world: World) -> World:
    """For tests that don't mind what others have set."""
    return fill(shared_world)


def change(lake: World, kind: ArtifactKind = FILESETS, reference: str = "Set", **more: Any) -> Metadata:
    return lake.metadata.change(lake.ada, kind, reference, **({"values": {}} | more))


def get(lake: World, kind: ArtifactKind = FILESETS, reference: str = "Set") -> Metadata:
    return lake.metadata.get(lake.ada, kind, reference)


@pytest.mark.parametrize(
    "value",
    ["", "text", "é\U0001f600", "x" * 4096, 0, 1, -2.5, 1e308, 5e-324, 2**53, math.inf, -math.inf, True, False,
     datetime(2026, 11, 21, 9, 30, 1, 123456, UTC), datetime(1960, 1, 1, tzinfo=UTC)],
)  # fmt: skip
def test_a_value_comes_back_with_its_type(shared: World, value: Any) -> None:
    change(shared, values={"key": value})
    found = get(shared).values["key"]
    assert found == value
    assert type(found) is (float if type(value) is int else type(value))


def test_nan_is_kept(shared: World) -> None:
    change(shared, values={"loss": math.nan})
    found = get(shared).values["loss"]
    assert isinstance(found, float)
    assert math.isnan(found)


def test_a_time_of_any_zone_is_kept_as_its_moment(shared: World) -> None:
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    change(shared, values={"when": moment})
    assert get(shared).values["when"] == moment


@pytest.mark.parametrize("value", [None, [], {}, b"x", "a\0b", "x" * 4097, datetime(2026, 11, 21), object(), 1j])
def test_a_value_of_no_type_is_refused(shared: World, value: Any) -> None:
    before = set(get(shared).values), get(shared).tags
    with pytest.raises(InvalidRequest):
        change(shared, values={"good": 1, "bad": value}, tag=["x"])
    assert (set(get(shared).values), get(shared).tags) == before


@pytest.mark.parametrize(
    "key",
    ["", " a", "a ", "a`b", "a\nb", "a\0", "x" * 251, "name", "version", "create_time", "job.a", "and", "True", "\ud800"],
)
def test_a_key_that_is_none_or_the_platforms_is_refused(shared: World, key: str) -> None:
    with pytest.raises(InvalidRequest):
        change(shared, values={key: 1})


@pytest.mark.parametrize("tag", ["", " a", "a`b", "a\nb", "x" * 251])
def test_a_tag_that_is_none_is_refused(shared: World, tag: str) -> None:
    with pytest.raises(InvalidRequest):
        change(shared, tag=[tag])


def test_a_key_is_replaced_with_any_type_and_unset(lake: World) -> None:
    assert change(lake, values={"a": 1, "b": "x"}).values == {"a": 1.0, "b": "x"}
    assert change(lake, values={"a": "one"}).values == {"a": "one", "b": "x"}
    assert change(lake, values={"a": True}, unset=["b", "never there"]).values == {"a": True}
    assert change(lake, unset=["a"]).values == {}


def test_tags_are_a_set_in_order(lake: World) -> None:
    assert change(lake, tag=["b", "a", "b"]).tags == ("a", "b")
    assert change(lake, tag=["a", "c"], untag=["b", "never there"]).tags == ("a", "c")


def test_what_is_set_and_unset_at_once_is_unset(lake: World) -> None:
    assert change(lake, values={"a": 1}, unset=["a"], tag=["t"], untag=["t"]).values == {}
    assert get(lake).tags == ()


def test_every_version_has_its_own(lake: World) -> None:
    change(lake, FILES, "/a:1", values={"n": 1}, tag=["one"])
    change(lake, FILES, "/a", values={"n": 2})
    change(lake, FILESETS, "Set:1", values={"n": 3})
    assert [get(lake, FILES, each).values for each in ("/a:1", "/a:2", "/a", "/a@Set:1")] == [
        {"n": 1.0}, {"n": 2.0}, {"n": 2.0}, {"n": 1.0},
    ]  # fmt: skip
    assert [get(lake, FILESETS, each).values for each in ("Set:1", "@Set")] == [{"n": 3.0}, {}]
    assert (get(lake, FILES, "/a:1").tags, get(lake, FILES, "/a").tags) == (("one",), ())


def test_built_in_keys_are_shown_beside(lake: World) -> None:
    file = get(lake, FILES, "/a:1").built_in
    assert (file["path"], file["version"], file["size"], file["creator"]) == ("/a", 1.0, 3.0, "ada")
    assert isinstance(file["create_time"], datetime)
    fileset = get(lake).built_in
    assert (fileset["name"], fileset["version"], fileset["file_count"], fileset["size"]) == ("Set", 2.0, 1.0, 3.0)
    job = get(lake, JOBS, "1").built_in
    assert (job["name"], job["status"], job["cpu"], job["memory"], job["runtime"]) == ("train", "QUEUED", 1.0, 512.0, None)


@pytest.mark.parametrize(
    ("kind", "reference", "error"),
    [
        (FILES, "/b", FileNotFound), (FILES, "/a:3", FileNotFound), (FILES, "/", InvalidReference),
        (FILES, "/*", InvalidReference),
        (FILES, "@Set", InvalidReference), (FILES, "", InvalidReference), (FILESETS, "New", FilesetNotFound),
        (FILESETS, "Set:9", FilesetNotFound), (FILESETS, "/a", InvalidReference),
        (JOBS, "2", JobNotFound), (JOBS, "0", JobNotFound),
        (JOBS, "job_" + "0" * 32, JobNotFound), (JOBS, "train", InvalidRequest), (JOBS, "", InvalidRequest),
        (JOBS, "99999999999999999999", AcaiError), (JOBS, "١", AcaiError),
    ],
)  # fmt: skip
def test_what_is_not_there_carries_nothing(shared: World, kind: ArtifactKind, reference: str, error: type[AcaiError]) -> None:
    for use in (lambda: get(shared, kind, reference), lambda: change(shared, kind, reference, values={"a": 1})):
        with pytest.raises(error):
            use()


def test_an_artifact_carries_a_bounded_number_of_keys(lake: World) -> None:
    change(lake, values={f"k{number}": number for number in range(1000)})
    with pytest.raises(LimitExceeded):
        change(lake, values={"one more": 1}, tag=["t"])
    assert (len(get(lake).values), get(lake).tags) == (1000, ())
    change(lake, values={"one more": 1}, unset=["k0"])


def test_what_a_log_said_of_the_output_is_on_the_job_and_then_on_its_output(lake: World) -> None:
    with lake.store.begin() as unit:
        job = unit.jobs.by_number(lake.ada.project_id, 1)
        assert job is not None
        version = unit.filesets.get(lake.ada.project_id, "Set", None)
        assert version is not None
        artifact = Artifact(JOBS, job.id)
        unit.metadata.set(lake.ada.project_id, artifact, {"accuracy": 0.9, "epoch": 3.0}, staged=True)
        unit.metadata.set(lake.ada.project_id, artifact, {"epoch": 4.0})
        unit.metadata.copy_staged(lake.ada.project_id, job.id, version.id)
    assert get(lake, JOBS, "1").values == {"accuracy": 0.9, "epoch": 4.0}
    assert get(lake).values == {"accuracy": 0.9, "epoch": 3.0}


def test_another_projects_artifacts_are_not_there(lake: World) -> None:
    eve = lake.stranger()
    for kind, reference in ((FILES, "/a"), (FILESETS, "Set"), (JOBS, "1")):
        with pytest.raises((FileNotFound, FilesetNotFound, JobNotFound)):
            lake.metadata.get(eve, kind, reference)


def test_members_change_each_others_and_a_token_that_only_reads_changes_nothing(lake: World) -> None:
    lake.metadata.change(lake.bob, FILESETS, "Set", values={"by": "bob"})
    assert get(lake).values == {"by": "bob"}
    with pytest.raises(Forbidden):
        lake.metadata.change(replace(lake.ada, kind=TokenKind.LAKE), FILESETS, "Set", values={"by": "job"})
