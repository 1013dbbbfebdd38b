"""The room that things take, and what keeps the store in order."""

from __future__ import annotations

from acai_jupyter.domain.access import Right
from acai_jupyter.wire import care as wire
from acai_jupyter.wire.schemas import REQUESTS, TEXT, ref
from acai_server.pools import BULK
from acai_server.routes import Call, Json, Route


def usage(call: Call) -> Json:
    reference = call.query["ref"]
    return wire.usage(reference, call.platform.usage.of(call.principal, reference))


def store_usage(call: Call) -> Json:
    return wire.store_usage(call.platform.usage.of_store(call.principal))


def collect_garbage(call: Call) -> Json:
    step = call.platform.garbage.step(call.principal, call.body.get("cursor"), call.body["run"])
    return wire.garbage_step(step)


def check(call: Call) -> Json:
    step = call.platform.check.step(call.principal, call.body.get("cursor"), call.body.get("digests", True))
    return wire.check_step(step)


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
    Route(
        "POST",
        "/storage/garbage",
        "collect_garbage",
        "One step of looking for garbage, from a cursor on; with run it is removed",
        collect_garbage,
        ref("GarbageStep"),
        body=REQUESTS["collect_garbage"],
        pool=BULK,
        rights=(Right.LOOK_AFTER,),
    ),
    Route(
        "POST",
        "/storage/check",
        "check_storage",
        "One step of checking the database and the object store, from a cursor on",
        check,
        ref("CheckStep"),
        body=REQUESTS["check_storage"],
        pool=BULK,
        rights=(Right.LOOK_AFTER,),
    ),
]
