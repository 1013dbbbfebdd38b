"""Upload sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from acai_jupyter.domain.access import Right
from acai_jupyter.domain.clock import write as write_time
from acai_jupyter.domain.digests import Digest, part_sizes
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.ids import Kind, read, write
from acai_jupyter.domain.transfers import SignedUpload
from acai_jupyter.domain.uploads import CarriedFile, ObjectKind, Purpose, UploadSession, WantedObject
from acai_jupyter.wire import lake as wire
from acai_jupyter.wire.schemas import REQUESTS, page, ref
from acai_server.pools import BULK
from acai_server.routes import Call, Json, Route, for_holders_of, page_query

if TYPE_CHECKING:
    from acai_jupyter.lake.bases import Base
    from acai_jupyter.lake.upload_steps import Declared
    from acai_jupyter.lake.uploads import Finished


_NO_FILES: Final[Json] = {"path": [], "size": [], "digest": []}


def begin(call: Call) -> Json:
    declared = call.platform.uploads.begin(
        call.principal,
        Purpose(call.body["purpose"]),
        wire.declared_files(call.body.get("files", _NO_FILES)),
        call.body.get("fileset"),
        call.idempotency_key,
        _base(call.body),
    )
    return _declared(call, declared)


def add_files(call: Call) -> Json:
    files = wire.declared_files(call.body["files"])
    return _declared(call, call.platform.uploads.add_files(call.principal, _upload_id(call), call.body["first"], files))


def register(call: Call) -> Json:
    body, registrations = call.body, call.platform.registrations
    if ("source" in body) == ("reference" in body):
        raise InvalidRequest("Name the 'source' of data, or give the 'reference' of a file that is registered already.")
    where = call.principal, _upload_id(call)
    if "reference" in body:
        step = registrations.copy(*where, body["reference"], body["destination"], body["first"])
    else:
        step = registrations.step(*where, body["source"], body["destination"], body["first"], body.get("cursor"))
    return {"count": step.count, "size": step.size, "cursor": step.cursor, "skipped": list(step.skipped)}


def urls(call: Call) -> Json:
    wanted = [_wanted(item) for item in call.body["objects"]]
    signed = call.platform.uploads.urls(call.principal, _upload_id(call), wanted, call.base_url)
    sizes = {item.ordinal: item for item in wanted}
    socket = call.platform.open_files if call.shares_disk else None
    told = [(ordinal, _requests(sizes[ordinal], upload, socket)) for ordinal, upload in signed]
    return {"objects": [{"ordinal": ordinal, "requests": requests} for ordinal, requests in told]}


def seal(call: Call) -> Json:
    session = call.platform.uploads.seal(call.principal, _upload_id(call))
    return _finished(call.platform.uploads.get(call.principal, session.id))


def commit(call: Call) -> Json:
    return _finished(call.platform.uploads.commit(call.principal, _upload_id(call)))


def abort(call: Call) -> Json:
    session = call.platform.uploads.abort(call.principal, _upload_id(call))
    return _finished(call.platform.uploads.get(call.principal, session.id))


def get(call: Call) -> Json:
    return _finished(call.platform.uploads.get(call.principal, _upload_id(call)))


def committed(call: Call) -> Json:
    limit = call.query.get("limit", 1000)
    after = call.number_cursor(-1)
    found = call.platform.uploads.committed(call.principal, _upload_id(call), after, limit)
    items = [
        {"position": at, "path": file.path, "version": file.version, "size": file.size, "unchanged": file.unchanged}
        for at, file in found
    ]
    return wire.page(items, str(found[-1][0]) if len(found) == limit else None)


def _base(body: Mapping[str, Any]) -> Base | None:
    """Imported here: what the lake is made of comes with the platform, not with the table of routes."""
    from acai_jupyter.lake.bases import Base

    if body.get("base") is None:
        if body.get("removed"):
            raise InvalidRequest("'removed' says what an upload leaves out of its 'base': name that too.")
        return None
    return Base(read(Kind.UPLOAD, body["base"]), tuple(body.get("removed", ())))


def _upload_id(call: Call) -> UUID:
    return read(Kind.UPLOAD, call.path["upload"])


def _wanted(given: Mapping[str, Any]) -> WantedObject:
    return WantedObject(
        given["ordinal"],
        ObjectKind(given["kind"]),
        given["size"],
        Digest.parse(given["digest"]),
        tuple(CarriedFile(file["position"], file["offset"], file.get("count", 1)) for file in given["files"]),
        tuple(bytes.fromhex(part) for part in given.get("parts", [])),
    )


def _requests(wanted: WantedObject, upload: SignedUpload, socket: str | None) -> list[Json]:
    """Each request with the piece of the object that it carries; pieces that have arrived need none. Who shares the disk that
    the object is going to lie on is told of the `socket` that takes open files."""
    sizes = part_sizes(wanted.size) if wanted.kind is ObjectKind.MULTIPART else [wanted.size]
    offset, answer = 0, []
    for size, request in zip(sizes, upload.requests, strict=True):
        if request is not None:
            near = {"socket": socket} if socket and request.local else {}
            answer.append({**wire.request(request), "offset": offset, "size": size, **near})
        offset += size
    return answer


def _declared(call: Call, item: Declared) -> Json:
    return {**_session(item.session), "missing": list(item.missing), **asdict(call.platform.uploads.packing)}


def _finished(item: Finished) -> Json:
    return {
        **_session(item.session),
        "purpose": item.session.purpose.value,
        "file_count": item.file_count,
        "latest": item.latest,
        "base": write(Kind.UPLOAD, item.session.base_id) if item.session.base_id else None,
        "fileset": item.fileset.label if item.fileset else None,
        "snapshot": write(Kind.SNAPSHOT, item.snapshot.id) if item.snapshot else None,
    }


def _session(item: UploadSession) -> Json:
    return {"id": write(Kind.UPLOAD, item.id), "state": item.state.value, "expires_at": write_time(item.expires_at)}


_ONE = "/uploads/{upload}"

_ROUTES = [
    Route(
        "POST",
        "/uploads",
        "begin_upload",
        "Open an upload session and declare its first files; positions of files whose bytes the store lacks",
        begin,
        ref("DeclaredUpload"),
        body=REQUESTS["begin_upload"],
    ),
    Route("GET", _ONE, "get_upload", "An upload session", get, ref("Upload")),
    Route("POST", f"{_ONE}/files", "add_files", "Declare more files", add_files, ref("DeclaredUpload"), REQUESTS["add_files"]),
    Route(
        "GET",
        f"{_ONE}/files",
        "committed_files",
        "What the commit made of the files",
        committed,
        page("CommittedFile"),
        query=page_query(),
    ),
    Route(
        "POST",
        f"{_ONE}/register",
        "register_files",
        "Declare files that stay where they are, one step from a cursor on: all below a folder, or a file",
        register,
        ref("RegisterStep"),
        REQUESTS["register_files"],
        pool=BULK,
    ),
    Route("POST", f"{_ONE}/urls", "upload_urls", "How to send objects", urls, ref("UploadUrls"), REQUESTS["upload_urls"]),
    Route("POST", f"{_ONE}/seal", "seal_upload", "Verify that all bytes are there", seal, ref("Upload"), pool=BULK),
    Route("POST", f"{_ONE}/commit", "commit_upload", "Number all files", commit, ref("Upload")),
    Route("POST", f"{_ONE}/abort", "abort_upload", "Give the session up", abort, ref("Upload")),
]

ROUTES = for_holders_of([Right.WRITE, Right.SUPERVISE], _ROUTES)
