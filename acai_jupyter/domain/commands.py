"""Commands as text: the same command, however it was written."""

from __future__ import annotations

import re
import shlex
from typing import Final

_QUOTED_OR_BLANK: Final = re.compile(r"""(?P<blank>(?:[ \t]|\\\r?\n)+)|'[^']*'?|"(?:\\.|[^"\\])*"?|\\.""", re.DOTALL)


def text_of(command: str | tuple[str, ...]) -> str:
    """A command as text for the shell."""
    return command if isinstance(command, str) else shlex.join(command)


def evenly_spaced(text: str) -> str:
    """A shell's text with one space wherever blanks and continued lines stand outside quotes, and none at its ends."""
    if "<<" in text:  # blanks of a here-document are its content
        return text.strip()
    return _QUOTED_OR_BLANK.sub(_one_space, text.strip()).strip(" ")


def _one_space(found: re.Match[str]) -> str:
    blank = found["blank"]
    if blank is None:
        return found[0]
    return " " if " " in blank or "\t" in blank else ""  # a continued line alone parts no words
