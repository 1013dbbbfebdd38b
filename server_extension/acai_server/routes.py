"""Routes as data: method, path, schemas, and the synchronous call that answers. Handlers and the OpenAPI document are
made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import InvalidRequest
from acai_server.pools import INTERACTIVE

if TYPE_CHECKING:
    from acai_jupyter.platform import Platform

Json = dict[str, Any]
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request, checked: who makes it, the variables of its path, its query, its body. `shares_disk` says that who makes it
    has shown to read the platform's own folder."""

    platform: Platform
    principal: Principal
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    raw: bytes
    base_url: str
    idempotency_key: str | None
    shares_disk: bool = False

    def number_cursor(self, first: int) -> int:
        """The cursor of a list that is ordered by a number, `first` on the first page. Raises InvalidRequest."""
        text = self.query.get("cursor")
        if text is None:
            return first
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise bad_cursor()
        return int(text)

    def path_cursor(self) -> str | None:
        """The cursor of a list that is ordered by path. Raises InvalidRequest."""
        text: str | None = self.query.get("cursor")
        if text is not None and not text.startswith("/"):
            raise bad_cursor()
        return text

    def page(self, items: Sequence[Json], following: Callable[[Json], str]) -> Json:
        """One page of a short list that is at hand as a whole, in order of what `following` makes of an item."""
        limit, after = self.query.get("limit", 1000), self.query.get("cursor")
        found = [item for item in items if after is None or following(item) > after][:limit]
        return {"items": found, "cursor": following(found[-1]) if len(found) == limit else None}


def bad_cursor() -> InvalidRequest:
    return InvalidRequest("The parameter 'cursor' is the one that came with the page before.")


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
    rights: tuple[Right, ...] = ()

    def authorize(self, principal: Principal) -> None:
        """One of `rights` is needed; where none is named, reading for GET and writing for all else. Raises Forbidden."""
        needed = self.rights or ((Right.READ,) if self.method == "GET" else (Right.WRITE,))
        if not any(principal.holds(right) for right in needed):
            principal.require(needed[0])

    @property
    def tag(self) -> str:
        return self.path.split("/")[1]


def for_holders_of(rights: Sequence[Right], routes: Sequence[Route]) -> list[Route]:
    """The routes, for whoever holds one of these rights."""
    return [replace(route, rights=tuple(rights)) for route in routes]


def page_query(**more: Schema) -> dict[str, Schema]:
    """The query of a route that answers in pages."""
    limit = {"type": "integer", "minimum": 1, "maximum": 10_000}
    return {**more, "cursor": {"type": "string"}, "limit": limit}
