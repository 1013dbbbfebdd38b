"""Routes as data: method, path, schemas, and the synchronous call that answers. Handlers and the OpenAPI document are
made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from acai_jupyter.domain.access import Principal
from acai_server.pools import INTERACTIVE

if TYPE_CHECKING:
    from acai_jupyter.platform import Platform

Json = dict[str, Any]
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request, checked: who makes it, the variables of its path, its query, its body."""

    platform: Platform
    principal: Principal
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    raw: bytes
    base_url: str
    idempotency_key: str | None


@dataclass(frozen=True)
class Route:
    """One operation of the REST API; `path` is below `/acai/api/v1`."""

    method: str
    path: str
    name: str
    summary: str
    call: Callable[[Call], Any]
    answer: Schema
    body: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    required_query: tuple[str, ...] = ()
    raw_body: bool = False
    pool: str = INTERACTIVE

    @property
    def tag(self) -> str:
        return self.path.split("/")[1]


def page_query(**more: Schema) -> dict[str, Schema]:
    """The query of a route that answers in pages."""
    limit = {"type": "integer", "minimum": 1, "maximum": 10_000}
    return {**more, "cursor": {"type": "string"}, "limit": limit}
