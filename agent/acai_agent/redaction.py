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

_MOST_HELD: Final = 1024
_MOST_BREAKS: Final = 4
"""Who prints a beginning and then nothing but line breaks does not wrap a value: each of its bytes may have so many."""


class Redactor:
    """Replaces values in a stream of bytes, also where they come in pieces, or with line breaks in them: what could be the
    beginning of a value waits for what follows."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms = sorted({form for value in secrets.values() for form in _forms(value)}, key=lambda form: (-len(form), form))
        self._waiting = b""
        self._told = 0  # how much at the beginning of what waits was passed on, and stays only to tell what follows
        self._marked = 0  # how many bytes of that, without line breaks, belong to a value for which a mark was passed on

    def feed(self, data: bytes) -> bytes:
        """What may be passed on, now that `data` has come. Not much more than the longest form is ever held back."""
        if not self._forms:
            return data
        text = self._waiting + data
        bare, place = _bare(text)
        begun = _begun(bare, self._forms)
        if len(bare) - begun < _LEAST_HELD or len(text) - place(begun) > _MOST_HELD + _MOST_BREAKS * len(self._forms[0]):
            passed, marked = self._replaced(text, len(text), self._found(bare), place)
            self._waiting = bare[begun:]
            self._told = len(self._waiting)
        else:
            # What began before the open form is known by now; what began in it may yet be a part of that.
            found = [span for span in self._found(bare) if span[0] <= begun]
            cut = place(begun)
            end = max(cut, place(found[-1][1] - 1) + 1) if found else cut
            passed, marked = self._replaced(text[:end], end, found, place)
            self._waiting = text[cut:]
            self._told = max(end, self._told) - cut
        self._marked = max(0, marked - begun)
        return passed

    def flush(self) -> bytes:
        """What still waits: nothing more comes."""
        bare, place = _bare(self._waiting)
        rest, _ = self._replaced(self._waiting, len(self._waiting), self._found(bare), place)
        self._waiting, self._told, self._marked = b"", 0, 0
        return rest

    def text(self, text: str) -> str:
        """A text without the values."""
        if not self._forms:
            return text
        whole = Redactor({})
        whole._forms = self._forms
        data = text.encode("utf-8", "surrogateescape")
        return (whole.feed(data) + whole.flush()).decode("utf-8", "surrogateescape")

    def _found(self, bare: bytes) -> list[tuple[int, int]]:
        marked = [(0, self._marked)] if self._marked else []
        return list(_joined([*marked, *_occurrences(bare, self._forms)]))

    def _replaced(self, text: bytes, end: int, found: list[tuple[int, int]], place: _Place) -> tuple[bytes, int]:
        """What of `text` was not passed on yet, and where in it the last value that was found ends, without line breaks."""
        pieces = []
        at = self._told
        for first, last in found:
            begin, behind = place(first), place(last - 1) + 1
            goes_on = first < self._marked and at <= place(self._marked - 1) + 1
            if behind > at and not goes_on:
                pieces += [text[at : max(at, begin)], MARK]
            at = max(at, behind)
        pieces.append(text[at:end])
        return b"".join(pieces), found[-1][1] if found else 0


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
    quoted = [quote(value, safe="", errors="surrogateescape"), quote_plus(value, errors="surrogateescape")]
    written = [json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]]
    for text in [value, *quoted, *map(_with_small_digits, quoted), *written]:
        yield from _long_enough(text.encode("utf-8", "surrogateescape"), _LEAST_BYTES)
    lines = [line.strip() for line in value.splitlines()]
    for place, line in enumerate(lines) if len(lines) > 1 else ():
        # A short one by itself could be anything: it is known by the line before.
        text = line if len(line) >= _LEAST_LINE_BYTES or place == 0 else lines[place - 1] + line
        yield from _long_enough(text.encode("utf-8", "surrogateescape"), _LEAST_LINE_BYTES)
    data = value.encode("utf-8", "surrogateescape")
    for shift in range(3):
        size = shift + len(data)
        begin, end = (0, 2, 3)[shift], size // 3 * 4 + size % 3
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield from _long_enough(encode(b"\0" * shift + data)[begin:end], _LEAST_BYTES)


def _with_small_digits(quoted: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda digits: digits[0].lower(), quoted)


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
