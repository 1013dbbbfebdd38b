"""The Python API, from the client's classes and their docstrings, which are Markdown."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import acai_jupyter
from acai_jupyter.client.client import Client
from acai_jupyter.client.files import Files, Upload
from acai_jupyter.client.filesets import Filesets
from acai_jupyter.client.job import Job
from acai_jupyter.client.job_list import JobList
from acai_jupyter.client.jobs import Jobs
from acai_jupyter.client.metadata import Metadata, MetadataKeys
from acai_jupyter.client.people import Projects, Users
from acai_jupyter.client.provenance import Graph, Provenance
from acai_jupyter.client.records import (
    Change,
    Deletion,
    File,
    Fileset,
    FilesetSummary,
    Folder,
    Garbage,
    Identity,
    Problem,
    Project,
    Records,
    StoreUsage,
    Usage,
    User,
)
from acai_jupyter.client.storage import Storage

NOUNS: tuple[tuple[str, type], ...] = (
    ("client", Client),
    ("client.files", Files),
    ("client.filesets", Filesets),
    ("client.jobs", Jobs),
    ("job", Job),
    ("client.metadata", MetadataKeys),
    ("client.provenance", Provenance),
    ("client.storage", Storage),
    ("client.projects", Projects),
    ("client.users", Users),
)
"""What people write before the dot, and the class behind it."""

RECORDS: tuple[type, ...] = (
    File,
    Folder,
    Upload,
    Fileset,
    FilesetSummary,
    Change,
    Deletion,
    Usage,
    StoreUsage,
    Garbage,
    Problem,
    JobList,
    Metadata,
    Graph,
    Identity,
    User,
    Project,
    Records,
)
"""What the verbs return."""


def page() -> str:
    """`connect`, the verbs of each noun, and what they return."""
    parts = ["## connect", _function("acai_jupyter.connect", acai_jupyter.connect)]
    for prefix, kind in NOUNS:
        parts += [f"## {prefix}", _doc(kind), *(_member(prefix, name, member) for name, member in public(kind))]
    return "\n\n".join([*parts, "## What they return", *(_record(kind) for kind in RECORDS)])


def public(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class, in the order in which they are written."""
    for name, member in vars(kind).items():
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
            yield name, member


def signature(function: Any) -> str:
    """The signature as it is written in the source, without `self`."""
    written = inspect.signature(function)
    texts: list[str] = []
    for parameter in written.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in texts:
            texts.append("*")
        texts.append(_parameter(parameter))
    return f"({', '.join(texts)}) -> {_type(written.return_annotation)}"


def _parameter(parameter: inspect.Parameter) -> str:
    text = f"{parameter.name}: {_type(parameter.annotation)}"
    return text if parameter.default is inspect.Parameter.empty else f"{text} = {parameter.default!r}"


def _type(annotation: Any) -> str:
    return str(annotation).replace("builtins.", "")


def _member(prefix: str, name: str, member: Any) -> str:
    if isinstance(member, property):
        kind = _type(member.fget.__annotations__["return"]) if member.fget else ""
        return f":::{{py:data}} {prefix}.{name}\n:type: {kind}\n\n{_doc(member)}\n:::"
    return _function(f"{prefix}.{name}", member)


def _function(name: str, function: Any) -> str:
    return f":::{{py:function}} {name}{signature(function)}\n{_doc(function)}\n:::"


def _record(kind: type) -> str:
    lines = [f":::::{{py:class}} {kind.__name__}", _doc(kind)]
    if is_dataclass(kind):
        lines += (f"\n::::{{py:attribute}} {one.name}\n:type: {_type(one.type)}\n::::" for one in fields(kind))
    lines += (f"\n::::{{py:method}} {name}{signature(member)}\n{_doc(member)}\n::::" for name, member in _methods(kind))
    return "\n".join([*lines, ":::::"])


def _methods(kind: type) -> Iterator[tuple[str, Any]]:
    return ((name, member) for name, member in public(kind) if inspect.isfunction(member))


def _doc(documented: Any) -> str:
    return inspect.getdoc(documented) or ""
