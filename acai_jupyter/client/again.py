"""Bytes of the object store, asked for again where that helps: signed requests expire, stores are busy, connections break."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
        item["request"] = _pinned(transport, item["path"], item["version"])["request"]
        return contract.parse_signed_request(item["request"])

    request = contract.parse_signed_request(item["request"])
    with translated():
        return transfer.read_range(request, first, size, transport.api.http, renew=renew, patience_s=transport.store_patience)


def items_of(page: Json) -> Iterator[Json]:
    """The files of a page, one by one: path, version, size, digest, and where the bytes are."""
    files, objects = page["files"], page["objects"]
    names = ("path", "version", "size", "digest", "offset", "object")
    for path, version, size, digest, offset, number in zip(*(files[name] for name in names), strict=True):
        yield {"path": path, "version": version, "size": size, "digest": digest, "offset": offset, "request": objects[number]}


def entries_of(items: Mapping[str, Json]) -> list[contract.FileEntry]:
    """The files to download, by their names below the target folder."""
    return [
        contract.FileEntry(
            name,
            item["size"],
            item["digest"],
            False,
            item["offset"],
            contract.parse_signed_request(item["request"]),
            item["request"].get("local"),
        )
        for name, item in items.items()
    ]


def renewing(
    transport: Transport, entries: Sequence[contract.FileEntry], pins: Sequence[tuple[str, int]]
) -> Callable[[], Iterable[contract.FileEntry]]:
    """Asks for the same versions of the same files again (`pins` are their paths in the lake and their versions), with signed
    requests that are valid: for one file of each object."""
    from acai_jupyter.client.parallel import at_once

    def renew() -> Iterable[contract.FileEntry]:
        carried: dict[str, list[int]] = {}
        for at, entry in enumerate(entries):
            carried.setdefault(entry.request.url, []).append(at)
        some = list(carried.values())
        asked = at_once(lambda numbers: _pinned(transport, *pins[numbers[0]])["request"], some)
        for numbers, request in zip(some, map(contract.parse_signed_request, asked), strict=True):
            yield from (entries[number]._replace(request=request) for number in numbers)

    return renew


def _pinned(transport: Transport, path: str, version: int) -> Any:
    """The same version: a newer one must not mix into what is being read."""
    return next(items_of(transport.get("/files/downloads", ref=f"{escape(path)}:{version}")))
