"""File sets and the graph that they make, as a user of Python sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acai_jupyter.client.client import Client
from acai_jupyter.client.provenance import Graph
from acai_jupyter.domain.errors import (
    EmptyFileset,
    FileNotFound,
    FilesetNotFound,
    InvalidName,
    InvalidReference,
    InvalidRequest,
)


@pytest.fixture(scope="module", autouse=True)
def world(client: Client) -> None:
    """Raw → Part; Raw → a job → Model; Model and Part → Mixed; and Lonely."""
    for name in ("a", "b", "c"):
        client.files.upload(name.encode(), f"/raw/{name}.txt")
    client.filesets.create("Raw", ["/raw/"])
    client.filesets.create("Part", ["/raw/a.txt@Raw"])
    job = client.jobs.submit("mkdir -p output; cp input/raw/b.txt output/m", input="Raw", output="Model", name="trains")
    assert job.wait(60).status == "FINISHED", job.logs()
    client.filesets.create("Mixed", ["@Model", "@Part"])
    client.files.upload(b"alone", "/alone", fileset="Lonely")


def edges(graph: Graph) -> set[tuple[str, str]]:
    names = {node.id: node.reference for node in graph.nodes}
    return {(names[edge["source"]], names[edge["target"]]) for edge in graph.edges}


def contents(client: Client, reference: str) -> dict[str, int]:
    return {file.path: file.version for file in client.filesets.files(reference)}


def test_later_references_override_earlier_ones(client: Client) -> None:
    client.filesets.create("Over", ["/raw/"])
    client.files.upload(b"a2", "/raw/a.txt")
    made = client.filesets.create("Over", ["@Over", "/raw/a.txt"])
    assert made.reference == "Over:2"
    assert contents(client, "Over") == {"/raw/a.txt": 2, "/raw/b.txt": 1, "/raw/c.txt": 1}
    client.filesets.create("Over", ["/raw/a.txt", "@Over:1"])
    assert contents(client, "Over:3")["/raw/a.txt"] == 1


def test_an_unchanged_set_makes_no_version(client: Client) -> None:
    first = client.filesets.create("Once", "/raw/b.txt")
    again = client.filesets.create("Once", "/raw/b.txt")
    assert (first.unchanged, again.unchanged, again.version) == (False, True, 1)


def test_lists_and_versions(client: Client) -> None:
    summaries = {item.name: item for item in client.filesets.list()}
    assert {"Raw", "Part", "Model", "Mixed", "Lonely"} <= summaries.keys()
    for n in range(3):
        client.files.upload(str(n).encode(), "/n", fileset="Counted")
    assert [item.reference for item in client.filesets.versions("Counted")] == ["Counted:1", "Counted:2", "Counted:3"]
    assert client.filesets.get("Counted").version == 3
    assert client.filesets.get("Counted:2") == client.filesets.get("@Counted:2")
    assert str(client.filesets.list().to_frame()["version_count"].dtype) == "Int64"


def test_what_differs_between_two_versions(client: Client) -> None:
    client.filesets.create("Left", ["/raw/a.txt:1", "/raw/b.txt"])
    client.files.upload(b"a3", "/raw/a.txt")
    client.filesets.create("Right", ["/raw/a.txt", "/raw/c.txt"])
    changes = {change.path: (change.before, change.after) for change in client.filesets.diff("Left", "Right")}
    latest = client.files.get("/raw/a.txt").version
    assert changes == {"/raw/a.txt": (1, latest), "/raw/b.txt": (1, None), "/raw/c.txt": (None, 1)}
    assert len(client.filesets.diff("Left", "Left").to_frame()) == 0


@pytest.mark.parametrize(
    ("name", "references", "error"),
    [
        ("Bad name", ["/raw/"], InvalidName),
        ("", ["/raw/"], InvalidName),
        ("Set", [], EmptyFileset),
        ("Set", ["/nothing/"], FileNotFound),
        ("Set", ["/raw/none.txt"], FileNotFound),
        ("Set", ["/raw/*.csv"], FileNotFound),
        ("Set", ["@Nothing"], FilesetNotFound),
        ("Set", ["@Raw:99"], FilesetNotFound),
        ("Set", ["/nothing/@Raw"], EmptyFileset),
        ("Set", ["raw/"], InvalidReference),
        ("Set", ["/raw/", "/a/../b"], InvalidReference),
    ],
)
def test_a_set_that_cant_be_is_not_made(client: Client, name: str, references: list[str], error: type[Exception]) -> None:
    before = client.filesets.list()
    with pytest.raises(error):
        client.filesets.create(name, references)
    assert client.filesets.list() == before


def test_one_step_and_the_whole_way(client: Client) -> None:
    assert edges(client.provenance.forward("Raw")) == {("Raw:1", "Part:1"), ("Raw:1", "Model:1")}
    assert edges(client.provenance.backward("Mixed")) == {("Model:1", "Mixed:1"), ("Part:1", "Mixed:1")}
    whole = {("Raw:1", "Part:1"), ("Raw:1", "Model:1"), ("Model:1", "Mixed:1"), ("Part:1", "Mixed:1")}
    assert edges(client.provenance.trace("Mixed")) == whole
    assert edges(client.provenance.trace("Raw", "forward")) == whole
    assert edges(client.provenance.trace("Raw", "forward", depth=1)) == {("Raw:1", "Part:1"), ("Raw:1", "Model:1")}
    assert edges(client.provenance.trace("Lonely")) == set()
    assert [node.reference for node in client.provenance.trace("Lonely").nodes] == ["Lonely:1"]
    assert whole <= edges(client.provenance.graph())


def test_a_graph_says_when_it_is_not_whole(client: Client) -> None:
    part = client.provenance.trace("Raw", "forward", limit=2)
    assert part.truncated
    assert len(part.nodes) == 2
    reached = len(client.provenance.trace("Raw", "forward").nodes)
    assert not client.provenance.trace("Raw", "forward", limit=reached).truncated


def test_as_networkx(client: Client) -> None:
    import networkx as nx

    graph = client.provenance.trace("Mixed").to_networkx()
    assert nx.is_directed_acyclic_graph(graph)
    assert set(graph) == {"Raw:1", "Part:1", "Model:1", "Mixed:1"}
    assert graph.nodes["Raw:1"]["name"] == "Raw"
    assert graph.nodes["Model:1"]["id"].startswith("filesetversion_")
    assert graph.edges["Raw:1", "Model:1"]["kind"] == "job"
    assert graph.edges["Raw:1", "Model:1"]["label"] == "trains"
    assert nx.ancestors(graph, "Mixed:1") == {"Raw:1", "Part:1", "Model:1"}


def test_as_a_frame_with_stable_types(client: Client) -> None:
    full, none = client.provenance.trace("Mixed").to_frame(), client.provenance.trace("Lonely").to_frame()
    assert dict(full.dtypes) == dict(none.dtypes)
    assert full[full.kind == "job"]["job_number"].tolist() == [1]
    assert (len(full), len(none)) == (4, 0)


def test_as_w3c_prov(client: Client) -> None:
    from prov.model import ProvDocument

    told = client.provenance.trace("Mixed").to_prov()
    read = ProvDocument.deserialize(content=json.dumps(told), format="json")
    assert len([record for record in read.get_records() if record.is_element()]) == 4 + 4 + 1
    assert {value["prov:label"] for value in told["entity"].values()} == {"Raw:1", "Part:1", "Model:1", "Mixed:1"}
    assert len(told["wasDerivedFrom"]) == 4


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda client: client.provenance.trace("Nothing"), FilesetNotFound),
        (lambda client: client.provenance.trace("Raw", "sideways"), InvalidRequest),
        (lambda client: client.provenance.forward("/raw/"), InvalidReference),
        (lambda client: client.filesets.get("Raw:0"), InvalidReference),
        (lambda client: client.filesets.versions("Nothing"), FilesetNotFound),
        (lambda client: client.filesets.diff("Raw", "Nothing"), FilesetNotFound),
    ],
)
def test_mistakes(client: Client, call: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(client)  # type: ignore[operator]


def test_what_a_job_wrote_taken_by_path_brings_its_output_as_a_source(client: Client, tmp_path: Path) -> None:
    client.filesets.create("ByPath", ["/Model/m"])
    assert edges(client.provenance.backward("ByPath")) == {("Model:1", "ByPath:1")}
