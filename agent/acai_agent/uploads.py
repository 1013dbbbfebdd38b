"""An upload session, from the client's side: declare, send what is missing, seal, commit."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Final, NamedTuple, Optional, cast

from acai_agent.contract import (
    LEAST_SINGLE_BYTES,
    MOST_FILES_A_CALL,
    MOST_OBJECTS_A_CALL,
    MOST_PACK_BYTES,
    ContractBroken,
    Packing,
    PartRequest,
    SignedRequest,
    UploadAnswer,
    parse_packing,
    parse_part_request,
)
from acai_agent.failures import HttpError, RequestFailed
from acai_agent.http import Caller, Http
from acai_agent.measuring import measure_all
from acai_agent.packing import Declared, StoreObject, objects_for
from acai_agent.parallel import Meter, Stop, for_each
from acai_agent.parts import MISMATCHES, Part
from acai_agent.signed import SignedRequests
from acai_agent.sources import (
    FileChanged,
    LocalFile,
    Measured,
    Memory,
    TransferError,
    size_of,
)

_SEAL_TIMEOUT_S: Final = 900.0


class UploadEnded(TransferError):
    """An upload that is to go on was committed before."""


class Base(NamedTuple):
    """An upload to build on: only what differs from it is declared. `removed` are paths that it had and the new one has not."""

    upload: str
    removed: Sequence[str] = ()


class UploadSession:
    """One session. Bytes are read when they are sent; nothing of a file's content is kept."""

    def __init__(
        self,
        api: Caller,
        http: Http,
        stop: Stop,
        meter: Meter,
        threads: int,
        patience_s: float,
        memory: Memory | None = None,
        key: str | None = None,
        base: Base | None = None,
        disk: Mapping[str, str] | None = None,
    ) -> None:
        self._disk = disk
        self._base = base
        self._memory = memory
        self._key = key
        self._sealed = False
        self._api = api
        self._http = http
        self._stop = stop
        self._meter = meter
        self._threads = threads
        self._patience_s = patience_s
        self._id: str | None = None
        self._positions = 0
        self._ordinals = 0
        self._packing = Packing()

    def add(self, files: Sequence[LocalFile], purpose: str, fileset: str | None) -> None:
        """Declare `files` and send what the store lacks of them; the first call begins the session, or finds it again.

        Raises UploadEnded where the session that is found again has been committed.
        """
        starts = range(0, max(len(files), 1), MOST_FILES_A_CALL)
        with ThreadPoolExecutor(1, "acai-measure") as ahead, ThreadPoolExecutor(1, "acai-send") as behind:
            try:
                self._add(files, starts, purpose, fileset, ahead, behind)
            except BaseException:
                self._stop.set()
                raise

    def _add(
        self, files: Sequence[LocalFile], starts: range, purpose: str, fileset: str | None, ahead: Executor, behind: Executor
    ) -> None:
        """Page by page: while one is declared, the next one is read already, and the one before is still being sent."""
        reading = ahead.submit(self._measure, files[:MOST_FILES_A_CALL])
        sending: Future[None] | None = None
        for start in starts:
            measured = reading.result()
            if start != starts[-1]:
                following = start + MOST_FILES_A_CALL
                reading = ahead.submit(self._measure, files[following : following + MOST_FILES_A_CALL])
            declared = [Declared(self._positions + number, file) for number, file in enumerate(measured)]
            missing = self._declare(declared, purpose, fileset)
            if self._sealed:  # by an earlier call, which had sent everything
                self._meter.add(sum(size_of(file) for file in files))
                return
            self._meter.add(sum(file.size for file in declared if file.position not in missing))
            if sending is not None:
                sending.result()
            sending = behind.submit(self._send, [file for file in declared if file.position in missing])
        if sending is not None:
            sending.result()

    def seal(self) -> UploadAnswer:
        """Have the platform verify everything. Raises FileChanged where bytes are not what was declared."""
        self._stop.check()
        try:
            return _answer(self._call("seal", {}, timeout_s=_SEAL_TIMEOUT_S))
        except HttpError as error:
            if error.code in MISMATCHES:
                raise FileChanged(f"A file changed while it was being uploaded: {error.message}") from error
            raise

    def commit(self) -> UploadAnswer:
        """Make the files versions."""
        return _answer(self._call("commit", {}, timeout_s=_SEAL_TIMEOUT_S))

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._id is None:
            return
        try:
            self._api.call("POST", f"/uploads/{self._id}/abort", {}, timeout_s=10.0)
        except RequestFailed:
            pass  # the error that led here is the one to tell; the platform aborts what expires

    def _measure(self, page: Sequence[LocalFile]) -> list[Measured]:
        """What is remembered of the files, and for the others what reading them tells."""
        known = {} if self._memory is None else self._memory.recall(page)
        unknown = [file for file in page if file.path not in known] if known else page
        started_ns = time.time_ns()
        read = iter(measure_all(unknown, MOST_PACK_BYTES, LEAST_SINGLE_BYTES - 1, self._threads, self._stop))
        measured = [Measured(file, known[file.path], file.stamp) if file.path in known else next(read) for file in page]
        if self._memory is not None and unknown:
            new = [item for item in measured if item.file.path not in known] if known else measured
            self._memory.remember(new, started_ns)
        return measured

    def _declare(self, page: list[Declared], purpose: str, fileset: str | None) -> set[int]:
        files = _declaration(page)
        if self._id is None:
            # Should the answer get lost, the same key brings the same session again.
            once = {"Idempotency-Key": self._key or uuid.uuid4().hex}
            begin = {"purpose": purpose, **({"fileset": fileset} if fileset else {}), "files": files}
            if self._base is not None:
                begin |= {"base": self._base.upload, "removed": list(self._base.removed)}
            answer = self._api.call("POST", "/uploads", begin, headers=once, repeat=True)
            self._id = _text(answer, "id")
            if self._key is not None and answer.get("state") == "committed":
                raise UploadEnded("This upload was committed before.")
            self._sealed = answer.get("state") == "sealed"
        else:
            answer = self._call("files", {"first": self._positions, "files": files})
        self._packing = parse_packing(answer)
        first, self._positions = self._positions, self._positions + len(page)
        missing = {int(position) for position in _list(answer, "missing")}
        if not missing <= set(range(first, self._positions)):
            raise ContractBroken("The platform asks for files that were not declared with this call.")
        return missing

    def _send(self, files: list[Declared]) -> None:
        objects = objects_for(files, self._ordinals, self._packing)
        self._ordinals += len(objects)
        for start in range(0, len(objects), MOST_OBJECTS_A_CALL):
            batch = objects[start : start + MOST_OBJECTS_A_CALL]
            messages = for_each(StoreObject.message, batch, self._threads, self._stop)
            requests = self._urls(messages)
            parts = [part for at, item in enumerate(batch) for part in self._parts(item, messages[at], requests)]
            for_each(lambda part: part.send(), parts, self._threads, self._stop)

    def _parts(self, item: StoreObject, message: dict[str, Any], requests: Mapping[int, list[PartRequest]]) -> Iterator[Part]:
        def renew() -> dict[int, Optional[SignedRequest]]:
            return {**dict.fromkeys(part.offset for part in lacking), **_by_offset(self._urls([message]), item)}

        given = SignedRequests(_by_offset(requests, item), renew, self._patience_s, self._stop)
        lacking = requests[item.ordinal]  # of a session that was found again, some may have arrived
        self._meter.add(item.size - sum(part.size for part in lacking))
        for part in lacking:
            yield Part(item, part.offset, part.size, given, self._http, self._stop, self._meter)

    def _urls(self, messages: list[dict[str, Any]]) -> dict[int, list[PartRequest]]:
        answer = self._call("urls", {"objects": messages}, headers=self._disk)
        return {item["ordinal"]: [parse_part_request(part) for part in item["requests"]] for item in _list(answer, "objects")}

    def _call(self, verb: str, body: object, timeout_s: float | None = None, headers: Mapping[str, str] | None = None) -> Any:
        return self._api.call("POST", f"/uploads/{self._id}/{verb}", body, headers=headers, repeat=True, timeout_s=timeout_s)


def _declaration(page: Sequence[Declared]) -> dict[str, Any]:
    """The files of a page, a column each."""
    digests = [file.measured.digest for file in page]
    message: dict[str, Any] = {
        "path": [file.measured.file.path for file in page],
        "size": [digest.size for digest in digests],
        "digest": [digest.digest for digest in digests],
    }
    executable = [at for at, file in enumerate(page) if file.measured.file.executable]
    return {**message, "executable": executable} if executable else message


def _by_offset(requests: Mapping[int, list[PartRequest]], item: StoreObject) -> dict[int, SignedRequest]:
    if item.ordinal not in requests:
        raise ContractBroken("The platform gave no addresses for an object of this upload.")
    return {part.offset: part.request for part in requests[item.ordinal]}


def _answer(answer: Any) -> UploadAnswer:
    _text(answer, "id")
    return cast("UploadAnswer", answer)


def _list(answer: Any, name: str) -> list[Any]:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, list):
        raise ContractBroken(f"The platform's answer to an upload can't be read: {name!r} is missing.")
    return value


def _text(answer: Any, name: str) -> str:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str):
        raise ContractBroken(f"The platform's answer to an upload can't be read: {name!r} is missing.")
    return value
