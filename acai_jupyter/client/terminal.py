"""Text as a terminal would leave it: what a carriage return or a backspace overwrote is gone, so a progress bar is one line."""

from __future__ import annotations

import re
from collections import deque
from typing import Final

_CONTROL: Final = re.compile("(\r|\b|\x1b\\[[0-9;?]*[ -/]*[@-~])")
_MOST_OPEN_CHARACTERS: Final = 100_000


def shown_line(line: str) -> str:
    """What is to be seen of one line in the end; colours and other control sequences are left out."""
    if not _CONTROL.search(line):
        return line
    seen: list[str] = []
    column = 0
    for piece in _CONTROL.split(line):
        if piece == "\r":
            column = 0
        elif piece == "\b":
            column = max(0, column - 1)
        elif piece.startswith("\x1b["):
            if piece[-1] == "K" and piece[2:-1] in ("", "0"):
                del seen[column:]
            elif piece[-1] == "K":
                seen = [" "] * min(column, len(seen)) + (seen[column:] if piece[2:-1] == "1" else [])
        else:
            seen[column : column + len(piece)] = piece
            column += len(piece)
    return "".join(seen)


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
