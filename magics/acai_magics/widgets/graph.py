"""The provenance graph, drawn: file sets are nodes, arrows lead from source to result."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import ipycytoscape
import ipywidgets

from acai_jupyter.client.html_tables import table_html
from acai_jupyter.client.provenance import Graph
from acai_magics.widgets.parts import bundle, fields_html

_MOST_NODES: Final = 300
_STYLE: Final = [
    {
        "selector": "node",
        "css": {
            "content": "data(label)",
            "shape": "round-rectangle",
            "width": "label",
            "height": "28px",
            "padding": "8px",
            "text-valign": "center",
            "color": "white",
            "font-size": "13px",
            "background-color": "#1565c0",
        },
    },
    {"selector": "node[by = 'creation']", "css": {"background-color": "#546e7a"}},
    {"selector": "node:selected", "css": {"border-width": "3px", "border-color": "#f57c00"}},
    {
        "selector": "edge",
        "css": {
            "label": "data(label)",
            "curve-style": "bezier",
            "target-arrow-shape": "triangle",
            "line-color": "#90a4ae",
            "target-arrow-color": "#90a4ae",
            "font-size": "12px",
            "color": "#78909c",
            "text-margin-y": "-9px",
        },
    },
]


class ProvenanceView(ipywidgets.VBox):
    """Draws a graph from left to right; a click on a node tells about it."""

    def __init__(self, graph: Graph) -> None:
        self._about = ipywidgets.HTML()
        self._fields = {node.reference: node for node in graph.nodes}
        self.drawing = ipycytoscape.CytoscapeWidget(layout={"height": "280px"})
        self.drawing.graph.add_graph_from_json(_elements(graph), directed=True)
        self.drawing.max_zoom = 1.3
        self.drawing.set_layout(name="dagre", rankDir="LR", rankSep=170, nodeSep=30, animate=False)
        self.drawing.set_style(_STYLE)
        self.drawing.on("node", "click", self._on_click)
        cut = [ipywidgets.HTML(_cut_html(graph))] if graph.truncated else []
        super().__init__([*cut, self.drawing, self._about])
        self.add_class("acai-ProvenanceView")

    def _on_click(self, node: dict[str, Any]) -> None:
        fileset = self._fields.get(node["data"]["id"])
        if fileset is not None:
            about = {"files": fileset.file_count, "bytes": fileset.size, "by": fileset.creator, "at": fileset.create_time}
            self._about.value = f"<b>{escape(fileset.reference)}</b>{fields_html(about)}"


def graph_bundle(graph: Graph) -> dict[str, Any]:
    """A graph for display: drawn where it has edges and is not too large to be read, and as a table."""
    table = _cut_html(graph) + table_html(graph.to_frame()[["source", "target", "kind", "job_number", "label"]])
    if not graph.nodes or len(graph.nodes) > _MOST_NODES:
        return {"text/plain": repr(graph), "text/html": table}
    return bundle(lambda: ProvenanceView(graph), repr(graph), table)


def _cut_html(graph: Graph) -> str:
    """That there is more of the graph; empty where there is not."""
    if not graph.truncated:
        return ""
    return f"<p>This is not all: it was cut at {len(graph.nodes):,} file set versions. A greater limit gives more of it.</p>"


def _elements(graph: Graph) -> dict[str, Any]:
    names = {node.id: node.reference for node in graph.nodes}
    actions = {action["id"]: action for action in graph.actions}
    nodes = [
        {"data": {"id": node.reference, "label": node.reference, "by": "job" if node.job else "creation"}} for node in graph.nodes
    ]
    edges = [
        {
            "data": {
                "id": f"{edge['source']}-{edge['target']}",
                "source": names[edge["source"]],
                "target": names[edge["target"]],
                "label": _action_label(actions[edge["action"]]),
            }
        }
        for edge in graph.edges
    ]
    return {"nodes": nodes, "edges": edges}


def _action_label(action: dict[str, Any]) -> str:
    if action["job_number"] is None:
        return ""
    return f"job {action['job_number']}" + (f" {action['label'][:24]}" if action["label"] else "")
