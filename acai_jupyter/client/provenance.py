"""The provenance graph: where data came from, and what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.records import Fileset, fileset_record
from acai_jupyter.client.transport import Json, Transport

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd


_COLUMNS: Final = {
    "source": "text",
    "target": "text",
    "kind": "text",
    "job_number": "integer",
    "label": "text",
    "creator": "text",
    "create_time": "time",
    "action": "text",
    "job": "text",
}


@dataclass(frozen=True)
class Graph:
    """A part of the graph. `nodes` are file set versions, `actions` what made them, `edges` lead from source to result.

    `truncated` says that it was too large to be shown whole.
    """

    nodes: tuple[Fileset, ...]
    actions: tuple[Json, ...]
    edges: tuple[Json, ...]
    truncated: bool

    def to_networkx(self) -> nx.DiGraph[str]:
        """A networkx graph: nodes are `Name:version` with their fields as attributes, edges carry the action."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        names = {node.id: node.reference for node in self.nodes}
        actions = {action["id"]: action for action in self.actions}
        for node in self.nodes:
            graph.add_node(
                node.reference,
                id=node.id,
                name=node.name,
                version=node.version,
                file_count=node.file_count,
                size=node.size,
                creator=node.creator,
                create_time=node.create_time,
                job=node.job,
            )
        for edge in self.edges:
            graph.add_edge(names[edge["source"]], names[edge["target"]], **_attributes(actions[edge["action"]]))
        return graph

    def to_frame(self) -> pd.DataFrame:
        """A row an edge: `source`, `target`, and the action between them."""
        from acai_jupyter.client.frames import frame

        names = {node.id: node.reference for node in self.nodes}
        actions = {action["id"]: action for action in self.actions}
        rows = [
            {"source": names[edge["source"]], "target": names[edge["target"]], **_attributes(actions[edge["action"]])}
            for edge in self.edges
        ]
        return frame(_COLUMNS, rows)

    def to_prov(self) -> Json:
        """W3C PROV-JSON: file set versions are entities, actions activities, users agents."""
        from acai_jupyter.client.prov_json import document

        return document(self.nodes, self.actions, self.edges)

    def to_json(self) -> str:
        """The graph as JSON text."""
        return json.dumps({"nodes": [node.reference for node in self.nodes], "edges": list(self.edges)})

    def __repr__(self) -> str:
        if not self.edges:
            return f"{len(self.nodes)} file set versions, no edges"
        return self.to_frame()[["source", "target", "kind", "job_number", "label"]].to_string(index=False)


class Provenance:
    """Arrows point along the data: forward goes to results, backward to sources."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def graph(self, limit: int = 10_000) -> Graph:
        """The whole graph of the project; the newest nodes where there are more than `limit`."""
        return _graph(self._transport, self._transport.get("/provenance/graph", limit=limit))

    def forward(self, reference: str) -> Graph:
        """One step to results. Raises InvalidReference, FilesetNotFound."""
        return _graph(self._transport, self._transport.get("/provenance/forward", ref=str(reference)))

    def backward(self, reference: str) -> Graph:
        """One step to sources. Raises InvalidReference, FilesetNotFound."""
        return _graph(self._transport, self._transport.get("/provenance/backward", ref=str(reference)))

    def trace(self, reference: str, direction: str = "backward", depth: int | None = None, limit: int = 10_000) -> Graph:
        """All that a file set version came from (`backward`) or led to (`forward`), at most `depth` actions away.

        Raises InvalidReference, FilesetNotFound, InvalidRequest.
        """
        answer = self._transport.get("/provenance/trace", ref=str(reference), direction=direction, depth=depth, limit=limit)
        return _graph(self._transport, answer)


def _graph(transport: Transport, given: Json) -> Graph:
    nodes = tuple(fileset_record(transport, item) for item in given["nodes"])
    return Graph(nodes, tuple(given["actions"]), tuple(given["edges"]), bool(given["truncated"]))


def _attributes(action: Json) -> dict[str, Any]:
    shown = {name: action[name] for name in ("kind", "job_number", "label", "creator", "create_time", "job")}
    return {**shown, "action": action["id"]}
