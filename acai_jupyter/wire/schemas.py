"""JSON Schemas of what goes over the wire: requests are checked against them, and the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any, Final

from acai_jupyter.wire.schema import access, agent, files, jobs, provision, search
from acai_jupyter.wire.schema.files import HEAD
from acai_jupyter.wire.schema.parts import BOOLEAN, INTEGER, TEXT, Schema, answer, array, one_of, page, ref

__all__ = [
    "BOOLEAN",
    "COMPONENTS",
    "HEAD",
    "INTEGER",
    "REQUESTS",
    "TEXT",
    "Schema",
    "answer",
    "array",
    "one_of",
    "page",
    "ref",
    "resolved",
]

_SUBJECTS: Final = (access, files, jobs, provision, search, agent)

COMPONENTS: Final[dict[str, Schema]] = {name: schema for subject in _SUBJECTS for name, schema in subject.COMPONENTS.items()}
"""What answers consist of, by name."""

REQUESTS: Final[dict[str, Schema]] = {name: schema for subject in _SUBJECTS for name, schema in subject.REQUESTS.items()}
"""Requests by operation."""


def resolved(schema: Any) -> Any:
    """The schema with every reference replaced by what it names, for validators that know no document around it."""
    if isinstance(schema, dict):
        name = schema.get("$ref")
        if name is not None:
            return resolved(COMPONENTS[name.rpartition("/")[2]])
        return {key: resolved(value) for key, value in schema.items()}
    return [resolved(item) for item in schema] if isinstance(schema, list) else schema
