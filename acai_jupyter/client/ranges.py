"""Many pieces of many files at once: neighbours in one object by one request, several requests at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, cast

from acai_agent.contract import digest_of_bytes
from acai_jupyter.client.again import fetch_range
from acai_jupyter.client.parallel import at_once
from acai_jupyter.client.transport import Json, Transport
from acai_jupyter.domain.errors import AcaiError, DigestMismatch, FileNotFound, Forbidden, InvalidInput, NotFound, StoreDamaged

_WIDEST_GAP: Final = 64 * 1024
_MOST_BYTES: Final = 16 * 1024 * 1024


class Span(NamedTuple):
    """`length` bytes of a file from `start` on; `item` says how to fetch the file."""

    item: Json
    start: int
    length: int

    @property
    def first(self) -> int:
        """Where it begins in the object that carries the file."""
        return int(self.item["offset"]) + self.start


_Run = list[tuple[int, Span]]
_Found = dict[int, bytes | AcaiError]


def whole(item: Json) -> Span:
    """All of a file."""
    return Span(item, 0, int(item["size"]))


def read_spans(transport: Transport, spans: Sequence[Span]) -> list[bytes]:
    """The bytes of `spans`, in their order. A span that is a whole file is verified.

    Raises DigestMismatch, FileNotFound where a version was deleted meanwhile, ServerUnreachable.
    """
    read = try_spans(transport, spans)
    for data in read:
        if isinstance(data, AcaiError):
            raise data
    return cast(list[bytes], read)


def try_spans(transport: Transport, spans: Sequence[Span]) -> list[bytes | AcaiError]:
    """The bytes of `spans`, in their order, or what is wrong with each: one that can't be read keeps no other from being read.

    Raises what is wrong with no single file: ServerUnreachable, Unauthenticated, PlatformStopped, ...
    """
    numbers: _Found = {}
    runs = list(_runs([(number, span) for number, span in enumerate(spans) if span.length]))
    while runs:
        fetched = at_once(lambda run: _fetch(transport, run), runs)
        for found, _ in fetched:
            numbers.update(found)
        runs = [run for _, left in fetched for run in left]
    return [numbers.get(number, b"") for number in range(len(spans))]


def _runs(spans: Iterable[tuple[int, Span]]) -> Iterator[_Run]:
    """What to fetch by one request each: spans of one object that lie close together."""
    run: _Run = []
    end = 0
    for number, span in sorted(spans, key=lambda given: (given[1].item["request"]["url"], given[1].first)):
        if run and not _joins(run[0][1], end, span):
            yield run
            run, end = [], 0
        run.append((number, span))
        end = max(end, span.first + span.length)
    if run:
        yield run


def _joins(first: Span, end: int, span: Span) -> bool:
    near = first.item["request"] == span.item["request"] and span.first - end <= _WIDEST_GAP
    return near and max(end, span.first + span.length) - first.first <= _MOST_BYTES


def _fetch(transport: Transport, run: _Run) -> tuple[_Found, list[_Run]]:
    """What is found by one request, and the runs that are left to ask for."""
    begin = run[0][1].first
    end = max(span.first + span.length for _, span in run)
    try:
        data = fetch_range(transport, run[0][1].item, begin, end - begin)
    except FileNotFound as error:  # of the first, whose version is gone; the object may be there for the others
        half = len(run) // 2 + 1
        return {run[0][0]: error}, [rest for rest in (run[1:half], run[half:]) if rest]
    except (NotFound, Forbidden, InvalidInput, StoreDamaged) as error:
        return {number: error for number, _ in run}, []
    return {number: _checked(span, data[span.first - begin : span.first - begin + span.length]) for number, span in run}, []


def _checked(span: Span, data: bytes) -> bytes | AcaiError:
    digest = span.item.get("digest")
    if len(data) != span.length:
        return DigestMismatch(f"{span.item['path']}: the object that should hold its bytes is too short.")
    if digest and (span.start, span.length) == (0, span.item["size"]) and digest_of_bytes(data).digest != digest:
        return DigestMismatch(f"{span.item['path']}: its bytes are not those that its digest promises.")
    return data
