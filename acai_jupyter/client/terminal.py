"""Text as a terminal would leave it: what a carriage return or a backspace overwrote is gone, so a progress bar is one line.

A terminal does what it is told by what it shows: sets its title, answers questions, fills the clipboard. What other people's jobs
print, and what they call things, tells it nothing.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

_CONTROL: Final = re.compile(
    r"""(
        \r | \x08
        | (?: \x1b\[ | \x9b ) [0-?]* [ -/]* [@-~]                                # colours, movements, what is erased
        | (?: \x1b[]PX^_] | [\x90\x98\x9d-\x9f] ) [^\r\n\x07\x1b\x9c]* (?: \x07 | \x1b\\ | \x9c )?  # titles, clipboards, …
        | \x1b [ -/]* [0-~]?                                                     # all else that an escape begins
        | [\x00-\x08\x0b-\x1f\x7f-\x9f]                                         # any other control character
    )""",
    re.VERBOSE,
)
_ERASING: Final = re.compile(r"(?:\x1b\[|\x9b)([0-2]?)K")
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOST_OPEN_CHARACTERS: Final = 100_000


def shown_line(line: str) -> str:
    """What is to be seen of one line in the end; colours and other control sequences are left out."""
    if not _CONTROL.search(line):
        return line
    seen: list[str] = []
    column = 0
    for number, piece in enumerate(_CONTROL.split(line)):
        if number % 2 == 0:
            seen[column : column + len(piece)] = piece
            column += len(piece)
        elif piece == "\r":
            column = 0
        elif piece == "\b":
            column = max(0, column - 1)
        elif erasing := _ERASING.fullmatch(piece):
            if erasing[1] in ("", "0"):
                del seen[column:]
            else:
                seen = [" "] * min(column, len(seen)) + (seen[column:] if erasing[1] == "1" else [])
    return "".join(seen)


def escaped(text: str) -> str:
    """A text of lines with what else would command a terminal written out, as `\\x1b`."""
    return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def shown_text(text: str) -> str:
    """What is to be seen of several lines in the end."""
    return "\n".join(map(shown_line, text.split("\n")))


class Screen:
    """The last lines of a text that comes piece by piece; the last of them may go on, as a progress bar does."""

    def __init__(self, most_lines: int) -> None:
        self._whole: deque[str] = deque(maxlen=most_lines)
        self._open = ""

    def feed(self, text: str) -> None:
        """More of the text."""
        *whole, rest = (self._open + text).split("\n")
        self._whole.extend(map(shown_line, whole))
        # What is overwritten again and again is not kept: only how it looks before the last return.
        before, returned, after = rest.rpartition("\r")
        self._open = (f"{shown_line(before)}\r{after}" if returned else rest)[-_MOST_OPEN_CHARACTERS:]

    def add_line(self, line: str) -> None:
        """A line that is not of the text."""
        self.feed(f"\n{line}\n" if self._open else f"{line}\n")

    @property
    def text(self) -> str:
        """All that is to be seen."""
        return "\n".join([*self._whole.copy(), *([shown_line(self._open)] if self._open else [])])
