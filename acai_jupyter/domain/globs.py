"""Patterns of paths: `*` and `?` stop at `/`, `[a-z]` and `[!a-z]` are one character, `**` is any number of folders."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from acai_jupyter.domain.errors import InvalidReference
from acai_jupyter.domain.texts import shown

ESCAPES: Final = {"%40": "@", "%3A": ":", "%25": "%", "%2A": "*", "%3F": "?", "%5B": "["}
"""How a reference writes what would mean something else in it."""

WILDCARDS: Final = "*?["
_NOTHING: Final = re.compile(r"(?!)")
# A class ends at the first `]` that is not its first character; a name ends before `/`, so a class never holds one.
_PIECE: Final = re.compile(
    r"(?P<star>\*+)|(?P<any>\?)|\[(?P<not>!?)(?P<set>[^\]][^\]]*|\][^\]]*)\]|(?P<literal>%..|.)", re.DOTALL
)


def unescape(text: str) -> str:
    """Replace the six escapes. Raises InvalidReference for any other use of '%'."""

    def literal(match: re.Match[str]) -> str:
        found = ESCAPES.get(match[0].upper())
        if found is None:
            raise InvalidReference(f"{shown(text)} contains '%' without an escape: write %25 for a literal '%'.")
        return found

    return re.sub("%.{0,2}", literal, text, flags=re.DOTALL)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    """The names of a pattern (which begins with '/'), each as a regular expression, None for `**`.

    Raises InvalidReference for a pattern that can't be read.
    """
    return tuple(None if name == "**" else _name_regex(name, pattern) for name in pattern[1:].split("/"))


def matches(wanted: tuple[re.Pattern[str] | None, ...], names: list[str]) -> bool:
    """Match name by name; `**` (None) takes as few names as it can and one more whenever the rest fails."""
    at, name, retry_at, retry_name = 0, 0, -1, 0
    while name < len(names):
        current = wanted[at] if at < len(wanted) else _NOTHING
        if current is None:
            at, retry_at, retry_name = at + 1, at + 1, name
        elif current.fullmatch(names[name]):
            at, name = at + 1, name + 1
        elif retry_at >= 0:
            retry_name += 1
            at, name = retry_at, retry_name
        else:
            return False
    return at == len(wanted)


def _name_regex(name: str, pattern: str) -> re.Pattern[str]:
    """What follows a `*` is taken at its first place and never tried elsewhere (atomic), so nothing backtracks for long."""
    parts = [""]
    for piece in _PIECE.finditer(name):
        if piece["star"]:
            parts.append("")
        else:
            parts[-1] += _one_character(piece, pattern)
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL)
    between = "".join(f"(?>.*?{part})" for part in parts[1:-1])
    return re.compile(f"{parts[0]}{between}.*{parts[-1]}", re.DOTALL)


def _one_character(piece: re.Match[str], pattern: str) -> str:
    if piece["any"]:
        return "."
    if piece["set"]:
        return _class(unescape(piece["set"]), bool(piece["not"]))
    if piece["literal"] == "[":
        raise InvalidReference(f"{shown(pattern)}: '[' without ']' (write %5B for a literal '[').")
    return re.escape(unescape(piece["literal"]))


def _class(members: str, negated: bool) -> str:
    """`a-z` is a range where `-` stands between two characters; a range backwards holds nothing."""
    inside, at = "", 0
    while at < len(members):
        if members[at + 1 : at + 2] == "-" and at + 2 < len(members):
            low, high = members[at], members[at + 2]
            inside += f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""
            at += 3
        else:
            inside += re.escape(members[at])
            at += 1
    if not inside:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{inside}]"
