"""Keeps the values of secrets out of what is stored: out of the log, of reasons and of the agent's notes.

A guard against accidents: a program that wants to tell a value finds a way, such as printing it backwards.
"""

from __future__ import annotations

import base64
import bisect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

MARK: Final = b"***"

_BREAKS: Final = b"\r\n"
_LEAST_BYTES: Final = 8
_LEAST_LINE_BYTES: Final = 12
_LEAST_HELD: Final = 4
"""A shorter beginning of a value tells nothing, and is not held back: a log has to be live."""


class Redactor:
    """Replaces values in a stream of bytes, also where they come in pieces, or with line breaks in them: what could be the
    beginning of a value waits for what follows."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms = sorted({form for value in secrets.values() for form in _forms(value)}, key=lambda form: (-len(form), form))
        self._waiting = b""
        self._told = 0  # how much at the beginning of what waits was passed on, and stays only to tell what follows

    def feed(self, data: bytes) -> bytes:
        """What may be passed on, now that `data` has come."""
        if not self._forms:
            return data
        text = self._waiting + data
        bare, place = _bare(text)
        found = list(_joined(_occurrences(bare, self._forms)))
        begun = max(_begun(bare, self._forms), found[-1][1] if found else 0)
        held = len(bare) - begun
        cut = place(begun) if held else len(text)
        if held >= _LEAST_HELD:
            passed = self._replaced(text[:cut], found, place)
            self._waiting, self._told = text[cut:], max(0, self._told - cut)
        else:
            passed = self._replaced(text, found, place)
            self._waiting = bare[begun:]
            self._told = len(self._waiting)
        return passed

    def flush(self) -> bytes:
        """What still waits: nothing more comes."""
        rest = self._waiting[self._told :]
        self._waiting, self._told = b"", 0
        return rest

    def text(self, text: str) -> str:
        """A text without the values."""
        if not self._forms:
            return text
        whole = Redactor({})
        whole._forms = self._forms
        data = text.encode("utf-8", "surrogateescape")
        return (whole.feed(data) + whole.flush()).decode("utf-8", "surrogateescape")

    def _replaced(self, text: bytes, found: list[tuple[int, int]], place: _Place) -> bytes:
        pieces = []
        at = self._told
        for first, last in found:
            begin, end = place(first), place(last - 1) + 1
            pieces += [text[at : max(at, begin)], MARK]
            at = max(at, end)
        pieces.append(text[at:])
        return b"".join(pieces)


class _Place:
    """Where a byte of the text without line breaks stands in the text."""

    def __init__(self, text: bytes) -> None:
        breaks = (match.start() for match in re.finditer(b"[\r\n]", text))
        self._before = [at - count for count, at in enumerate(breaks)]

    def __call__(self, index: int) -> int:
        return index + bisect.bisect_right(self._before, index)


def _bare(text: bytes) -> tuple[bytes, _Place]:
    return text.translate(None, _BREAKS), _Place(text)


def _forms(value: str) -> Iterator[bytes]:
    """A value as it may be printed, without line breaks: itself, its longer lines, quoted for URLs, JSON and Python, and in
    base64, at each of the three places that it can have in what is encoded."""
    texts = [value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1]]
    for text in texts:
        yield from _long_enough(text.encode("utf-8", "surrogateescape"), _LEAST_BYTES)
    lines = value.splitlines()
    for line in lines if len(lines) > 1 else ():
        yield from _long_enough(line.strip().encode("utf-8", "surrogateescape"), _LEAST_LINE_BYTES)
    data = value.encode("utf-8", "surrogateescape")
    for shift in range(3):
        size = shift + len(data)
        begin, end = (0, 2, 3)[shift], size // 3 * 4 + size % 3
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield from _long_enough(encode(b"\0" * shift + data)[begin:end], _LEAST_BYTES)


def _long_enough(form: bytes, least: int) -> Iterator[bytes]:
    bare = form.translate(None, _BREAKS)
    if len(bare) >= least:
        yield bare


def _occurrences(text: bytes, forms: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    for form in forms:
        at = text.find(form)
        while at >= 0:
            yield at, at + len(form)
            at = text.find(form, at + 1)


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in order; those that overlap are one."""
    begin = end = -1
    for first, last in sorted(spans):
        if first >= end:
            if end >= 0:
                yield begin, end
            begin, end = first, last
        end = max(end, last)
    if end >= 0:
        yield begin, end


def _begun(text: bytes, forms: Iterable[bytes]) -> int:
    """Where the longest end of `text` begins that is the beginning of a form; the end of the text where there is none."""
    first = len(text)
    for form in forms:
        at = text.find(form[:1], max(0, len(text) - len(form) + 1))
        while 0 <= at < first:
            if form.startswith(text[at:]):
                first = at
            at = text.find(form[:1], at + 1)
    return first
