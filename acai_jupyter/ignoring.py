"""Which entries of a folder its .acaiignore excludes: patterns as in .gitignore, matched in time linear in what is matched.

Folders that a server reads may be other people's: neither their patterns nor what stands there in place of a file may hold it up,
or make it tell what it can read elsewhere.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from acai_jupyter.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

IGNORE_FILE: Final = ".acaiignore"
"""Patterns as in .gitignore, for the folder that it stands in and those below; it is not uploaded itself."""

_MOST_BYTES: Final = 1024 * 1024
_MOST_PATTERNS: Final = 10_000
"""That hold in one folder: each takes memory of its own."""

_WARILY: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CLASS_OR_ESCAPED: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]", re.DOTALL)
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


class Pattern(NamedTuple):
    """A line of an .acaiignore: its text, whether it excludes (one with '!' includes), and its regular expression."""

    text: str
    excludes: bool
    regex: Any


class Patterns(NamedTuple):
    """The patterns of a file, the last first, and one regular expression for all (None where they are too many for that):
    most names match none of them."""

    each: tuple[Pattern, ...]
    together: Any


class Rules(NamedTuple):
    """The patterns of one folder, and where that lies below the root (with '/' at the end, or nothing)."""

    folder: str
    patterns: Patterns


def with_those_of(path: str, folder: str, above: tuple[Rules, ...]) -> tuple[Rules, ...]:
    """What holds in a folder and below it: the patterns of the file at `path`, which stands in it, after those `above`.

    Raises InvalidInput.
    """
    rules = (*above, Rules(folder, read_patterns(path)))
    if sum(len(one.patterns.each) for one in rules) > _MOST_PATTERNS:
        raise InvalidInput(f"{path} brings the patterns of its folder to more than {_MOST_PATTERNS:,}: write fewer, with '*'.")
    return rules


def read_patterns(path: str) -> Patterns:
    """The patterns in a file. Raises InvalidInput."""
    try:
        lines = _read(path).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, ValueError) else _why(error)
        raise InvalidInput(f"{path} can't be read: {why}.") from error
    return parse(lines, path)


def parse(lines: list[str], path: str = IGNORE_FILE) -> Patterns:
    """The patterns in these lines of `path`. Raises InvalidInput, which says where, but not what stands there."""
    import re2
    from pathspec.util import lookup_pattern

    to_regex: Callable[[str], tuple[str | None, bool | None]] = lookup_pattern("gitignore").pattern_to_regex  # type: ignore[attr-defined]
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    found: list[Pattern] = []
    if len(lines) > _MOST_PATTERNS:
        raise InvalidInput(f"{path} has more than {_MOST_PATTERNS:,} lines: write fewer patterns, with '*'.")
    for number, line in enumerate(lines, 1):
        try:
            regex, excludes = to_regex(line)
            if regex is not None and excludes is not None:
                found.append(Pattern(line.rstrip().lstrip("!"), excludes, re2.compile(_for_re2(regex).encode(), options)))
        except (ValueError, re2.error) as error:
            raise InvalidInput(f"{path} can't be read: what stands in line {number} is no pattern.") from error
    try:
        together = re2.compile(b"|".join(b"(?:%b)" % pattern.regex.pattern for pattern in found), options) if found else None
    except re2.error:
        together = None
    return Patterns(tuple(reversed(found)), together)


def is_ignored(name: str, rules: tuple[Rules, ...]) -> bool:
    """What the last pattern of the lowest folder with a say says; one with '!' includes again, but never below an excluded
    folder. Folders' names end in '/'."""
    text = _encoded(name)
    for above in rules[::-1]:
        rest = text[len(_encoded(above.folder)) :]
        if above.patterns.together is not None and above.patterns.together.search(rest) is None:
            continue
        for pattern in above.patterns.each:
            if _means(pattern, rest):
                return pattern.excludes
    return False


def _why(error: OSError) -> str:
    return "links are not followed there" if error.errno == errno.ELOOP else error.strerror or str(error)


def _read(path: str) -> bytes:
    """Raises OSError, InvalidInput for what is no file of a sensible size."""
    with open(path, "rb", opener=lambda name, _: os.open(name, _WARILY)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InvalidInput(f"{path} can't be read: it is no file.")
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise InvalidInput(f"{path} is larger than 1 MiB: no list of patterns needs to be.")
    return data


def _for_re2(regex: str) -> str:
    """The same regular expression where '[' in a class may begin the name of one."""

    def one(match: re.Match[str]) -> str:
        text = match[0]
        return text if text.startswith("\\") else "[" + text[1:].replace("[", "\\[")

    return _CLASS_OR_ESCAPED.sub(one, regex)


def _encoded(name: str) -> bytes:
    """A name as it is matched: without what `.` would not match, and with one character for each byte that belongs to none."""
    try:
        return name.replace("\n", "\0").encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", name).replace("\n", "\0").encode()


def _means(pattern: Pattern, name: bytes) -> bool:
    """Whether a pattern means this very entry. (It matches what lies below a folder that it means, too; whether that is
    looked at was decided at the folder.)"""
    found = pattern.regex.search(name)
    if found is None:
        return False
    text = pattern.text
    if not text.strip("*/") and not text.endswith("/"):
        return True  # everything
    if text.endswith("/**"):
        return bool(found.end() < len(name))
    return bool(found.end() >= len(name.rstrip(b"/")))
