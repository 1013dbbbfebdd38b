"""Deleting file set versions: only what no action used goes, and the graph stays whole."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.lake import Lake

from acai_jupyter.domain.errors import FilesetNotFound, Forbidden, InvalidReference, StillUsed
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.provenance import Direction
from acai_jupyter.domain.queries import Asker

X = "/data/x"
ASKER = Asker(datetime(2026, 11, 21, tzinfo=UTC))


def labels(lake: Lake, name: str) -> list[str]:
    try:
        return [version.label for version in lake.filesets.versions(lake.owner, name, 0, 100)]
    except FilesetNotFound:
        return []


@pytest.fixture
def hot(lake: Lake) -> Lake:
    """Hot:1, Hot:2 and Hot:3, of which nothing was made."""
    for content in (b"1", b"2", b"3"):
        lake.put({X: content})
        lake.make("Hot", X)
    return lake


def test_a_version_that_nothing_used_goes_and_its_number_is_never_used_again(hot: Lake) -> None:
    assert hot.rm_set("Hot:3") == "Hot:3"
    assert labels(hot, "Hot") == ["Hot:1", "Hot:2"]
    assert hot.filesets.get(hot.owner, "Hot").label == "Hot:2"
    with pytest.raises(FilesetNotFound):
        hot.filesets.get(hot.owner, "Hot:3")
    assert hot.make("Hot", X) == "Hot:4"


def test_a_version_in_the_middle_goes_alone(hot: Lake) -> None:
    hot.rm_set("@Hot:2")
    assert labels(hot, "Hot") == ["Hot:1", "Hot:3"]
    assert hot.filesets.get(hot.owner, "Hot").label == "Hot:3"
    (listed,) = hot.filesets.page(hot.owner, None, 10)
    assert (listed.latest.label, listed.version_count) == ("Hot:3", 2)


def test_a_set_without_any_version_left_does_not_exist_and_goes_on_numbering(hot: Lake) -> None:
    for number in (1, 2, 3):
        hot.rm_set(f"Hot:{number}")
    assert labels(hot, "Hot") == []
    assert hot.filesets.page(hot.owner, None, 10) == []
    assert hot.make("Hot", X) == "Hot:4"


def test_files_stay_when_a_set_that_holds_them_goes(hot: Lake) -> None:
    hot.rm_set("Hot:1")
    assert hot.numbers(X) == [1, 2, 3]


@pytest.mark.parametrize("reference", ["Hot", "@Hot"])
def test_the_version_must_be_named(hot: Lake, reference: str) -> None:
    with pytest.raises(InvalidReference, match="Hot:3"):
        hot.rm_set(reference)
    assert labels(hot, "Hot") == ["Hot:1", "Hot:2", "Hot:3"]


@pytest.mark.parametrize("reference", ["Hot:9", "Cold:1"])
def test_what_is_not_there_can_not_be_deleted(hot: Lake, reference: str) -> None:
    with pytest.raises(FilesetNotFound):
        hot.rm_set(reference)


def test_a_version_from_which_another_was_made_stays_and_the_message_names_it(hot: Lake) -> None:
    hot.make("Merged", "@Hot:1")
    hot.make("Part", f"{X}@Hot:1")
    with pytest.raises(StillUsed, match="Hot:1 was used by file set Merged:1 and file set Part:1"):
        hot.rm_set("Hot:1")
    assert labels(hot, "Hot") == ["Hot:1", "Hot:2", "Hot:3"]


def test_once_what_was_made_from_it_is_deleted_a_version_can_go(hot: Lake) -> None:
    hot.make("Merged", "@Hot:1")
    hot.rm_set("Merged:1")
    assert hot.rm_set("Hot:1") == "Hot:1"


def test_a_jobs_input_and_code_stay_whatever_became_of_the_job(hot: Lake) -> None:
    hot.submit(input="Hot:1")
    hot.submit(code="@Hot:2")
    hot.registry.kill(hot.owner, "1")
    for number in (1, 2):
        with pytest.raises(StillUsed, match=f"Hot:{number} was used by job {number}:"):
            hot.rm_set(f"Hot:{number}")


def test_a_jobs_output_that_nothing_used_goes_and_the_job_remembers_its_name(hot: Lake) -> None:
    agent = hot.running(input="Hot:1", output="Model")
    agent.report(output_upload=agent.output({"m.pkl": b"m"}))
    assert labels(hot, "Model") == ["Model:1"]
    hot.rm_set("Model:1")
    assert labels(hot, "Model") == []
    assert hot.job(1).output_label == "Model:1"
    with pytest.raises(StillUsed, match="job 1"):
        hot.rm_set("Hot:1")


def test_a_deleted_version_is_no_node_of_the_graph(hot: Lake) -> None:
    hot.make("Merged", "@Hot:1", "@Hot:2")
    hot.make("Other", "@Hot:1")
    hot.rm_set("Merged:1")
    graph = hot.provenance.graph(hot.owner)
    assert sorted(node.label for node in graph.nodes) == ["Hot:1", "Hot:2", "Hot:3", "Other:1"]
    assert len(graph.edges) == 1
    forward = hot.provenance.trace(hot.owner, "Hot:1", Direction.FORWARD)
    assert sorted(node.label for node in forward.nodes) == ["Hot:1", "Other:1"]


def test_the_metadata_of_a_deleted_version_goes_with_it(hot: Lake) -> None:
    hot.metadata.change(hot.owner, ArtifactKind.FILESETS, "Hot:2", values={"model": "BERT"}, tag=["best"])
    hot.rm_set("Hot:2")
    with hot.store.read() as unit:
        version = unit.filesets.get(hot.owner.project_id, "Hot", 2)
    assert version is None
    assert hot.metadata.count(hot.owner, ArtifactKind.FILESETS, 'model == "BERT"', ASKER) == 0


def test_a_stranger_sees_nothing_of_it_and_a_deletion_is_told_of(hot: Lake) -> None:
    _, token = hot.access.create_project(hot.owner, "elsewhere", "eve")
    with pytest.raises(FilesetNotFound):
        hot.rm_set("Hot:1", who=hot.access.authenticate(token))
    hot.rm_set("Hot:1", who=hot.user("bob"))
    assert hot.told()[-1] is EventKind.FILESET_DELETED


def test_an_agent_deletes_nothing(hot: Lake) -> None:
    agent = hot.running(input="Hot:1")
    with pytest.raises(Forbidden):
        hot.rm_set("Hot:2", who=agent.principal)
