"""Copies within the lake: a new version somewhere else of bytes that the store has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.errors import Conflict
from acai_jupyter.domain.references import escape

_FILES_A_CALL: Final = 5_000


def copy_files(transport: Transport, sources: Mapping[str, Json]) -> None:
    """Make versions of the lake paths that are the keys, all at once, of the bytes of the files `sources`; none are sent.

    Raises InvalidPath, Forbidden, Conflict where bytes were deleted meanwhile, SourceChanged.
    """
    stored = {path: item for path, item in sources.items() if item["digest"] is not None}
    paths, items = list(stored), list(stored.values())

    def declared(first: int) -> Json:
        page = slice(first, first + _FILES_A_CALL)
        some = items[page]
        return {"path": paths[page], "size": [item["size"] for item in some], "digest": [item["digest"] for item in some]}

    begun: Any = transport.post("/uploads", {"purpose": "files", "files": declared(0)}, creates=True)
    address, missing = f"/uploads/{begun['id']}", list(begun["missing"])
    try:
        for first in range(_FILES_A_CALL, len(paths), _FILES_A_CALL):
            missing += transport.post(f"{address}/files", {"first": first, "files": declared(first)})["missing"]
        if missing:
            raise Conflict(f"{paths[missing[0]]}: the file to copy was deleted meanwhile.")
        in_place = ((path, item) for path, item in sources.items() if path not in stored)
        for first, (path, item) in enumerate(in_place, len(paths)):
            reference = f"{escape(item['path'])}:{item['version']}"
            transport.post(f"{address}/register", {"reference": reference, "destination": path, "first": first})
        transport.post(f"{address}/seal")
    except BaseException:
        transport.post(f"{address}/abort")
        raise
    transport.post(f"{address}/commit")
