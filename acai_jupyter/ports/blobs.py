"""The object store: where bytes are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from acai_jupyter.domain.garbage import StoredObject
from acai_jupyter.domain.transfers import SignedRequest, SignedUpload
from acai_jupyter.domain.uploads import UploadObject


class BlobStore(Protocol):
    """Objects by key. An object is written once and never changes. Every method may raise StoreUnavailable."""

    def sign_upload(self, item: UploadObject, base_url: str, seconds: int) -> SignedUpload:
        """What the client sends. Each request signs the SHA-256 and the size of what it carries, and succeeds only while
        the key is free. Begins an upload in parts unless `item.multipart_id` names one. For what has arrived already there
        need be no request. `base_url` is where the client reaches the platform."""
        ...

    def complete(self, item: UploadObject) -> None:
        """Make the object whole and check that it is there with its digest and size. May be repeated. Other uploads in parts
        that were begun for its key, by calls of `sign_upload` at the same time, are given up.

        Raises UploadIncomplete where bytes are missing, DigestMismatch where they differ.
        """
        ...

    def sign_download(self, key: str, base_url: str, seconds: int) -> SignedRequest:
        """A GET, with or without a range."""
        ...

    def read(self, key: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of an object, or of a range, piece by piece. Raises BlobNotFound, BlobUnreadable."""
        ...

    def write(self, key: str, pieces: Iterable[bytes]) -> int:
        """Store an object of the platform's own; returns its size. Raises BlobExists."""
        ...

    def delete_prefix(self, prefix: str) -> None:
        """Remove every object below a prefix, and what is left of uploads there."""
        ...


class BlobInventory(Protocol):
    """What a store really holds, for those who look after it. Every method may raise StoreUnavailable."""

    def list(self, prefix: str, after: str = "") -> Iterator[StoredObject]:
        """Everything below a prefix, in order of name, from the first beyond `after`; also what uploads left half done."""
        ...

    def discard(self, name: str) -> None:
        """Remove what `list` named, where it is still there."""
        ...
