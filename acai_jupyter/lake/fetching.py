"""How files are fetched: from the object store, or from where they are registered in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from acai_jupyter.domain.digests import Digest
from acai_jupyter.domain.files import BlobLocation, Source
from acai_jupyter.domain.transfers import SignedRequest
from acai_jupyter.ports.blobs import BlobStore
from acai_jupyter.ports.sources import SourceStore
from acai_jupyter.ports.store.unit import UnitOfWork


class Content(Protocol):
    """Something whose bytes are known by their digest, or by their source."""

    @property
    def size(self) -> int: ...

    @property
    def digest(self) -> Digest | None: ...

    @property
    def source(self) -> Source | None: ...


_Content = TypeVar("_Content", bound=Content)
Places = Mapping[Digest, BlobLocation]


class Signatures:
    """Signs downloads that last `seconds`; one signature serves all files of one object."""

    def __init__(self, blobs: BlobStore, sources: SourceStore, seconds: int) -> None:
        self._blobs = blobs
        self._sources = sources
        self._seconds = seconds

    @staticmethod
    def locate(unit: UnitOfWork, project_id: UUID, items: Sequence[Content]) -> Places:
        """Where those of the bytes lie that the object store has."""
        return unit.blobs.locate(project_id, (item.digest for item in items if item.digest is not None))

    def sign(self, items: Sequence[_Content], places: Places, base_url: str) -> list[tuple[_Content, SignedRequest, int]]:
        """For each, the request for the object that carries it, and where in the object it begins."""
        signed: dict[str, SignedRequest] = {}
        answer = []
        for item in items:
            if item.source is not None:
                answer.append((item, self._sources.sign_download(item.source, item.size, base_url, self._seconds), 0))
                continue
            assert item.digest is not None
            place = places[item.digest]
            if place.key not in signed:
                signed[place.key] = self._blobs.sign_download(place.key, base_url, self._seconds)
            answer.append((item, signed[place.key], place.offset))
        return answer
