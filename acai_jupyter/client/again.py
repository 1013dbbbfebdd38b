"""Bytes of the object store, asked for again where that helps: signed requests expire, stores are busy, connections break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from acai_agent import contract, transfer
from acai_jupyter.client.transport import Json, Transport, translated
from acai_jupyter.domain.references import escape

if TYPE_CHECKING:
    from collections.abc import Iterable


def fetch_range(transport: Transport, item: Json, first: int, size: int) -> bytes:
    """`size` bytes from `first` on of the object that carries the file `item`; fewer at its end. Where the request in `item` has
    expired, a new one takes its place there.

    Raises FileNotFound where the version was deleted meanwhile, ServerUnreachable, and what the store refuses with.
    """

    def renew() -> contract.SignedRequest:
        item["request"] = _pinned(transport, item)["request"]
        return contract.parse_signed_request(item["request"])

    request = contract.parse_signed_request(item["request"])
    with translated():
        return transfer.read_range(request, first, size, transport.api.http, renew=renew, patience_s=transport.store_patience)


def entries_of(items: Mapping[str, Json]) -> list[contract.FileEntry]:
    """The files to download, by their names below the target folder."""
    return contract.parse_file_entries({**item, "path": name} for name, item in items.items())


def renewing(transport: Transport, items: Mapping[str, Json]) -> Callable[[], Iterable[contract.FileEntry]]:
    """Asks for the same versions of the same files again, with signed requests that are valid."""
    from acai_jupyter.client.ranges import at_once

    def renew() -> Iterable[contract.FileEntry]:
        return entries_of(dict(zip(items, at_once(lambda item: _pinned(transport, item), list(items.values())), strict=True)))

    return renew


def _pinned(transport: Transport, item: Json) -> Any:
    """The same version: a newer one must not mix into what is being read."""
    return transport.get("/files/downloads", ref=f"{escape(item['path'])}:{item['version']}")["items"][0]
