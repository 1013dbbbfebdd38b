"""JSON Schemas of what goes over the wire: requests are checked against them, and the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any, Final

from acai_jupyter.domain.checks import ProblemCode
from acai_jupyter.domain.files import VersionKind
from acai_jupyter.domain.garbage import GarbageKind
from acai_jupyter.domain.jobs import Progress, Status
from acai_jupyter.domain.metadata import ArtifactKind, ValueType
from acai_jupyter.domain.profiles import ProfileStatus
from acai_jupyter.domain.uploads import ObjectKind, Purpose, UploadState

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
INTEGER: Final[Schema] = {"type": "integer", "minimum": -(2**53), "maximum": 2**53}  # what every JSON reader keeps exactly
_SMALL: Final[Schema] = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
NUMBER: Final[Schema] = {"type": "number"}
BOOLEAN: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": TEXT}
DIGEST: Final[Schema] = {"type": "string", "description": "sha256:… up to 64 MiB, sha256-64m:… (over the parts' SHA-256) above"}


def or_null(schema: Schema) -> Schema:
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **values}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    """A reference to one of COMPONENTS."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(**properties: Schema) -> Schema:
    """An answer: all properties are there, and readers ignore those they don't know."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def request(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """A request: unknown fields are refused."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def page(name: str) -> Schema:
    return answer(items=array(ref(name)), cursor=or_null(TEXT))


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
_FILESET: Final = answer(
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
_COMMAND: Final[Schema] = {
    "description": "text runs by /bin/sh -c, a list is argv",
    "anyOf": [TEXT, {"type": "array", "items": TEXT}],
}
_COMMIT: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{40}([0-9a-f]{24})?$"}
_SHORT: Final[Schema] = {"type": "string", "maxLength": 2000}
_GIT: Final = {"commit": _COMMIT, "branch": or_null(_SHORT), "dirty": BOOLEAN, "remote": or_null(_SHORT)}
_ENVIRONMENT: Final[dict[str, Schema]] = {
    "python": _SHORT,
    "implementation": _SHORT,
    "executable": _SHORT,
    "platform": _SHORT,
    "packages": {**_TEXTS, "description": "versions by name"},
}
_JOB: Final = answer(
    id=TEXT,
    number=INTEGER,
    name=or_null(TEXT),
    creator=TEXT,
    create_time=TIME,
    command=_COMMAND,
    input=or_null(TEXT),
    input_job={**or_null(INTEGER), "description": "the job whose output is the input"},
    grid=or_null(INTEGER),
    grid_row=or_null(INTEGER),
    output=or_null(TEXT),
    output_path=or_null(TEXT),
    code={**or_null(TEXT), "description": "a snapshot's id, or @FILESET:VERSION"},
    git=or_null({**answer(**_GIT), "description": "what was checked out where the code lay"}),
    image=or_null(TEXT),
    python=or_null(TEXT),
    requirements=or_null(TEXT),
    env=_TEXTS,
    secrets={**array(TEXT), "description": "names of secrets that the job is given as variables"},
    cpu=NUMBER,
    memory_mb=INTEGER,
    gpu=INTEGER,
    timeout=or_null(NUMBER),
    priority=INTEGER,
    retry_of=or_null(INTEGER),
    max_time={**or_null(NUMBER), "description": "seconds: the bound that it was submitted under"},
    max_cost={**or_null(NUMBER), "description": "dollars"},
    predicted_runtime={**or_null(NUMBER), "description": "seconds, as predicted then; low and high bound a 90 % interval"},
    predicted_low=or_null(NUMBER),
    predicted_high=or_null(NUMBER),
    enforce={**BOOLEAN, "description": "it is ended at its bound"},
    status=one_of(*Status),
    progress=or_null(one_of(*Progress)),
    reason=or_null(TEXT),
    detail=or_null(TEXT),
    exit_code=or_null(INTEGER),
    signal=or_null(INTEGER),
    exit_status=or_null(INTEGER),
    attempt=INTEGER,
    waits_for={**INTEGER, "description": "how many jobs must finish before its turn can come"},
    step={**or_null(NUMBER), "description": "how far it says that it is"},
    steps={**or_null(NUMBER), "description": "of how many"},
    eta={**or_null(TIME), "description": "when it is expected to end; low and high bound a 90 % interval"},
    eta_low=or_null(TIME),
    eta_high=or_null(TIME),
    late={**BOOLEAN, "description": "it is expected to miss its bound, or has missed it"},
    launch_time=or_null(TIME),
    start_time=or_null(TIME),
    end_time=or_null(TIME),
    kill_requested=BOOLEAN,
    download_time=or_null(NUMBER),
    command_time=or_null(NUMBER),
    upload_time=or_null(NUMBER),
    cpu_time={**or_null(NUMBER), "description": "seconds of CPU time"},
    throttled_time={**or_null(NUMBER), "description": "seconds for which its limit of CPUs held the job up"},
    peak_memory={**or_null(NUMBER), "description": "MB"},
    read_bytes=or_null(INTEGER),
    written_bytes=or_null(INTEGER),
    enforced={"type": ["object", "null"], "description": "by what each resource was held"},
    runtime={**or_null(NUMBER), "description": "seconds in RUNNING"},
    cost={**or_null(NUMBER), "description": "dollars"},
    output_version=or_null(TEXT),
    kept_files=or_null(TEXT),
)
_PROFILE: Final = answer(
    id=TEXT,
    name=TEXT,
    creator=TEXT,
    create_time=TIME,
    end_time=or_null(TIME),
    command_template=TEXT,
    input=or_null(TEXT),
    code=or_null(TEXT),
    status=one_of(*ProfileStatus),
    detail=or_null(TEXT),
    law={**or_null(TEXT), "description": "what was found, in words"},
    grid_size=INTEGER,
    trials=or_null(INTEGER),
    budget={**or_null(NUMBER), "description": "dollars"},
    notes=array(TEXT),
)
_TRIAL: Final = answer(
    number=INTEGER,
    values=array(NUMBER),
    cpu=NUMBER,
    memory_mb=INTEGER,
    job=INTEGER,
    status=one_of(*Status),
    reason=or_null(TEXT),
    runtime=or_null(NUMBER),
    cost=or_null(NUMBER),
)
_PREDICTION: Final = answer(
    cpu=NUMBER,
    memory_mb=INTEGER,
    runtime={**NUMBER, "description": "seconds; low and high bound a 90 % interval"},
    runtime_low=NUMBER,
    runtime_high=NUMBER,
    cost={**NUMBER, "description": "dollars"},
    cost_low=NUMBER,
    cost_high=NUMBER,
    extrapolation=BOOLEAN,
    warning=or_null(TEXT),
)
_TRANSITION: Final = answer(status=one_of(*Status), progress=or_null(TEXT), reason=or_null(TEXT), attempt=INTEGER, time=TIME)
_SIGNED: Final = answer(method=TEXT, url=TEXT, headers=_TEXTS)
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

_FILES_PAGE: Final[Schema] = {"anyOf": [ref("FetchableFiles"), {"type": "null"}]}

COMPONENTS: Final[dict[str, Schema]] = {
    "Error": answer(code=TEXT, message=TEXT),
    "Principal": answer(name=TEXT, project=TEXT, role=TEXT, token=TEXT),
    "Server": answer(version=TEXT, api=INTEGER, project=TEXT, capacity={"type": "object"}),
    "Capacity": answer(
        cpu=NUMBER,
        memory_mb=INTEGER,
        gpu=INTEGER,
        enforced=array(TEXT),
        whole_cpus=BOOLEAN,
        cpu_taken=NUMBER,
        memory_mb_taken=INTEGER,
        gpu_taken=INTEGER,
        waiting=INTEGER,
    ),
    "Project": answer(id=TEXT, name=TEXT, create_time=TIME),
    "User": answer(id=TEXT, name=TEXT, role=TEXT, create_time=TIME),
    "File": _FILE,
    "Entry": {
        "description": "a folder, or a file as its latest version",
        "anyOf": [answer(folder=TEXT), _FILE],
    },
    "Fileset": _FILESET,
    "FilesetSummary": answer(**_FILESET["properties"], version_count=INTEGER),
    "CreatedFileset": answer(**_FILESET["properties"], unchanged=BOOLEAN),
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
    "DeclaredUpload": answer(id=TEXT, state=one_of(*UploadState), expires_at=TIME, missing=array(INTEGER)),
    "UploadUrls": answer(objects=array(answer(ordinal=INTEGER, requests=array(_SENT)))),
    "RegisterStep": answer(count=INTEGER, size=INTEGER, cursor=or_null(TEXT), skipped=array(TEXT)),
    "CommittedFile": answer(position=INTEGER, path=TEXT, version=INTEGER, size=INTEGER, unchanged=BOOLEAN),
    "Job": _JOB,
    "Profile": _PROFILE,
    "ProfileDetails": answer(**_PROFILE["properties"], jobs=array(_TRIAL)),
    "Prediction": _PREDICTION,
    "Quote": answer(
        profile=TEXT,
        command=TEXT,
        values=array(NUMBER),
        max_time=or_null(NUMBER),
        max_cost=or_null(NUMBER),
        confidence=NUMBER,
        met=BOOLEAN,
        why=TEXT,
        chosen=_PREDICTION,
        alternatives=array(_PREDICTION),
        excluded=array(TEXT),
        law=TEXT,
        runs=INTEGER,
    ),
    "GridQuote": answer(
        max_time=or_null(NUMBER),
        max_cost=or_null(NUMBER),
        confidence=NUMBER,
        met=BOOLEAN,
        why=TEXT,
        cost={**NUMBER, "description": "dollars, of all rows; low and high bound at least a 90 % interval"},
        cost_low=NUMBER,
        cost_high=NUMBER,
        runtime={**NUMBER, "description": "seconds, of all rows one after the other"},
        rows=array(answer(command=TEXT, profile=TEXT, chosen=_PREDICTION)),
    ),
    "Provisioned": answer(quote=ref("Quote"), job=ref("JobDetails")),
    "Webhook": answer(url=TEXT, signed=BOOLEAN, change_time=TIME),
    "Secret": answer(name=TEXT, change_time=TIME),
    "Environment": answer(**_ENVIRONMENT),
    "JobDetails": answer(**_JOB["properties"], notes=array(TEXT), history=array(_TRANSITION), after=array(INTEGER)),
    "Grid": answer(
        id=TEXT,
        number=INTEGER,
        name=or_null(TEXT),
        creator=TEXT,
        create_time=TIME,
        command=_COMMAND,
        row_count=INTEGER,
        ended_count=INTEGER,
        status=one_of(*Status),
        counts={"type": "object", "additionalProperties": INTEGER, "description": "rows by status"},
        late_count={**INTEGER, "description": "rows that are expected to miss their bound, or have missed it"},
        cost={**NUMBER, "description": "dollars, of all its jobs"},
        runtime={**NUMBER, "description": "seconds in RUNNING, of all its jobs"},
    ),
    "GridRow": answer(row=INTEGER, arguments={"type": "object"}, values={"type": "object"}, job=_JOB),
    "Log": answer(offset=INTEGER, size=INTEGER, complete=BOOLEAN, data={**TEXT, "contentEncoding": "base64"}),
    "Point": answer(key=TEXT, position=INTEGER, step=NUMBER, value={}, time=TIME),
    "Curve": answer(key=TEXT, count=INTEGER, points=array(answer(step=NUMBER, value={}, time=TIME))),
    "Transition": answer(**_TRANSITION["properties"], position=INTEGER),
    "Budget": answer(dollars=or_null(NUMBER), spent=NUMBER, reserved=NUMBER, left=or_null(NUMBER)),
    "Sample": answer(
        attempt=INTEGER,
        position=INTEGER,
        elapsed={**NUMBER, "description": "seconds since the command began"},
        cpu_time=NUMBER,
        memory=INTEGER,
        read_bytes=INTEGER,
        written_bytes=INTEGER,
        throttled_time=NUMBER,
    ),
    "Metadata": answer(values={"type": "object"}, built_in={"type": "object"}, tags=array(TEXT)),
    "Table": answer(columns=array(answer(name=TEXT, type=or_null(one_of(*ValueType)), values={"type": "array"}))),
    "Graph": answer(
        nodes=array(_FILESET),
        actions=array(
            answer(
                id=TEXT,
                kind=TEXT,
                creator=TEXT,
                create_time=TIME,
                job=or_null(TEXT),
                job_number=or_null(INTEGER),
                label=or_null(TEXT),
            )
        ),
        edges=array(answer(source=TEXT, target=TEXT, action=TEXT)),
        truncated=BOOLEAN,
    ),
    "Event": answer(number=INTEGER, kind=TEXT, ids=_TEXTS, time=TIME),
    "Manifest": answer(
        contract=INTEGER,
        job=TEXT,
        number=INTEGER,
        name=or_null(TEXT),
        project=TEXT,
        attempt=INTEGER,
        rank=INTEGER,
        command=_COMMAND,
        env=_TEXTS,
        secrets={**_TEXTS, "description": "values of secrets: for the agent alone"},
        python=or_null(TEXT),
        requirements=or_null(TEXT),
        resources=answer(cpu=NUMBER, memory_mb=INTEGER, gpu=INTEGER),
        timeout_s=or_null(NUMBER),
        output_path=or_null(TEXT),
        heartbeat_s=NUMBER,
        kill_grace_s=NUMBER,
        sample_s=NUMBER,
        files={
            **answer(code=_FILES_PAGE, input=_FILES_PAGE, start=_FILES_PAGE),
            "description": "the first pages of the job's files; what is null must be asked for",
        },
    ),
}

_COUNT: Final[Schema] = {**INTEGER, "minimum": 0}
_DECLARED_FILES: Final = {
    "description": "A column each, equally long; 'executable' names places in them",
    **request(("path", "size", "digest"), path=array(TEXT), size=array(_COUNT), digest=array(DIGEST), executable=array(_COUNT)),
}

_SUBMISSION: Final[dict[str, Schema]] = {
    "command": _COMMAND,
    "name": or_null(TEXT),
    "input": or_null(TEXT),
    "input_job": or_null(TEXT),
    "after": array(TEXT),
    "output": or_null(TEXT),
    "output_path": or_null(TEXT),
    "code": or_null(TEXT),
    "git": or_null(request(("commit",), **_GIT)),
    "environment": or_null(request(tuple(_ENVIRONMENT), **_ENVIRONMENT)),
    "image": or_null(TEXT),
    "python": or_null(TEXT),
    "requirements": or_null(TEXT),
    "cpu": or_null(NUMBER),
    "memory": {"type": ["string", "number", "null"]},
    "gpu": INTEGER,
    "env": _TEXTS,
    "secrets": array(TEXT),
    "timeout": {"type": ["string", "number", "null"]},
    "priority": INTEGER,
}
_LIMITS: Final[dict[str, Schema]] = {
    "max_time": {"type": ["string", "number", "null"], "description": "seconds, or a duration such as 20m"},
    "max_cost": {**or_null(NUMBER), "description": "dollars"},
    "confidence": or_null(NUMBER),
}
_VALUES: Final[Schema] = {"type": "array", "items": {"type": ["string", "number"]}, "maxItems": 100}
_MODEL: Final[Schema] = or_null(one_of("default", "log-linear"))

REQUESTS: Final[dict[str, Schema]] = {
    "nothing": request(),
    "create_project": request(("name", "admin"), name=TEXT, admin=TEXT),
    "kill_all_jobs": request((), everyone=BOOLEAN),
    "set_budget": request(("dollars",), dollars=or_null(NUMBER)),
    "create_user": request(("name",), name=TEXT, role=one_of("member", "project_admin", "platform_admin")),
    "restore_files": request(("reference",), reference=TEXT, since=or_null(TIME)),
    "begin_upload": request(
        ("purpose",),
        purpose=one_of(*Purpose),
        fileset=or_null(TEXT),
        files=_DECLARED_FILES,
        base=or_null(TEXT),
        removed=array(TEXT),
    ),
    "add_files": request(("first", "files"), first=_COUNT, files=_DECLARED_FILES),
    "register_files": request(
        ("destination", "first"), source=TEXT, reference=TEXT, destination=TEXT, first=_COUNT, cursor=or_null(TEXT)
    ),
    "upload_urls": request(
        ("objects",),
        objects={
            "maxItems": 1000,
            **array(
                request(
                    ("ordinal", "kind", "size", "digest", "files"),
                    ordinal=_COUNT,
                    kind=one_of(*ObjectKind),
                    size=_COUNT,
                    digest=DIGEST,
                    parts=array({**TEXT, "pattern": "^[0-9a-f]{64}$"}),
                    files=array(request(("position", "offset"), position=_COUNT, offset=_COUNT, count={**INTEGER, "minimum": 1})),
                )
            ),
        },
    ),
    "create_fileset": request(("name", "references"), name=TEXT, references=array(TEXT)),
    "submit_job": request(("command",), **_SUBMISSION, **_LIMITS, enforce=BOOLEAN),
    "create_profile": request(
        ("name", "command_template"),
        name=TEXT,
        command_template=TEXT,
        **{name: _SUBMISSION[name] for name in ("input", "code", "image", "python", "env", "timeout", "priority")},
        cpus={"type": ["array", "null"], "items": NUMBER, "maxItems": 100},
        memories_mb={"type": ["array", "null"], "items": INTEGER, "maxItems": 100},
        trials=or_null(INTEGER),
        budget={**or_null(NUMBER), "description": "dollars"},
        again=BOOLEAN,
    ),
    "predict": request(
        ("values", "cpu", "memory"), values=_VALUES, cpu=NUMBER, memory={"type": ["string", "number"]}, model=_MODEL
    ),
    "quote_profile": request(("values",), values=_VALUES, model=_MODEL, **_LIMITS),
    "quote_job": request(("job",), job=request(("command",), **_SUBMISSION), **_LIMITS),
    "autoprovision": request(
        (),
        profile=or_null(TEXT),
        values={**_VALUES, "type": ["array", "null"]},
        job=request((), **_SUBMISSION),
        enforce=BOOLEAN,
        **_LIMITS,
    ),
    "set_webhook": request(("url",), url=TEXT, secret=or_null(TEXT)),
    "set_secret": request(("name", "value"), name=TEXT, value=TEXT),
    "submit_grid": request(("command",), **_SUBMISSION, input_grid=or_null(TEXT), **_LIMITS, enforce=BOOLEAN),
    "quote_grid": request(("command",), **_SUBMISSION, input_grid=or_null(TEXT), **_LIMITS),
    "collect_garbage": request(("run",), run=BOOLEAN, cursor=or_null(TEXT)),
    "check_storage": request((), digests=BOOLEAN, cursor=or_null(TEXT)),
    "change_metadata": request(
        ("kind", "reference"),
        kind=one_of(*ArtifactKind),
        reference=TEXT,
        set={"type": "object"},
        unset=array(TEXT),
        tag=array(TEXT),
        untag=array(TEXT),
    ),
    "find": request(
        ("kind",),
        kind=one_of(*ArtifactKind),
        query=TEXT,
        midnight=TIME,
        order_by=array(TEXT),
        limit=INTEGER,
        columns={"type": ["array", "null"], "items": TEXT},
        latest=BOOLEAN,
    ),
    "count": request(("kind",), kind=one_of(*ArtifactKind), query=TEXT, midnight=TIME, latest=BOOLEAN),
    "extreme": request(
        ("kind", "key", "greatest"), kind=one_of(*ArtifactKind), key=TEXT, query=TEXT, midnight=TIME, greatest=BOOLEAN
    ),
    "claim": {**request(("contract", "instance"), contract=INTEGER, instance=TEXT), "additionalProperties": True},
    "heartbeat": {
        **request(
            ("instance",),
            instance=TEXT,
            progress=or_null(one_of(*Progress)),
            enforced={"type": ["object", "null"]},
            samples=array(array(NUMBER)),
            steps={
                **or_null({**INTEGER, "minimum": 0}),
                "description": "how often its work has moved on: one that beats and moves no more is stuck",
            },
            salvages={**BOOLEAN, "description": "it brings home what a dead agent left, and has no claim"},
        ),
        "additionalProperties": True,
    },
    "report": {
        **request(
            ("instance", "ended"),
            instance=TEXT,
            ended=one_of(
                "exited", "signalled", "timeout", "killed", "command", "input", "output", "environment", "out_of_memory"
            ),
            exit_code=or_null(_SMALL),
            signal=or_null(_SMALL),
            detail=or_null(TEXT),
            download_time=or_null(NUMBER),
            command_time=or_null(NUMBER),
            upload_time=or_null(NUMBER),
            output_upload=or_null(TEXT),
            cpu_time=or_null(NUMBER),
            throttled_time=or_null(NUMBER),
            peak_memory=or_null(INTEGER),
            read_bytes=or_null(INTEGER),
            written_bytes=or_null(INTEGER),
            enforced={"type": ["object", "null"]},
            kept_upload=or_null(TEXT),
        ),
        "additionalProperties": True,
    },
}
"""Requests by operation. An agent may be newer than its server by one contract, so its requests may carry more."""


def resolved(schema: Any) -> Any:
    """The schema with every reference replaced by what it names, for validators that know no document around it."""
    if isinstance(schema, dict):
        name = schema.get("$ref")
        if name is not None:
            return resolved(COMPONENTS[name.rpartition("/")[2]])
        return {key: resolved(value) for key, value in schema.items()}
    return [resolved(item) for item in schema] if isinstance(schema, list) else schema
