"""The REST interface, from the OpenAPI document that the server makes of its routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from acai_jupyter.domain.events import EventKind
from acai_jupyter.version import __version__
from acai_jupyter.wire.addresses import API
from acai_reference.markdown import code, table
from acai_server.handlers.table import ROUTES
from acai_server.openapi import document

Json = dict[str, Any]


def openapi() -> Json:
    """The document."""
    return document(ROUTES, __version__, API)


def page() -> str:
    """A section a noun, and in it an operation after the other."""
    by_tag: dict[str, list[str]] = {}
    for path, operations in openapi()["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    return "\n\n".join(f"### {tag}\n\n" + "\n\n".join(operations) for tag, operations in by_tag.items())


def schemas() -> str:
    """A section an object that answers hold."""
    return "\n\n".join(_schema(name, schema) for name, schema in openapi()["components"]["schemas"].items())


def events() -> str:
    """The kinds of events."""
    return ", ".join(code(kind) for kind in EventKind) + "."


def _operation(method: str, path: str, operation: Json) -> str:
    parts = [f"#### {method.upper()} {path}", f"{operation['summary']}."]
    query = [one for one in operation["parameters"] if one["in"] == "query"]
    if query:
        rows = [(code(one["name"]), _shown(one["schema"]), _required(one["required"])) for one in query]
        parts.append(table(("Parameter", "Type", ""), rows))
    body = operation.get("requestBody", {}).get("content", {})
    if "application/json" in body and body["application/json"]["schema"]["properties"]:
        parts.append(table(("Field of the body", "Type", ""), _fields(body["application/json"]["schema"])))
    elif "application/octet-stream" in body:
        parts.append("The body is bytes.")
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return "\n\n".join([*parts, f"Answers {_shown(answer)}."])


def _schema(name: str, schema: Json) -> str:
    text = f"(schema-{name.lower()})=\n### {name}\n\n"
    if "properties" not in schema:
        return f"{text}{schema.get('description', '')}: {_shown(schema)}.".replace("\n: ", "\n")
    rows = [(field, kind, described) for field, kind, described in _described(schema)]
    return text + table(("Field", "Type", ""), rows)


def _described(schema: Json) -> Iterator[tuple[str, str, str]]:
    for name, field in schema["properties"].items():
        yield code(name), _shown(field), field.get("description", "")


def _fields(schema: Json) -> Iterator[tuple[str, str, str]]:
    needed = schema.get("required", ())
    for name, field in schema["properties"].items():
        yield code(name), _shown(field), _required(name in needed)


def _required(needed: bool) -> str:
    return "required" if needed else ""


def _shown(schema: Json) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#schema-{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_shown(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(code("null" if value is None else value) for value in schema["enum"])
    kinds = schema.get("type", "any value")
    if isinstance(kinds, list):
        return " or ".join(_kind(kind, schema) for kind in kinds)
    return _kind(kinds, schema)


def _kind(kind: str, schema: Json) -> str:
    if kind == "array" and "items" in schema:
        return f"a list of {_shown(schema['items'])}"
    if kind == "object" and schema.get("properties"):
        return "{" + ", ".join(f"{code(name)}: {_shown(field)}" for name, field in schema["properties"].items()) + "}"
    return "time" if schema.get("format") == "date-time" else kind
