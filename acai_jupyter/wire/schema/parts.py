"""What the schemas are made of."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]
TEXT: Final[Schema] = {"type": "string"}
INTEGER: Final[Schema] = {"type": "integer", "minimum": -(2**53), "maximum": 2**53}  # what every JSON reader keeps exactly
SMALL: Final[Schema] = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
COUNT: Final[Schema] = {**INTEGER, "minimum": 0}
NUMBER: Final[Schema] = {"type": "number"}
BOOLEAN: Final[Schema] = {"type": "boolean"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
TEXTS: Final[Schema] = {"type": "object", "additionalProperties": TEXT}
DIGEST: Final[Schema] = {"type": "string", "description": "sha256:… up to 64 MiB, sha256-64m:… (over the parts' SHA-256) above"}
COMMAND: Final[Schema] = {
    "description": "text runs by /bin/sh -c, a list is argv",
    "anyOf": [TEXT, {"type": "array", "items": TEXT}],
}


def or_null(schema: Schema) -> Schema:
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **values}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


def array(items: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": items} if most is None else {"type": "array", "items": items, "maxItems": most}


def ref(name: str) -> Schema:
    """A reference to one of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(**properties: Schema) -> Schema:
    """An answer: all properties are there, and readers ignore those they don't know."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def request(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    """A request: unknown fields are refused."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def page(name: str) -> Schema:
    return answer(items=array(ref(name)), cursor=or_null(TEXT))
