"""Paths by the thousand: looked at together, and one by one only where one of them may be refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from acai_jupyter.domain.paths import MOST_NAME_BYTES, MOST_PATH_BYTES
from acai_jupyter.domain.refused_paths import refuse_paths, refuse_relatives

_UNUSUAL: Final = re.compile("[\\\\\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_NAMES: Final = ("//", "/\n", "/./", "/.\n", "/../", "/..\n")
_SHORT_NAME: Final = MOST_NAME_BYTES // 4  # characters that surely fit
_LONG_NAME: Final = re.compile(f"[^/\n]{{{_SHORT_NAME + 1}}}")


def check_paths(paths: Sequence[str]) -> None:
    """Raises InvalidPath, with all of them named, where some can't name a file in the lake, as `check_path` has it."""
    text = "\n".join(paths) + "\n"
    if not text.startswith("/") or text.count("\n/") != len(paths) - 1 or _may_be_refused(text, paths):
        refuse_paths(paths)


def check_relatives(paths: Sequence[str]) -> None:
    """Raises InvalidPath, with all of them named, where some can't name a file below some folder, as `check_relative` has it."""
    if _may_be_refused("/" + "\n/".join(paths) + "\n", paths):
        refuse_relatives(paths)


def _may_be_refused(text: str, paths: Sequence[str]) -> bool:
    """Whether one of the `paths`, which are the lines of `text`, is not plainly a path."""
    if text.count("\n") != len(paths) or _UNUSUAL.search(text) or any(piece in text for piece in _NO_NAMES):
        return True
    longest = max(map(len, paths), default=0)
    return longest > MOST_PATH_BYTES // 4 or (longest > _SHORT_NAME and _LONG_NAME.search(text) is not None)
