"""The local object store over HTTP. A signature in the URL is all the right that a request has, and needs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from acai_jupyter.domain.errors import AcaiError, InvalidRequest
from acai_jupyter.domain.files import Source
from acai_jupyter.wire.errors import error_to_json, status_of
from acai_server.handlers.base import State, log_failure
from acai_server.pools import BULK

if TYPE_CHECKING:
    from acai_jupyter.backends.blobs.local import LocalBlobs
    from acai_jupyter.backends.blobs.receivers import Receiver
    from acai_jupyter.backends.blobs.signing import Grant

_PIECE: Final = 1024 * 1024
_RANGE: Final = re.compile(r"bytes=\s*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))\s*")


@stream_request_body
class ObjectHandler(RequestHandler):
    """Takes and gives objects piece by piece, in constant memory."""

    def initialize(self, state: State) -> None:
        self._state = state
        self._pools = state.pools
        self._receiver: Receiver | None = None
        self._buffer = bytearray()
        self._refusal: AcaiError | None = None
        self._working = False
        self._gone = False
        self._unsatisfied: str | None = None
        state.requests += 1

    def check_xsrf_cookie(self) -> None:
        """No cookie gives any right here, so none can be misused."""

    def set_default_headers(self) -> None:
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
        self.set_header("Cache-Control", "private, no-store")

    async def prepare(self) -> None:
        self._store: LocalBlobs = self._state.platform.objects
        parameters = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        grant = self._store.check(str(self.request.method), self.path_kwargs["key"], parameters)
        if self.request.method == "PUT":
            self.request.connection.set_max_body_size((grant.size or 0) + 1)  # type: ignore[union-attr]
            await self._open(grant)
        else:
            self.request.connection.set_max_body_size(0)  # type: ignore[union-attr]  # it would be kept in memory
        self._grant = grant

    async def data_received(self, chunk: bytes) -> None:
        if self._refusal is not None:
            return
        self._buffer += chunk
        if len(self._buffer) >= _PIECE:
            try:
                await self._work(self._drain)
            except AcaiError as error:
                # Answered once all has come: who still sends would find its connection broken, and not hear why.
                self._refusal = error
                self._let_go()

    @allow_unauthenticated
    async def put(self, key: str) -> None:
        if self._refusal is not None:
            raise self._refusal
        # All bytes are here: they are kept, though the client may not live to hear of it.
        await self._work(self._complete)
        self.set_status(200)

    @allow_unauthenticated
    async def get(self, key: str) -> None:
        await self._send(key, body=True)

    @allow_unauthenticated
    async def head(self, key: str) -> None:
        await self._send(key, body=False)

    def on_finish(self) -> None:
        self._let_go()

    def on_connection_close(self) -> None:
        self._gone = True
        if not self._working:
            self._let_go()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        raised = kwargs.get("exc_info", (None, None, None))[1]
        error = raised if isinstance(raised, AcaiError) else InvalidRequest("The request can't be answered.")
        self.set_status(status_of(error) if isinstance(raised, AcaiError) else status_code)
        self.set_header("Content-Type", "application/json")
        if self._unsatisfied is not None:
            self.set_header("Content-Range", self._unsatisfied)
        self.finish(json.dumps(error_to_json(error)))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        log_failure(self.request, typ, value, tb)

    async def _open(self, grant: Grant) -> None:
        if grant.part is None and self.request.headers.get("If-None-Match") != "*":
            raise InvalidRequest("An upload needs the header If-None-Match: *.")
        self._receiver = await self._pools.run(BULK, self._store.receive, grant)

    async def _work(self, step: Callable[[Receiver], None]) -> None:
        """One step on a thread. A client that goes away meanwhile doesn't pull the file out from under it."""
        if self._receiver is None:
            return
        self._working = True
        try:
            await self._pools.run(BULK, step, self._receiver)
        finally:
            self._working = False
            if self._gone:
                self._let_go()

    def _drain(self, receiver: Receiver) -> None:
        piece, self._buffer = self._buffer, bytearray()
        receiver.write(piece)

    def _complete(self, receiver: Receiver) -> None:
        self._drain(receiver)
        receiver.finish()

    def _let_go(self) -> None:
        if self._receiver is not None:
            self._receiver.close()
            self._receiver = None

    async def _send(self, key: str, body: bool) -> None:
        size = await self._pools.run(BULK, self._size, key)
        etag = f'"{key if self._grant.source is None else self._grant.version}"'  # an object never changes
        self.set_header("ETag", etag)
        if etag in re.split(r"\s*,\s*", self.request.headers.get("If-None-Match", "")):
            self.set_status(304)
            return
        try:
            first, last = _range(self.request.headers.get("Range"), size)
        except HTTPError:
            self._unsatisfied = f"bytes */{size}"
            raise
        if (first, last) != (0, size - 1):
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Length", str(last - first + 1))
        if not body:
            return
        await self._give(self._read(key, first, last - first + 1), last - first + 1)

    async def _give(self, pieces: Iterator[bytes], left: int) -> None:
        """Send the pieces, which should have `left` bytes in all."""
        take: Callable[[], bytes] = lambda: next(pieces, b"")  # noqa: E731
        try:
            while piece := await self._pools.run(BULK, take):
                self.write(piece)
                await self.flush()
                left -= len(piece)
        except StreamClosedError:
            return  # the client has gone
        except AcaiError:
            if not self._headers_written:
                raise
        if left:
            self.detach().close()  # less than was announced: the client asks again, and is told

    def _size(self, key: str) -> int:
        """Raises BlobNotFound, SourceChanged, SourceNotAllowed."""
        source, size = _registered(self._grant)
        if source is None:
            return self._store.size(key)
        self._state.platform.sources.check(source, size)
        return size

    def _read(self, key: str, offset: int, length: int) -> Iterator[bytes]:
        source, size = _registered(self._grant)
        if source is None:
            return self._store.read(key, offset, length)
        return self._state.platform.sources.read(source, size, offset, length)


def _registered(grant: Grant) -> tuple[Source | None, int]:
    """The data registered in place that a signature is about, if it is, and its size."""
    if grant.source is None:
        return None, 0
    return Source(grant.source, grant.version or ""), grant.size or 0


def _range(header: str | None, size: int) -> tuple[int, int]:
    """The first and last byte asked for; everything where the header is none, of several ranges, or no range, as RFC 9110 has it.
    Raises HTTPError 416 for a range that lies outside."""
    match = _RANGE.fullmatch((header or "").strip())
    if match is None:
        return 0, size - 1
    if match[3] is not None:
        first, last = max(size - int(match[3]), 0), size - 1
        if not int(match[3]):
            raise HTTPError(416)
    else:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
        if match[2] and int(match[2]) < first:
            return 0, size - 1
    if first > last:
        raise HTTPError(416)
    return first, last
