"""Metadata and queries."""

from __future__ import annotations

from datetime import UTC, datetime

from acai_jupyter.domain.access import Right
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.queries import Asker
from acai_jupyter.wire import lake as wire
from acai_jupyter.wire.schemas import INTEGER, REQUESTS, TEXT, answer, one_of, ref
from acai_jupyter.wire.values import value_from_json, value_to_json
from acai_server.routes import Call, Json, Route, for_holders_of


def get(call: Call) -> Json:
    kind = _kind(call.query["kind"])
    return wire.metadata(call.platform.metadata.get(call.principal, kind, call.query["ref"]))


def change(call: Call) -> Json:
    body = call.body
    changed = call.platform.metadata.change(
        call.principal,
        ArtifactKind(body["kind"]),
        body["reference"],
        values={key: value_from_json(value) for key, value in body.get("set", {}).items()},
        unset=body.get("unset", ()),
        tag=body.get("tag", ()),
        untag=body.get("untag", ()),
    )
    return wire.metadata(changed)


def find(call: Call) -> Json:
    body = call.body
    columns = call.platform.metadata.find(
        call.principal,
        ArtifactKind(body["kind"]),
        body.get("query", ""),
        _asker(call),
        order_by=body.get("order_by", ()),
        limit=body.get("limit", 1000),
        columns=body.get("columns"),
        latest=body.get("latest", False),
    )
    return {"columns": [wire.column(item) for item in columns]}


def count(call: Call) -> Json:
    kind, query = ArtifactKind(call.body["kind"]), call.body.get("query", "")
    return {"count": call.platform.metadata.count(call.principal, kind, query, _asker(call), call.body.get("latest", False))}


def extreme(call: Call) -> Json:
    body = call.body
    value = call.platform.metadata.extreme(
        call.principal, ArtifactKind(body["kind"]), body["key"], body.get("query", ""), _asker(call), body["greatest"]
    )
    return {"value": value_to_json(value)}


def _kind(text: str) -> ArtifactKind:
    try:
        return ArtifactKind(text)
    except ValueError:
        raise InvalidRequest(f"{text[:40]!r} carries no metadata: use {', '.join(ArtifactKind)}.") from None


def _asker(call: Call) -> Asker:
    """The asker's day; without one, that of UTC."""
    text = call.body.get("midnight")
    if text is None:
        return Asker(datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    try:
        midnight = datetime.fromisoformat(text)
    except ValueError:
        midnight = None
    if midnight is None or midnight.tzinfo is None:
        raise InvalidRequest("midnight is a time with an offset, such as 2026-11-20T00:00:00+01:00.")
    return Asker(midnight)


_QUERIES = [
    Route("POST", "/find", "find", "Files, file sets or jobs that match a query", find, ref("Table"), REQUESTS["find"]),
    Route("POST", "/count", "count", "How many match", count, answer(count=INTEGER), REQUESTS["count"]),
    Route("POST", "/extreme", "extreme", "The greatest or least value of a key", extreme, answer(value={}), REQUESTS["extreme"]),
]

ROUTES = [
    Route(
        "GET",
        "/metadata",
        "get_metadata",
        "What a file, a file set or a job carries",
        get,
        ref("Metadata"),
        query={"kind": one_of(*ArtifactKind), "ref": TEXT},
        required_query=("kind", "ref"),
    ),
    Route(
        "PATCH",
        "/metadata",
        "change_metadata",
        "Set and unset keys, add and remove tags",
        change,
        ref("Metadata"),
        body=REQUESTS["change_metadata"],
    ),
    *for_holders_of([Right.READ], _QUERIES),
]
