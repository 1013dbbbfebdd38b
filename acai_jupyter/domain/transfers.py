"""How bytes travel: signed requests to the object store, and files that are fetched by them."""

from __future__ import annotations

from dataclasses import dataclass

from acai_jupyter.domain.digests import Digest


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
class FetchableFile:
    """A file and how to fetch it: the request for the object that carries it, and where in the object it begins.

    `path` is below the folder that it is written to. What is registered in place has no digest.
    """

    path: str
    size: int
    digest: Digest | None
    executable: bool
    request: SignedRequest
    offset: int
