"""Files on their way down: several at once, in constant memory, verified before they get their name."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple, Union

from acai_agent.contract import PART_SIZE, FileEntry, SignedRequest, composite_digest, digest_of_file
from acai_agent.drafts import Draft
from acai_agent.failures import Backoff, HttpError
from acai_agent.http import Http
from acai_agent.parallel import Meter, Stop
from acai_agent.signed import SignedRequests
from acai_agent.sources import TransferError
from acai_agent.writing import write_all, write_new

_MOST_RUN_BYTES: Final = 16 * 1024 * 1024
_MOST_RUN_FILES: Final = 500
_PARTIAL_CONTENT: Final = 206
_RANGE_NOT_SATISFIABLE: Final = 416


class Damaged(TransferError):
    """Bytes that are not those that the digest or the size promises."""


class CannotWrite(TransferError):
    """The local disk doesn't take a file: it is full, or read-only, or a folder stands in the way."""


class Target:
    """A file that is being written, without a name or under one of its own until it is whole."""

    def __init__(self, entry: FileEntry, place: str) -> None:
        self.entry = entry
        self._place = place
        self._whole = False
        self._draft: Union[Draft, None] = None
        self._lock = threading.Lock()
        self._parts: dict[int, bytes] = {}
        self._part_count = max(-(-entry.size // PART_SIZE), 1)

    def open(self) -> FileIO:
        """The draft, for writing and reading at any place in it."""
        return FileIO(self._drafted().open(), "r+")

    def put(self, data: Union[bytes, memoryview]) -> None:
        """Write the whole of a small file, once it is known to be what its digest promises. Raises Damaged."""
        self._check("sha256:" + hashlib.sha256(data).hexdigest())
        if not self.entry.executable and write_new(self._place, data):
            self._whole = True
            return
        descriptor = self._drafted().open()
        try:
            write_all(descriptor, data)
        finally:
            os.close(descriptor)
        self._name()

    def _drafted(self) -> Draft:
        with self._lock:
            if self._draft is None:
                self._draft = Draft(os.path.dirname(self._place))  # noqa: PTH120 - text is faster
            return self._draft

    def has_part(self, offset: int, digest: bytes) -> None:
        """The part at `offset` is written. The last one makes the file whole, or raises Damaged."""
        with self._lock:
            self._parts[offset] = digest
            if len(self._parts) == self._part_count:
                self._finish()

    def discard(self) -> None:
        """Leave nothing of a file that didn't become whole."""
        if not self._whole and self._draft is not None:
            Path(self._draft.path).unlink(missing_ok=True)
            self._draft.let_go()

    def _finish(self) -> None:
        parts = [self._parts[offset] for offset in sorted(self._parts)]
        self._check(f"sha256:{parts[0].hex()}" if len(parts) == 1 else composite_digest(parts))
        self._name()

    def _check(self, digest: str) -> None:
        if self.entry.digest is not None and digest != self.entry.digest:
            raise Damaged(f"{self.entry.path}: its bytes are not those that its digest promises.")

    def _name(self) -> None:
        assert self._draft is not None
        if self.entry.executable:
            make_executable(self._draft.path)
        os.replace(self._draft.path, self._place)  # noqa: PTH105 - text is faster
        self._whole = True
        self._draft.let_go()


class Slice(NamedTuple):
    """A range of a file, at most one part of it."""

    target: Target
    offset: int
    size: int


class Fetch:
    """One request for neighbouring bytes of an object, which belong to one file or to several."""

    def __init__(self, slices: Sequence[Slice], requests: SignedRequests[str], http: Http, stop: Stop, meter: Meter) -> None:
        self._slices = slices
        self._requests = requests
        self._http = http
        self._stop = stop
        self._meter = meter
        first = slices[0]
        self._start = first.target.entry.offset + first.offset
        self._size = sum(part.size for part in slices)
        self._done = 0
        self._writer = _Writer(slices)

    def run(self) -> None:
        """Raises Damaged, HttpError, ConnectionFailed, Cancelled, OSError."""
        try:
            if self._size:
                self._requests.run(self._slices[0].target.entry.path, self._get)
            self._writer.finish()
        finally:
            self._writer.close()

    def _get(self, request: SignedRequest, backoff: Backoff) -> None:
        """Fetch what is still missing; called again after a broken connection, it goes on where that broke."""
        while self._done < self._size:
            before = self._done
            try:
                self._get_some(request, backoff)
            except HttpError as error:
                if error.status == _RANGE_NOT_SATISFIABLE:
                    raise self._too_short() from error
                raise
            if self._done == before:
                raise self._too_short()

    def _get_some(self, request: SignedRequest, backoff: Backoff) -> None:
        begin, end = self._start + self._done, self._start + self._size - 1
        headers = {**request.headers, "Range": f"bytes={begin}-{end}"}
        with self._http.open(request.method, request.url, headers) as response:
            if response.status != _PARTIAL_CONTENT and begin > 0:
                raise Damaged("The object store sent a whole object where a part of it was asked for.")
            for piece in response.pieces():
                self._stop.check()
                self._take(piece)
                backoff.reset()
                if self._done == self._size:
                    return

    def _take(self, piece: bytes) -> None:
        wanted = piece[: self._size - self._done]
        self._writer.write(wanted)
        self._done += len(wanted)
        self._meter.add(len(wanted))

    def _too_short(self) -> Damaged:
        return Damaged(f"{self._slices[-1].target.entry.path}: the object that should hold its bytes is too short.")


class Range:
    """Neighbouring bytes of an object, kept in memory."""

    def __init__(self, first: int, size: int, http: Http) -> None:
        self.pieces: list[bytes] = []
        self._http = http
        self._next = first
        self._end = first + size

    def get(self, request: SignedRequest, backoff: Backoff) -> None:
        """Fetch what is still missing. Raises HttpError, ConnectionFailed, Damaged."""
        headers = {**request.headers, "Range": f"bytes={self._next}-{self._end - 1}"}
        try:
            with self._http.open(request.method, request.url, headers) as response:
                if response.status != _PARTIAL_CONTENT and self._next > 0:
                    raise Damaged("The object store sent a whole object where a part of it was asked for.")
                for piece in response.pieces():
                    self.pieces.append(piece[: self._end - self._next])
                    self._next += len(self.pieces[-1])
                    backoff.reset()
        except HttpError as error:
            if error.status != _RANGE_NOT_SATISFIABLE or not self.pieces:
                raise


class _Writer:
    """Spreads a stream of bytes over slices."""

    def __init__(self, slices: Sequence[Slice]) -> None:
        self._waiting = iter(slices)
        self._file: FileIO | None = None
        self._next()

    def write(self, piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            while self._left == 0:
                self._finish_slice()
            if self._slice is not None and self._is_whole(len(view)):
                self._slice.target.put(view[: self._left])
                view = view[self._left :]
                self._next()
                continue
            part = view[: self._left]
            self._hasher.update(part)
            _write_all(self._opened(), part)
            self._left -= len(part)
            view = view[len(part) :]

    def _is_whole(self, size: int) -> bool:
        """Whether the slice that comes next is a file, and all of it is here."""
        assert self._slice is not None
        return self._file is None and self._left == self._slice.target.entry.size <= min(size, PART_SIZE)

    def finish(self) -> None:
        """Everything has come: what is left are the ends of slices, and empty ones."""
        while self._slice is not None:
            self._finish_slice()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _finish_slice(self) -> None:
        self._opened()  # also a file without bytes is to be there
        self.close()
        assert self._slice is not None
        self._slice.target.has_part(self._slice.offset, self._hasher.digest())
        self._next()

    def _opened(self) -> FileIO:
        if self._file is None:
            assert self._slice is not None
            self._file = self._slice.target.open()
            self._file.seek(self._slice.offset)
        return self._file

    def _next(self) -> None:
        self._slice = next(self._waiting, None)
        self._left = 0 if self._slice is None else self._slice.size
        self._hasher = hashlib.sha256()


def runs_of(targets: Iterable[Target]) -> Iterator[list[Slice]]:
    """What to fetch at once: neighbours in one object together, large files part by part."""
    run: list[Slice] = []
    size = 0
    for target in sorted(targets, key=lambda target: (target.entry.request.url, target.entry.offset)):
        parts = [
            Slice(target, at, min(PART_SIZE, target.entry.size - at)) for at in range(0, max(target.entry.size, 1), PART_SIZE)
        ]
        joined = run and len(parts) == 1 and _follows(run[-1].target.entry, target.entry)
        if joined and size + target.entry.size <= _MOST_RUN_BYTES and len(run) < _MOST_RUN_FILES:
            run += parts
            size += target.entry.size
            continue
        if run:
            yield run
        yield from ([part] for part in parts[:-1])
        run, size = parts[-1:], parts[-1].size
    if run:
        yield run


def is_there(entry: FileEntry, place: str) -> bool:
    """Whether the file is there already, with the right bytes."""
    try:
        found = os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if entry.digest is None or not stat.S_ISREG(found.st_mode) or found.st_size != entry.size:
        return False
    return digest_of_file(place).digest == entry.digest


def make_executable(place: str) -> None:
    """Let everyone run the file who may read it."""
    mode = Path(place).stat().st_mode
    Path(place).chmod(mode | (mode & 0o444) >> 2)


def _follows(first: FileEntry, second: FileEntry) -> bool:
    return first.request == second.request and first.offset + first.size == second.offset


def _write_all(file: FileIO, data: memoryview) -> None:
    while data:
        data = data[file.write(data) :]
