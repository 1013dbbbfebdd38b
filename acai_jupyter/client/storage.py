"""The room that things take in the lake, and what keeps it in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from acai_jupyter.client.progress import bar, somebody_looks
from acai_jupyter.client.records import CheckInterrupted, Garbage, Problem, Records, Reference, StoreUsage, Usage, record, written
from acai_jupyter.client.transport import Json, Transport, translated

_MEANS: Final = {
    "code": "uploaded code that no job runs (its bytes count as objects)",
    "nodes": "parts of the lists of deleted file sets",
    "objects": "content that nothing names",
    "packed": "content that nothing names, packed with some that is: it stays",
    "strays": "what uploads left half done, and what no record knows",
}


_STEP_TIMEOUT_SECONDS: Final = 3600.0  # a step may have to read one very large object whole


class Storage:
    """What is stored, what it is for, and whether it is whole."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def usage(self, reference: Reference = "/") -> Usage:
        """The room that a file, a folder (`/data/`) or a file set (`@Digits`, `/train/@Digits:2`) takes.

        Raises InvalidReference, FileNotFound, FilesetNotFound.
        """
        with translated():  # a file set of a million files takes longer to measure than other answers may
            query = {"ref": str(written(reference))}
            answer = self._transport.api.call("GET", "/storage/usage", query=query, repeat=True, timeout_s=_STEP_TIMEOUT_SECONDS)
        return record(Usage, answer)

    def total(self) -> StoreUsage:
        """The room that the project takes in the object store."""
        return record(StoreUsage, self._transport.get("/storage"))

    def gc(self, *, run: bool = False, progress: bool | None = None) -> Records[Garbage]:
        """What is stored and nothing names any more, by kind; with `run` it is removed. For admins.

        It goes on step by step: an interrupt ends it after the current step, and another call does the rest.

        Raises Forbidden.
        """
        sums: dict[str, tuple[int, int]] = {}
        for step in self._steps("/storage/garbage", {"run": run}, "Collecting" if run else "Looking for garbage", progress):
            for item in step["found"]:
                count, size = sums.get(item["kind"], (0, 0))
                sums[item["kind"]] = (count + item["count"], size + item["size"])
        found = (
            Garbage(kind, *sums[kind], removed=run and kind != "packed", means=means)
            for kind, means in _MEANS.items()
            if kind in sums
        )
        return Records(found, Garbage)

    def fsck(self, *, digests: bool = True, start: str | None = None, progress: bool | None = None) -> Records[Problem]:
        """Check the database with itself, with the object store, and (with `digests`) every byte in it; returns what is wrong,
        nothing where all is well. It changes no data; an upload of bytes that it missed sends them again. For admins.

        Raises CheckInterrupted where it is interrupted, with the cursor from which another call goes on (`start`), Forbidden,
        InvalidRequest for a cursor that is none.
        """
        found: list[Problem] = []
        cursor = start
        try:
            for step in self._steps("/storage/check", {"digests": digests}, "Checking", progress, start):
                found += (record(Problem, item) for item in step["problems"])
                cursor = step["cursor"]
        except KeyboardInterrupt:
            raise CheckInterrupted(Records(found, Problem), cursor) from None
        return Records(found, Problem)

    def _steps(
        self,
        path: str,
        body: Json,
        what: str,
        progress: bool | None,
        cursor: str | None = None,
    ) -> Iterator[Json]:
        """The answers of calls that each do some of the work and say where the next goes on."""
        with bar(what, somebody_looks() if progress is None else progress, unit=" things") as on_progress:
            done = 0
            while True:
                answer = self._transport.post(path, {**body, "cursor": cursor}, timeout_s=_STEP_TIMEOUT_SECONDS)
                done += answer["looked_at"]
                if on_progress is not None:
                    on_progress(min(done, answer["total"]), answer["total"])
                yield answer
                cursor = answer["cursor"]
                if cursor is None:
                    return
