"""The OpenAPI document, made from the route table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from acai_jupyter.wire.schemas import COMPONENTS
from acai_server.routes import Route


def document(routes: Sequence[Route], version: str, server: str) -> dict[str, Any]:
    """OpenAPI 3.1 of these routes, reached at `server`."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ACAI for Jupyter", "version": version, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": COMPONENTS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {
            "200": {"description": "Done.", "content": _json(route.answer)},
            "default": {"description": "Refused.", "content": _json({"$ref": "#/components/schemas/Error"})},
        },
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(route.body)}
    elif route.raw_body:
        binary = {"schema": {"type": "string", "contentEncoding": "binary"}}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": name in route.required_query, "schema": schema}
        for name, schema in route.query.items()
    ]


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
