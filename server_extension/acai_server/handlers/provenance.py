"""The provenance graph."""

from __future__ import annotations

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.provenance import Direction
from acai_jupyter.wire import lake as wire
from acai_jupyter.wire.schemas import INTEGER, TEXT, one_of, ref
from acai_server.routes import Call, Json, Route

_LIMIT = {**INTEGER, "minimum": 1, "maximum": 100_000}


def graph(call: Call) -> Json:
    return wire.graph(call.platform.provenance.graph(call.principal, call.query.get("limit", 10_000)))


def forward(call: Call) -> Json:
    return wire.graph(call.platform.provenance.step(call.principal, call.query["ref"], Direction.FORWARD))


def backward(call: Call) -> Json:
    return wire.graph(call.platform.provenance.step(call.principal, call.query["ref"], Direction.BACKWARD))


def trace(call: Call) -> Json:
    text = call.query.get("direction", Direction.BACKWARD)
    if text not in set(Direction):
        raise InvalidRequest(f"{text[:40]!r} is no direction: use forward or backward.")
    traced = call.platform.provenance.trace(
        call.principal, call.query["ref"], Direction(text), call.query.get("depth"), call.query.get("limit", 10_000)
    )
    return wire.graph(traced)


_STEP = {"ref": TEXT}

ROUTES = [
    Route("GET", "/provenance/graph", "graph", "The whole graph", graph, ref("Graph"), query={"limit": _LIMIT}),
    Route("GET", "/provenance/forward", "forward", "One step to results", forward, ref("Graph"), None, _STEP, ("ref",)),
    Route("GET", "/provenance/backward", "backward", "One step to sources", backward, ref("Graph"), None, _STEP, ("ref",)),
    Route(
        "GET",
        "/provenance/trace",
        "trace",
        "All that a file set version came from, or led to",
        trace,
        ref("Graph"),
        query={"ref": TEXT, "direction": one_of(*Direction), "depth": {**INTEGER, "minimum": 1}, "limit": _LIMIT},
        required_query=("ref",),
    ),
]
