"""Cuts a query into its smallest pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.errors import InvalidQuery

_MOST_CHARACTERS: Final = 10_000
NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
"""NUL and halves of characters, which no database holds in a text."""

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?)(?![\w.])
    |(?P<text>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')
    |`(?P<quoted>[^`]++)`
    |(?P<sign>==|!=|<=|>=|<|>|=|[()\[\],&|~])
    |(?P<word>[^\W\d]\w*+(?:\.\w++)*+))""",
    re.VERBOSE | re.DOTALL,
)
_END: Final = re.compile(r"\s*\Z")
_ESCAPES: Final = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, text (with its quotes), quoted (a key in backticks, without them), sign or word."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> list[Token]:
    """The pieces of a query. Raises InvalidQuery, with the place of what is none."""
    if len(text) > _MOST_CHARACTERS:
        raise InvalidQuery(f"A query has at most {_MOST_CHARACTERS} characters; this one has {len(text)}.")
    if bad := NO_TEXT.search(text):
        raise mistake(text, bad.start(), "NUL and halves of characters can't be in any value")
    found: list[Token] = []
    at = 0
    while not _END.match(text, at):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise mistake(text, start, "a text is not closed" if text[start] in "\"'`" else "this is not understood")
        found.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return found


def unquote(text: str) -> str:
    """What a text in quotes says."""
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text[1:-1], flags=re.DOTALL)


def mistake(text: str, at: int, what: str) -> InvalidQuery:
    """The error that shows a place in a query and says `what` is wrong there."""
    near = text[at : at + 30].strip()
    place = f"at {near!r} (character {at + 1})" if near else "at the end"
    return InvalidQuery(f"The query can't be read {place}: {what}.")
