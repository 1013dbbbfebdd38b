"""All routes of the platform, and the handlers that answer them."""

from __future__ import annotations

import re
from typing import Any, Final

from tornado import web

from acai_jupyter.domain.errors import NotFound
from acai_jupyter.version import __version__
from acai_jupyter.wire.addresses import API, OBJECTS
from acai_jupyter.wire.schemas import answer
from acai_server.handlers import (
    access,
    agent,
    files,
    filesets,
    grids,
    jobs,
    metadata,
    provenance,
    secrets,
    storage,
    uploads,
    webhooks,
)
from acai_server.handlers.base import AcaiHandler, RouteHandler, State
from acai_server.handlers.objects import ObjectHandler
from acai_server.handlers.streams import EventsHandler, LogHandler
from acai_server.openapi import document
from acai_server.routes import Call, Json, Route

_NOUNS: Final = (access, uploads, files, filesets, jobs, grids, secrets, metadata, provenance, storage, webhooks, agent)


def openapi(call: Call) -> Json:
    return document(ROUTES, __version__, f"{call.base_url.rstrip('/')}{API}")


ROUTES: Final[list[Route]] = [
    *(route for noun in _NOUNS for route in noun.ROUTES),
    Route("GET", "/openapi.json", "openapi", "This document", openapi, answer(openapi={"type": "string"})),
]


class NothingHandler(AcaiHandler):
    """Any other address below `/acai/`."""

    @web.authenticated
    async def get(self) -> None:
        raise NotFound("There is no such address.")

    post = put = patch = delete = get


def handlers(state: State) -> list[tuple[str, type[Any], dict[str, Any]]]:
    """Patterns, handlers and their arguments, as tornado takes them."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        by_path.setdefault(route.path, {})[route.method] = route
    table: list[tuple[str, type[Any], dict[str, Any]]] = [
        (API + _pattern(path), RouteHandler, {"state": state, "routes": routes}) for path, routes in by_path.items()
    ]
    return [
        *table,
        (f"{API}/events", EventsHandler, {"state": state}),
        (f"{API}/jobs/(?P<job>[^/]+)/log/stream", LogHandler, {"state": state}),
        (f"{OBJECTS}(?P<key>[^?]+)", ObjectHandler, {"state": state}),
        ("/acai/.*", NothingHandler, {"state": state}),
    ]


def _pattern(path: str) -> str:
    return re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)
