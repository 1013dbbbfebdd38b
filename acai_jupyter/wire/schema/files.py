"""Files, file sets, uploads, and the care of what is stored."""

from __future__ import annotations

from typing import Final

from acai_jupyter.domain.checks import ProblemCode
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.garbage import GarbageKind
from acai_jupyter.domain.uploads import ObjectKind, Purpose, UploadState
from acai_jupyter.wire.schema.parts import (
    BOOLEAN,
    COUNT,
    DIGEST,
    INTEGER,
    TEXT,
    TEXTS,
    TIME,
    Schema,
    answer,
    array,
    one_of,
    or_null,
    request,
)

_FILE: Final = answer(
    path=TEXT,
    version=INTEGER,
    reference=TEXT,
    size=INTEGER,
    digest=or_null(DIGEST),
    source={**or_null(TEXT), "description": "where data lies that is registered in place; it has no digest"},
    creator=TEXT,
    create_time=TIME,
    job=or_null(TEXT),
    kind={**one_of(*VersionKind), "description": "tombstone: it hides the path; deleted: the mark of a version that is gone"},
)
FILESET: Final = answer(
    id=TEXT,
    name=TEXT,
    version=INTEGER,
    reference=TEXT,
    file_count=INTEGER,
    size=INTEGER,
    creator=TEXT,
    create_time=TIME,
    job=or_null(TEXT),
)
_SIGNED: Final = answer(method=TEXT, url=TEXT, headers=TEXTS)
HEAD: Final[Schema] = {
    "type": "integer",
    "minimum": 0,
    "maximum": 64 * 1024,
    "description": "of one file, also its first bytes, at most so many, where the platform serves them itself",
}
_HEAD_SENT: Final[Schema] = {"type": "string", "description": "the first bytes in base64, where they were asked for"}
_COLUMNS: Final = answer(
    path=array(TEXT),
    size=array(INTEGER),
    digest=array(or_null(DIGEST)),
    object=array({**INTEGER, "description": "which of `objects` carries the file"}),
    offset=array({**INTEGER, "description": "where in the object it begins"}),
    executable=array({**INTEGER, "description": "the place in the other columns of a file that is executable"}),
)
_OBJECT: Final[Schema] = {
    **_SIGNED,
    "properties": {**_SIGNED["properties"], "local": {**TEXT, "description": "where it lies on a disk that both sides share"}},
}
_FETCHABLE: Final[Schema] = answer(
    files={**_COLUMNS, "properties": {**_COLUMNS["properties"], "version": array(INTEGER)}},
    objects=array(_OBJECT),
    cursor=or_null(TEXT),
)
_PIECE: Final = answer(**_SIGNED["properties"], offset=INTEGER, size=INTEGER)
_SOCKET: Final[Schema] = {"type": "string", "description": "takes the open file instead, from who shares the platform's disk"}
_SENT: Final[Schema] = {**_PIECE, "properties": {**_PIECE["properties"], "socket": _SOCKET}}
_DECLARED_FILES: Final = {
    "description": "A column each, equally long; 'executable' names places in them",
    **request(("path", "size", "digest"), path=array(TEXT), size=array(COUNT), digest=array(DIGEST), executable=array(COUNT)),
}

COMPONENTS: Final[dict[str, Schema]] = {
    "File": _FILE,
    "Entry": {
        "description": "a folder, or a file as its latest version",
        "anyOf": [answer(folder=TEXT), _FILE],
    },
    "Fileset": FILESET,
    "FilesetSummary": answer(**FILESET["properties"], version_count=INTEGER),
    "CreatedFileset": answer(**FILESET["properties"], unchanged=BOOLEAN),
    "Usage": answer(
        reference=TEXT,
        file_count=INTEGER,
        size=INTEGER,
        version_count=INTEGER,
        versions_size=INTEGER,
        stored=INTEGER,
        shared=INTEGER,
        own=INTEGER,
    ),
    "StoreUsage": answer(object_count=INTEGER, stored=INTEGER, files=INTEGER, code=INTEGER, logs=INTEGER, garbage=INTEGER),
    "GarbageStep": answer(
        found=array(answer(kind=one_of(*GarbageKind), count=INTEGER, size=INTEGER)),
        looked_at=INTEGER,
        total=INTEGER,
        cursor=or_null(TEXT),
    ),
    "CheckStep": answer(
        problems=array(answer(code=one_of(*ProblemCode), subject=TEXT, message=TEXT)),
        looked_at=INTEGER,
        total=INTEGER,
        cursor=or_null(TEXT),
    ),
    "Deletion": answer(reference=TEXT, count=INTEGER, version=or_null(INTEGER), tombstone=BOOLEAN, cursor=or_null(TEXT)),
    "Restoration": answer(reference=TEXT, count=INTEGER, version=or_null(INTEGER), more=BOOLEAN),
    "Change": answer(path=TEXT, before=or_null(INTEGER), after=or_null(INTEGER)),
    "FetchableFiles": {
        "description": "files and how to fetch them, a column each",
        **_FETCHABLE,
        "properties": {**_FETCHABLE["properties"], "head": _HEAD_SENT},
    },
    "Upload": answer(
        id=TEXT,
        state=one_of(*UploadState),
        purpose=one_of(*Purpose),
        expires_at=TIME,
        file_count=INTEGER,
        fileset=or_null(TEXT),
        snapshot=or_null(TEXT),
        latest=BOOLEAN,
        base=or_null(TEXT),
    ),
    "DeclaredUpload": answer(
        id=TEXT,
        state=one_of(*UploadState),
        expires_at=TIME,
        missing=array(INTEGER),
        single_min_bytes={**INTEGER, "description": "a file of at least this size travels alone; smaller ones share packs"},
        pack_max_bytes={**INTEGER, "description": "what a pack holds at most"},
    ),
    "UploadUrls": answer(objects=array(answer(ordinal=INTEGER, requests=array(_SENT)))),
    "RegisterStep": answer(count=INTEGER, size=INTEGER, cursor=or_null(TEXT), skipped=array(TEXT)),
    "CommittedFile": answer(position=INTEGER, path=TEXT, version=INTEGER, size=INTEGER, unchanged=BOOLEAN),
}

REQUESTS: Final[dict[str, Schema]] = {
    "restore_files": request(("reference",), reference=TEXT, since=or_null(TIME)),
    "begin_upload": request(
        ("purpose",),
        purpose=one_of(*Purpose),
        fileset=or_null(TEXT),
        files=_DECLARED_FILES,
        base=or_null(TEXT),
        removed=array(TEXT),
    ),
    "add_files": request(("first", "files"), first=COUNT, files=_DECLARED_FILES),
    "register_files": request(
        ("destination", "first"), source=TEXT, reference=TEXT, destination=TEXT, first=COUNT, cursor=or_null(TEXT)
    ),
    "upload_urls": request(
        ("objects",),
        objects={
            "maxItems": 1000,
            **array(
                request(
                    ("ordinal", "kind", "size", "digest", "files"),
                    ordinal=COUNT,
                    kind=one_of(*ObjectKind),
                    size=COUNT,
                    digest=DIGEST,
                    parts=array({**TEXT, "pattern": "^[0-9a-f]{64}$"}),
                    files=array(request(("position", "offset"), position=COUNT, offset=COUNT, count={**INTEGER, "minimum": 1})),
                )
            ),
        },
    ),
    "create_fileset": request(("name", "references"), name=TEXT, references=array(TEXT)),
    "collect_garbage": request(("run",), run=BOOLEAN, cursor=or_null(TEXT)),
    "check_storage": request((), digests=BOOLEAN, cursor=or_null(TEXT)),
}
