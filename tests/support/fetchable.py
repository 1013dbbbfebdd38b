"""Files that are told by columns, one by one."""

from __future__ import annotations

from typing import NamedTuple

from acai_jupyter.domain.transfers import FetchableFiles, SignedRequest


class Fetchable(NamedTuple):
    """A file and how to fetch it."""

    path: str
    size: int
    digest: str | None
    executable: bool
    request: SignedRequest
    offset: int


def rows(page: FetchableFiles) -> list[Fetchable]:
    """In the order of the columns."""
    requests = (page.requests[number] for number in page.objects)
    executable = (at in page.executable for at in range(len(page.paths)))
    return list(map(Fetchable, page.paths, page.sizes, page.digests, executable, requests, page.offsets))
