"""A range of an object on its way to the store, which one request carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from acai_agent.contract import SignedRequest
from acai_agent.failures import Backoff, HttpError
from acai_agent.handing import hand_over
from acai_agent.http import Http, Stream
from acai_agent.packing import StoreObject
from acai_agent.parallel import Meter, Stop
from acai_agent.signed import SignedRequests
from acai_agent.sources import changed, has_changed

_ALREADY_THERE: Final = 412
MISMATCHES: Final = frozenset(
    {"digest_mismatch", "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}
)
"""What the platform and object stores say where bytes are not those that were announced."""


class Part:
    """A range of an object, which one request carries."""

    def __init__(
        self,
        item: StoreObject,
        offset: int,
        size: int,
        requests: SignedRequests[int],
        http: Http,
        stop: Stop,
        meter: Meter,
    ) -> None:
        self._item = item
        self._offset = offset
        self._size = size
        self._requests = requests
        self._http = http
        self._stop = stop
        self._meter = meter
        self._counted = 0

    def send(self) -> None:
        """Raises FileChanged where the bytes are not those that were measured."""
        self._requests.run(self._offset, self._put)
        self._meter.add(self._size - self._counted)

    def _put(self, request: SignedRequest, backoff: Backoff) -> None:
        self._meter.add(-self._counted)
        self._counted = 0
        try:
            if not hand_over(request, self._item, self._offset, self._size):
                self._http.send(request.method, request.url, request.headers, Stream(self._size, self._pieces))
        except HttpError as error:
            if error.code in MISMATCHES:
                self._blame(error)
            if error.status != _ALREADY_THERE:
                raise

    def _pieces(self) -> Iterator[bytes]:
        for piece in self._item.pieces(self._offset, self._size):
            self._stop.check()
            yield piece
            self._counted += len(piece)
            self._meter.add(len(piece))

    def _blame(self, error: HttpError) -> None:
        for member in self._item.members:
            if has_changed(member.measured):
                raise changed(member.measured.file) from error
