"""Files: listings, versions, downloads."""

from __future__ import annotations

from acai_jupyter.domain.clock import read as read_time
from acai_jupyter.domain.positions import Position, read_position
from acai_jupyter.wire import lake as wire
from acai_jupyter.wire.schemas import BOOLEAN, HEAD, REQUESTS, TEXT, page, ref
from acai_server.routes import Call, Json, Route, bad_cursor, page_query


def list_files(call: Call) -> Json:
    reference, limit = call.query["ref"], call.query.get("limit", 1000)
    cursor = _position(call)
    if call.query.get("recursive", True):
        files, following = call.platform.files.page(call.principal, reference, cursor, limit)
        return wire.page([wire.file(item) for item in files], _cursor(following))
    entries, following = call.platform.files.one_level(call.principal, reference, cursor, limit)
    return wire.page([{"folder": item} if isinstance(item, str) else wire.file(item) for item in entries], _cursor(following))


def versions(call: Call) -> Json:
    limit, after = call.query.get("limit", 1000), call.number_cursor(0)
    deleted = call.query.get("deleted", False)
    found = call.platform.files.versions(call.principal, call.query["path"], after, limit, deleted)
    return wire.page([wire.file(item) for item in found], str(found[-1].version) if len(found) == limit else None)


def downloads(call: Call) -> Json:
    reference, limit = call.query["ref"], call.query.get("limit", 1000)
    if "head" in call.query:
        found, head = call.platform.files.download(call.principal, reference, call.query["head"], call.base_url)
        return {**wire.fetchable(found, None, call.shares_disk), **wire.head(head)}
    page, following = call.platform.files.downloads(call.principal, reference, _position(call), limit, call.base_url)
    return wire.fetchable(page, _cursor(following), call.shares_disk)


def delete(call: Call) -> Json:
    reference, recursive = call.query["ref"], call.query.get("recursive", False)
    done = call.platform.deletions.delete_files(call.principal, reference, recursive, call.idempotency_key, _position(call))
    return wire.deletion(reference, done)


def restore(call: Call) -> Json:
    reference, since = call.body["reference"], call.body.get("since")
    done = call.platform.deletions.restore_files(
        call.principal, reference, 0 if since is None else read_time(since), call.idempotency_key
    )
    return wire.restoration(reference, done)


def _position(call: Call) -> Position | None:
    """Raises InvalidRequest."""
    text = call.query.get("cursor")
    if text is None:
        return None
    position = read_position(text)
    if position is None:
        raise bad_cursor()
    return position


def _cursor(following: Position | None) -> str | None:
    return None if following is None else str(following)


ROUTES = [
    Route(
        "GET",
        "/files",
        "list_files",
        "The files that a reference means; one level of a folder where recursive is false",
        list_files,
        page("Entry"),
        query=page_query(ref=TEXT, recursive=BOOLEAN),
        required_query=("ref",),
    ),
    Route(
        "DELETE",
        "/files",
        "delete_files",
        "Hide files by tombstones, or delete one version of a file",
        delete,
        ref("Deletion"),
        query={"ref": TEXT, "recursive": BOOLEAN, "cursor": TEXT},
        required_query=("ref",),
    ),
    Route(
        "POST",
        "/files/restore",
        "restore_files",
        "Bring back what tombstones hide, or only what was hidden since a time",
        restore,
        ref("Restoration"),
        body=REQUESTS["restore_files"],
    ),
    Route(
        "GET",
        "/files/versions",
        "file_versions",
        "The versions of a file, oldest first; with deleted also tombstones, and the marks of deleted versions",
        versions,
        page("File"),
        query=page_query(path=TEXT, deleted=BOOLEAN),
        required_query=("path",),
    ),
    Route(
        "GET",
        "/files/downloads",
        "download_files",
        "How to fetch the files that a reference means",
        downloads,
        ref("FetchableFiles"),
        query=page_query(ref=TEXT, head=HEAD),
        required_query=("ref",),
    ),
]
