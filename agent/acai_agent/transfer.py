"""Upload and download, for the agent and for the Python client alike: parallel, in constant memory, verified.

Bytes travel between the local disk and the object store by signed requests; the platform is only asked what to send where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Union

from acai_agent.cloning import TooShort, copy_range
from acai_agent.collecting import rarely_collected
from acai_agent.contract import FileEntry, SignedRequest, UploadAnswer
from acai_agent.downloads import CannotWrite, Damaged, Fetch, Range, Slice, Target, is_there, make_executable, runs_of
from acai_agent.drafts import PREFIX, is_unfinished
from acai_agent.failures import Cancelled, ConnectionFailed, HttpError, Signal
from acai_agent.http import Caller, Http
from acai_agent.nearby import disk_headers, take
from acai_agent.parallel import Meter, OnProgress, Stop, ahead, for_each
from acai_agent.places import PathClash, PathRefused, Place, Root
from acai_agent.signed import SignedRequests
from acai_agent.small_files import bring_small
from acai_agent.sources import FileChanged, FileUnreadable, LocalFile, Measured, Memory, Stamp, TransferError, size_of, stamp_of
from acai_agent.uploads import Base, UploadEnded, UploadSession

__all__ = [
    "Base",
    "Cancelled",
    "CannotWrite",
    "Damaged",
    "Downloaded",
    "FileChanged",
    "FileUnreadable",
    "LocalFile",
    "Measured",
    "Memory",
    "OnProgress",
    "PREFIX",
    "PathClash",
    "PathRefused",
    "Renew",
    "Root",
    "Stamp",
    "TooShort",
    "TransferError",
    "UploadEnded",
    "ahead",
    "copy_range",
    "disk_headers",
    "download",
    "is_unfinished",
    "rarely_collected",
    "read_range",
    "stamp_of",
    "upload",
]

THREADS: Final = 8
PATIENCE_S: Final = 60.0

Renew = Callable[[], Iterable[FileEntry]]
"""Gives the same entries again, with signed requests that are valid."""


class Downloaded(NamedTuple):
    """What a download did: files brought, files that were there already, bytes brought."""

    brought: int
    kept: int
    size: int


@rarely_collected()
def upload(
    api: Caller,
    files: Sequence[LocalFile],
    purpose: str,
    fileset: str | None = None,
    on_progress: OnProgress | None = None,
    cancel: Signal | None = None,
    *,
    commit: bool = True,
    http: Http | None = None,
    threads: int = THREADS,
    patience_s: float = PATIENCE_S,
    memory: Memory | None = None,
    key: str | None = None,
    base: Base | None = None,
    disk: Mapping[str, str] | None = None,
) -> UploadAnswer:
    """Upload `files`; returns the platform's last answer, to `commit`, or to `seal` where `commit` is False.

    `patience_s` is how long the object store may stay away; the platform's absence is up to `api`. `memory` saves reading
    files that are as they were. When anything fails, the upload is aborted and leaves nothing. With a `key` it stays where
    it was only cut off: called again with the same files and key, it goes on, and sends nothing that has arrived. With a `base`
    the files are only those that differ from that upload. `disk` are headers that show the platform that its disk is ours
    too (`disk_headers`): then it is handed open files instead of their bytes.

    Raises HttpError, ConnectionFailed, FileChanged, FileUnreadable, ContractBroken, Cancelled, UploadEnded where the upload
    with this key was committed before.
    """
    stop = Stop(cancel)
    meter = Meter(0 if on_progress is None else sum(size_of(file) for file in files), on_progress)
    with _borrowed(http) as sender:
        session = UploadSession(api, sender, stop, meter, threads, patience_s, memory, key, base, disk)
        try:
            session.add(files, purpose, fileset)
            answer = session.seal()
            return session.commit() if commit else answer
        except BaseException as error:
            if isinstance(error, FileChanged) and memory is not None:
                memory.forget(files)
            if key is None or not _is_cut_off(error):
                session.abort()
            raise


def _is_cut_off(error: BaseException) -> bool:
    """Whether an upload that ended so may go on later."""
    if isinstance(error, HttpError):
        return error.status >= 500
    return isinstance(error, (ConnectionFailed, Cancelled, UploadEnded)) or not isinstance(error, Exception)


@rarely_collected()
def download(
    entries: Sequence[FileEntry],
    root: Union[Path, Root],
    *,
    renew: Renew | None = None,
    on_progress: OnProgress | None = None,
    cancel: Signal | None = None,
    http: Http | None = None,
    threads: int = THREADS,
    patience_s: float = PATIENCE_S,
) -> Downloaded:
    """Write `entries` below `root`, a folder or one that knows what was brought to it before. A file that is there with the right
    bytes is kept; others appear only when they are whole (of many small ones see `small_files`).

    `renew` is asked when signed requests have expired, or their server has moved.

    Raises HttpError, ConnectionFailed, Damaged, PathClash, PathRefused, CannotWrite, ContractBroken, Cancelled.
    """
    stop = Stop(cancel)
    meter = Meter(sum(entry.size for entry in entries), on_progress)
    below = root if isinstance(root, Root) else Root(root)
    try:
        below.prepare([entry.path for entry in entries])
        rest = bring_small(entries, below, threads, stop, meter)
        places = {entry.path: below.place(entry.path) for entry in rest}
        kept = _kept(rest, places, meter, threads, stop)
        missing = [entry for entry in rest if entry.path not in kept]
        if missing:
            with _borrowed(http) as sender:
                requests = SignedRequests(_by_path(missing), renew and (lambda: _by_path(renew())), patience_s, stop)
                _fetch(missing, places, lambda run: _bring(run, requests, sender, stop, meter), threads, stop)
    except OSError as error:
        raise CannotWrite(f"{error.filename or below.folder} can't be written: {error.strerror or error}.") from error
    size = sum(entry.size for entry in entries) - sum(entry.size for entry in rest if entry.path in kept)
    return Downloaded(len(entries) - len(kept), len(kept), size)


def read_range(
    request: SignedRequest,
    first: int,
    size: int,
    http: Http,
    *,
    renew: Callable[[], SignedRequest] | None = None,
    patience_s: float = PATIENCE_S,
) -> bytes:
    """`size` bytes of an object from `first` on, fewer where it ends before; `renew` as in `download`. After a broken connection
    it goes on where that broke.

    Raises HttpError, ConnectionFailed, Damaged.
    """
    wanted = Range(first, size, http)
    SignedRequests({0: request}, renew and (lambda: {0: renew()}), patience_s, Stop()).run(0, wanted.get)
    return b"".join(wanted.pieces)


def _kept(entries: Sequence[FileEntry], places: Mapping[str, Place], meter: Meter, threads: int, stop: Stop) -> set[str]:
    """The paths of those files that are there already, with the right bytes."""
    doubtful = [entry for entry in entries if not places[entry.path].fresh]
    there = for_each(lambda entry: _keep(entry, places[entry.path].path, meter), doubtful, threads, stop)
    return {entry.path for at, entry in enumerate(doubtful) if there[at]}


def _keep(entry: FileEntry, place: str, meter: Meter) -> bool:
    if not is_there(entry, place):
        return False
    if entry.executable:
        make_executable(place)
    meter.add(entry.size)
    return True


def _fetch(
    entries: Sequence[FileEntry],
    places: Mapping[str, Place],
    bring: Callable[[Sequence[Slice]], None],
    threads: int,
    stop: Stop,
) -> None:
    targets = [Target(entry, places[entry.path].path) for entry in entries]
    try:
        for_each(bring, list(runs_of(targets)), threads, stop)
    finally:
        for target in targets:
            target.discard()


def _bring(run: Sequence[Slice], requests: SignedRequests[str], http: Http, stop: Stop, meter: Meter) -> None:
    """From this machine's disk where the object lies there, else by a request."""
    rest = take(run, stop, meter)
    if rest:
        Fetch(rest, requests, http, stop, meter).run()


def _by_path(entries: Iterable[FileEntry]) -> dict[str, SignedRequest]:
    return {entry.path: entry.request for entry in entries}


@contextmanager
def _borrowed(http: Http | None) -> Iterator[Http]:
    """`http`, or one of our own that is closed after."""
    if http is not None:
        yield http
        return
    with Http() as own:
        yield own
