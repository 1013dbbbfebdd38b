"""The room that things take, and what keeps the store in order."""

from __future__ import annotations

from acai_jupyter.wire import care as wire
from acai_jupyter.wire.schemas import TEXT, ref
from acai_server.pools import BULK
from acai_server.routes import Call, Json, Route


def usage(call: Call) -> Json:
    reference = call.query["ref"]
    return wire.usage(reference, call.platform.usage.of(call.principal, reference))


def store_usage(call: Call) -> Json:
    return wire.store_usage(call.platform.usage.of_store(call.principal))


ROUTES = [
    Route(
        "GET",
        "/storage/usage",
        "usage",
        "The room that a file, a folder or a file set takes",
        usage,
        ref("Usage"),
        query={"ref": TEXT},
        required_query=("ref",),
        pool=BULK,
    ),
    Route(
        "GET",
        "/storage",
        "store_usage",
        "The room that the project takes in the object store",
        store_usage,
        ref("StoreUsage"),
        pool=BULK,
    ),
]
