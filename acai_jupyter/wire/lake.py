"""Files, file sets, uploads, metadata, provenance in JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from acai_jupyter.domain.access import Principal, Project, User
from acai_jupyter.domain.clock import write as write_time
from acai_jupyter.domain.deletion import Deletion, Restoration
from acai_jupyter.domain.digests import Digest, digests_to_bytes
from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.files import FileVersion
from acai_jupyter.domain.filesets import FilesetSummary, FilesetVersion
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.manifest_differences import Change
from acai_jupyter.domain.metadata import Metadata
from acai_jupyter.domain.provenance import Action, Graph
from acai_jupyter.domain.references import escape
from acai_jupyter.domain.tables import Column
from acai_jupyter.domain.transfers import FetchableFiles, SignedRequest
from acai_jupyter.domain.uploads import DeclaredFiles
from acai_jupyter.wire.values import column_values_to_json, value_to_json

Json = dict[str, Any]


def job_id(value: UUID | None) -> str | None:
    return None if value is None else write(Kind.JOB, value)


def digest(value: Digest | None) -> str | None:
    """None for what is registered in place."""
    return None if value is None else str(value)


def principal(who: Principal) -> Json:
    ids = {"id": write(Kind.USER, who.user_id), "project_id": write(Kind.PROJECT, who.project_id)}
    return {"name": who.user_name, "project": who.project_name, "role": who.role.value, "token": who.kind.value, **ids}


def project(item: Project) -> Json:
    return {"id": write(Kind.PROJECT, item.id), "name": item.name, "create_time": write_time(item.created_at)}


def user(item: User) -> Json:
    created = write_time(item.created_at)
    return {"id": write(Kind.USER, item.id), "name": item.name, "role": item.role.value, "create_time": created}


def file(item: FileVersion) -> Json:
    return {
        "path": item.path,
        "version": item.version,
        "reference": f"{escape(item.path)}:{item.version}",
        "size": item.size,
        "digest": digest(item.digest),
        "source": item.source.url if item.source else None,
        "creator": item.creator,
        "create_time": write_time(item.created_at),
        "job": job_id(item.job_id),
        "kind": item.kind.value,
    }


def fileset(item: FilesetVersion) -> Json:
    return {
        "id": write(Kind.FILESET_VERSION, item.id),
        "name": item.name,
        "version": item.version,
        "reference": item.label,
        "file_count": item.file_count,
        "size": item.size,
        "creator": item.creator,
        "create_time": write_time(item.created_at),
        "job": job_id(item.job_id),
    }


def fileset_summary(item: FilesetSummary) -> Json:
    return {**fileset(item.latest), "version_count": item.version_count}


def change(item: Change) -> Json:
    return {"path": item.path, "before": item.before, "after": item.after}


def deletion(reference: str, item: Deletion) -> Json:
    own = {"count": item.count, "version": item.version, "tombstone": item.tombstone, "cursor": item.following}
    return {"reference": reference, **own}


def restoration(reference: str, item: Restoration) -> Json:
    return {"reference": reference, "count": item.count, "version": item.version, "more": item.more}


def request(item: SignedRequest) -> Json:
    return {"method": item.method, "url": item.url, "headers": dict(item.headers)}


def fetchable(page: FetchableFiles, cursor: str | None, shares_disk: bool = False) -> Json:
    """A page of files and how to fetch them, for agents and clients alike; where their objects lie, for those that share that
    disk."""
    files = {"path": page.paths, "size": page.sizes, "digest": page.digests, "object": page.objects, "offset": page.offsets}
    versions = {"version": page.versions} if page.versions or not page.paths else {}  # what is empty has every column too
    objects = [{**request(item), **({"local": item.local} if shares_disk and item.local else {})} for item in page.requests]
    return {"files": {**files, **versions, "executable": page.executable}, "objects": objects, "cursor": cursor}


def head(data: bytes | None) -> Json:
    """The first bytes of a file, where they are known, to go with how to fetch it."""
    return {} if data is None else {"head": base64.b64encode(data).decode()}


def declared_files(given: Mapping[str, Any]) -> DeclaredFiles:
    """Files of an upload as a request declares them, a column each. Raises InvalidRequest where the columns are not equally
    long, or hold a digest that is none."""
    paths, sizes, executable = given["path"], given["size"], given.get("executable", [])
    if not len(paths) == len(sizes) == len(given["digest"]):
        raise InvalidRequest("The columns 'path', 'size' and 'digest' of files must be equally long.")
    if any(at >= len(paths) for at in executable):
        raise InvalidRequest("The column 'executable' of files names places in the other columns, from 0 on.")
    return DeclaredFiles(paths, sizes, digests_to_bytes(given["digest"]), frozenset(executable))


def column(item: Column) -> Json:
    values = column_values_to_json(item.type, item.values)
    return {"name": item.name, "type": item.type.value if item.type else None, "values": values}


def metadata(item: Metadata) -> Json:
    return {
        "values": {key: value_to_json(value) for key, value in item.values.items()},
        "built_in": {key: value_to_json(value) for key, value in item.built_in.items()},
        "tags": list(item.tags),
    }


def action(item: Action) -> Json:
    return {
        "id": write(Kind.ACTION, item.id),
        "kind": item.kind.value,
        "creator": item.creator,
        "create_time": write_time(item.created_at),
        "job": job_id(item.job_id),
        "job_number": item.job_number,
        "label": item.label,
    }


def graph(item: Graph) -> Json:
    return {
        "nodes": [fileset(node) for node in item.nodes],
        "actions": [action(one) for one in item.actions],
        "edges": [
            {
                "source": write(Kind.FILESET_VERSION, edge.source),
                "target": write(Kind.FILESET_VERSION, edge.target),
                "action": write(Kind.ACTION, edge.action),
            }
            for edge in item.edges
        ],
        "truncated": item.truncated,
    }


def page(items: Sequence[Json], cursor: str | None) -> Json:
    """One page; `cursor` asks for the next, None at the end."""
    return {"items": list(items), "cursor": cursor}
