"""File sets."""

from __future__ import annotations

from acai_jupyter.domain.errors import InvalidName
from acai_jupyter.domain.references import check_fileset_name
from acai_jupyter.wire import lake as wire
from acai_jupyter.wire.schemas import REQUESTS, TEXT, page, ref
from acai_server.routes import Call, Json, Route, bad_cursor, page_query


def create(call: Call) -> Json:
    made = call.platform.filesets.create(call.principal, call.body["name"], call.body["references"], call.idempotency_key)
    return {**wire.fileset(made.version), "unchanged": made.unchanged}


def list_filesets(call: Call) -> Json:
    limit = call.query.get("limit", 1000)
    found = call.platform.filesets.page(call.principal, _name_cursor(call), limit)
    following = found[-1].latest.name if len(found) == limit else None
    return wire.page([wire.fileset_summary(item) for item in found], following)


def _name_cursor(call: Call) -> str | None:
    text: str | None = call.query.get("cursor")
    try:
        return None if text is None else check_fileset_name(text)
    except InvalidName:
        raise bad_cursor() from None


def get(call: Call) -> Json:
    return wire.fileset(call.platform.filesets.get(call.principal, call.query["ref"]))


def versions(call: Call) -> Json:
    limit, after = call.query.get("limit", 1000), call.number_cursor(0)
    found = call.platform.filesets.versions(call.principal, call.query["name"], after, limit)
    return wire.page([wire.fileset(item) for item in found], str(found[-1].version) if len(found) == limit else None)


def delete(call: Call) -> Json:
    return wire.fileset(call.platform.deletions.delete_fileset(call.principal, call.query["ref"]))


def diff(call: Call) -> Json:
    query, limit = call.query, call.query.get("limit", 1000)
    changes = call.platform.filesets.diff(call.principal, query["before"], query["after"], limit, call.path_cursor())
    return wire.page([wire.change(item) for item in changes], changes[-1].path if len(changes) == limit else None)


ROUTES = [
    Route(
        "POST",
        "/filesets",
        "create_fileset",
        "A new version of a file set from references",
        create,
        ref("CreatedFileset"),
        body=REQUESTS["create_fileset"],
    ),
    Route("GET", "/filesets", "list_filesets", "File sets", list_filesets, page("FilesetSummary"), query=page_query()),
    Route(
        "GET",
        "/filesets/version",
        "get_fileset",
        "One version of a file set",
        get,
        ref("Fileset"),
        query={"ref": TEXT},
        required_query=("ref",),
    ),
    Route(
        "DELETE",
        "/filesets/version",
        "delete_fileset",
        "Delete one version of a file set that nothing used",
        delete,
        ref("Fileset"),
        query={"ref": TEXT},
        required_query=("ref",),
    ),
    Route(
        "GET",
        "/filesets/versions",
        "fileset_versions",
        "The versions of a file set, oldest first",
        versions,
        page("Fileset"),
        query=page_query(name=TEXT),
        required_query=("name",),
    ),
    Route(
        "GET",
        "/filesets/diff",
        "diff_filesets",
        "What differs between two file set versions",
        diff,
        page("Change"),
        query=page_query(before=TEXT, after=TEXT),
        required_query=("before", "after"),
    ),
]
