"""Provenance: what came from what, one step or all the way, along the data (paper 3.2.4, 4.5.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acai_jupyter.domain.access import TokenKind
from acai_jupyter.domain.errors import AcaiError, FilesetNotFound, Forbidden, InvalidReference, InvalidRequest
from acai_jupyter.domain.provenance import ActionKind, Direction, Graph
from tests.unit.lake.world import World

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


@pytest.fixture(scope="module")
def lake(shared_world: World) -> World:
    """Raw → Split → Model A and Model B → Best (merged), and Alone beside them.

    Split is a job's; the models are jobs' that read Split; Best is made of both."""
    world = shared_world
    world.put({"/raw": b"raw"}, "Raw")
    world.put({"/alone": b""}, "Alone")
    split = world.run(
        {"/split/train": b"1", "/split/test": b"2"}, "Split", [world.filesets.get(world.ada, "Raw").id], name="split"
    )
    for name in "AB":
        world.run({f"/model/{name}": name.encode()}, f"Model{name}", [split.id], name=f"train {name}")
    world.filesets.create(world.ada, "Best", ["@ModelA", "/model/B", "/split/test@Split"])
    return world


def nodes(graph: Graph) -> set[str]:
    return {node.label.removesuffix(":1") for node in graph.nodes}


def edges(graph: Graph) -> set[str]:
    labels = {node.id: node.label.removesuffix(":1") for node in graph.nodes}
    return {f"{labels[edge.source]}>{labels[edge.target]}" for edge in graph.edges}


@pytest.mark.parametrize(
    ("start", "direction", "depth", "found"),
    [
        ("Best", BACKWARD, 1, "ModelA>Best ModelB>Best Split>Best"),
        ("Best", BACKWARD, 2, "ModelA>Best ModelB>Best Split>Best Split>ModelA Split>ModelB Raw>Split"),
        ("Best", BACKWARD, None, "ModelA>Best ModelB>Best Split>Best Split>ModelA Split>ModelB Raw>Split"),
        ("Best", FORWARD, None, ""),
        ("Raw", FORWARD, 1, "Raw>Split"),
        ("Raw", FORWARD, 2, "Raw>Split Split>ModelA Split>ModelB Split>Best"),
        ("Raw", FORWARD, None, "Raw>Split Split>ModelA Split>ModelB Split>Best ModelA>Best ModelB>Best"),
        ("Raw", BACKWARD, None, ""),
        ("ModelA", BACKWARD, None, "Split>ModelA Raw>Split"),
        ("ModelA", FORWARD, None, "ModelA>Best"),
        ("Alone", FORWARD, None, ""),
    ],
)
def test_a_trace_follows_every_way_once_as_deep_as_asked(
    lake: World, start: str, direction: Direction, depth: int | None, found: str
) -> None:
    graph = lake.provenance.trace(lake.ada, start, direction, depth)
    assert edges(graph) == set(found.split())
    assert nodes(graph) == {start, *(node for edge in found.split() for node in edge.split(">"))}
    assert not graph.truncated


def test_a_step_is_a_trace_of_one_action(lake: World) -> None:
    for direction in Direction:
        assert lake.provenance.step(lake.ada, "Split", direction) == lake.provenance.trace(lake.ada, "@Split:1", direction, 1)


def test_the_whole_graph_holds_every_version_and_what_made_it(lake: World) -> None:
    graph = lake.provenance.graph(lake.ada)
    assert nodes(graph) == {"Raw", "Alone", "Split", "ModelA", "ModelB", "Best"}
    assert edges(graph) == edges(lake.provenance.trace(lake.ada, "Raw", FORWARD))
    by_kind = {kind: sorted(action.label or "" for action in graph.actions if action.kind is kind) for kind in ActionKind}
    assert by_kind[ActionKind.JOB] == ["split", "train A", "train B"]
    assert len(by_kind[ActionKind.CREATION]) == 3
    jobs = [action for action in graph.actions if action.job_id is not None]
    assert sorted((action.job_number, action.creator) for action in jobs) == [(1, "ada"), (2, "ada"), (3, "ada")]
    assert {edge.action for edge in graph.edges} <= {action.id for action in graph.actions}


def test_a_graph_that_is_cut_keeps_the_newest_and_says_so(lake: World) -> None:
    graph = lake.provenance.graph(lake.ada, limit=3)
    assert nodes(graph) == {"ModelA", "ModelB", "Best"}
    assert edges(graph) == {"ModelA>Best", "ModelB>Best"}
    assert graph.truncated
    assert not lake.provenance.graph(lake.ada, limit=6).truncated


@pytest.mark.parametrize("depth", [0, -1])
def test_a_depth_out_of_bounds_is_refused(lake: World, depth: int) -> None:
    with pytest.raises(InvalidRequest):
        lake.provenance.trace(lake.ada, "Best", BACKWARD, depth)


@pytest.mark.parametrize(
    ("reference", "error"),
    [("New", FilesetNotFound), ("Best:2", FilesetNotFound), ("/raw", InvalidReference), ("", InvalidReference)],
)
def test_what_is_not_there_has_no_trace(lake: World, reference: str, error: type[AcaiError]) -> None:
    with pytest.raises(error):
        lake.provenance.trace(lake.ada, reference, FORWARD)


def test_another_project_sees_nothing_of_it(lake: World) -> None:
    eve = lake.stranger()
    assert lake.provenance.graph(eve) == Graph((), (), ())
    with pytest.raises(FilesetNotFound):
        lake.provenance.trace(eve, "Best", BACKWARD)


def test_a_jobs_reading_token_may_look_and_its_agent_may_not(lake: World) -> None:
    agent = lake.agent(lake.job())
    assert nodes(lake.provenance.graph(replace(agent, kind=TokenKind.LAKE))) >= {"Raw", "Best"}
    with pytest.raises(Forbidden):
        lake.provenance.graph(agent)


def test_versions_of_one_set_are_different_nodes(world: World) -> None:
    world.put({"/a": b"1", "/b": b"1"}, "Set")
    for number in range(2, 5):
        world.put({"/a": b"%d" % number})
        world.filesets.create(world.ada, "Set", ["@Set", "/a"])
    graph = world.provenance.trace(world.ada, "Set", BACKWARD)
    assert {node.label for node in graph.nodes} == {"Set:1", "Set:2", "Set:3", "Set:4"}
    assert len(graph.edges) == 3
    assert {node.label for node in world.provenance.trace(world.ada, "Set:2", FORWARD).nodes} == {"Set:2", "Set:3", "Set:4"}


def test_a_graph_with_very_many_ways_is_searched_in_no_time(world: World) -> None:
    """Each layer reads both of the layer before: ways double with every layer, nodes and edges don't."""
    world.put({"/0/0": b"", "/0/1": b""}, "L0x0")
    world.filesets.create(world.ada, "L0x1", ["/0/1"])
    for layer in range(1, 25):
        for side in (0, 1):
            world.put({f"/{layer}/{side}": b""})
            world.filesets.create(world.ada, f"L{layer}x{side}", [f"@L{layer - 1}x0", f"@L{layer - 1}x1", f"/{layer}/{side}"])
    graph = world.provenance.trace(world.ada, "L24x0", BACKWARD)
    assert len(graph.nodes) == 49
    assert len(graph.edges) == 94
