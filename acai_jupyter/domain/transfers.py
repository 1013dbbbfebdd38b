"""How bytes travel: signed requests to the object store, and files that are fetched by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that a client may make without any other right: expires, and serves this object and method only.

    `local` is where the object lies, or is going to, on the platform's own disk; only who shares that is told.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    local: str | None = None


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """How a client sends an object: one PUT, or one a part, None for what is known to have arrived. `multipart_id` is the
    store's name for an upload in parts."""

    multipart_id: str | None
    requests: tuple[SignedRequest | None, ...]


@dataclass(frozen=True, slots=True)
class FetchableFiles:
    """Files and how to fetch them, a column each: which of `requests` gives the object that carries it (`objects`), and where in
    that it begins (`offsets`).

    `paths` are below the folder that they are written to. What is registered in place has no digest. `executable` are the places
    in the columns of those that are; files that have no versions have no column of them.
    """

    paths: Sequence[str]
    versions: Sequence[int]
    sizes: Sequence[int]
    digests: Sequence[str | None]
    objects: Sequence[int]
    offsets: Sequence[int]
    executable: Sequence[int]
    requests: Sequence[SignedRequest]
