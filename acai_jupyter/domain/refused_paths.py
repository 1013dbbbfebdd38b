"""What of many names can't be paths, told all at once: who has to rename files wants to know of every one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from acai_jupyter.domain.errors import InvalidPath
from acai_jupyter.domain.paths import path_problem, relative_problem
from acai_jupyter.domain.texts import shown_ends

LEAVE_OUT: Final = (
    "Nothing was taken; rename them, or leave them out by lines in an .acaiignore (? is any one character, * any number of them),"
    " and the rest goes through."
)
"""What to do about names in a folder."""

_MOST_NAMED: Final = 10


class RefusedPaths:
    """Gathers them, and says it in one error: the first ten and how many there are."""

    def __init__(self) -> None:
        self.count = 0
        self._told: list[str] = []

    def check(self, path: str, name: str | None = None) -> bool:
        """Whether `path` can name a file in the lake. People know it by the name `name`, where that is another."""
        return self._is_good(path_problem(path), path if name is None else name)

    def check_relative(self, path: str) -> bool:
        """Whether `path` can name a file below some folder."""
        return self._is_good(relative_problem(path), path)

    def check_below(self, folder: str, name: str) -> bool:
        """Whether `name` can name a file below the lake's `folder`."""
        return self._is_good(relative_problem(name) or path_problem(folder + name), name)

    def refuse(self, advice: str) -> None:
        """Raises InvalidPath where there are any; `advice` says what to do about them."""
        if self.count == 1:
            raise InvalidPath(f"{self._told[0]}. {advice}".rstrip())
        if self.count:
            more = f"; and {self.count - len(self._told)} more" if self.count > len(self._told) else ""
            raise InvalidPath(f"{self.count} names can't be paths: {'; '.join(self._told)}{more}. {advice}".rstrip())

    def _is_good(self, problem: str | None, name: str) -> bool:
        if problem is None:
            return True
        self.count += 1
        if len(self._told) < _MOST_NAMED:
            self._told.append(f"{shown_ends(name)} {problem}")
        return False


def refuse_paths(paths: Iterable[str]) -> None:
    """Raises InvalidPath, of all that can't name a file in the lake."""
    refused = RefusedPaths()
    for path in paths:
        refused.check(path)
    refused.refuse("")


def refuse_relatives(paths: Iterable[str]) -> None:
    """Raises InvalidPath, of all that can't name a file below some folder."""
    refused = RefusedPaths()
    for path in paths:
        refused.check_relative(path)
    refused.refuse("")
