"""Lake paths: `/folder/name`, exact Unicode, never normalised."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from acai_jupyter.domain.errors import FilesClash, InvalidPath
from acai_jupyter.domain.texts import shown, shown_ends

MOST_PATH_BYTES: Final = 2000
MOST_NAME_BYTES: Final = 255

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def check_path(path: str) -> str:
    """`path` where it can name a file in the lake, else InvalidPath.

    It begins with `/`, has no empty name, no `.` or `..`, no backslash and no control character, and is at most 2,000 bytes
    long in UTF-8, each name in it at most 255. So a path can never leave the folder below which it is written out.
    """
    return _checked(path, path_problem(path))


def path_problem(path: str) -> str | None:
    """Why `path` can't name a file in the lake, None where it can."""
    if not path.startswith("/"):
        return "is not a path in the lake: it must begin with '/'"
    if path.endswith("/"):
        return "names a folder: a file's path doesn't end with '/'"
    return _problem_of_names(path, path[1:])


def check_folder(path: str) -> str:
    """`path` where it can name a folder (`/` or `/…/`), else InvalidPath."""
    if not (path.startswith("/") and path.endswith("/")):
        raise InvalidPath(f"{shown(path)} is not a folder of the lake: it must begin and end with '/'.")
    return path if path == "/" else _checked(path, _problem_of_names(path, path[1:-1]))


def check_relative(path: str) -> str:
    """`path` where it can name a file below some folder (`src/train.py`), else InvalidPath."""
    return _checked(path, relative_problem(path))


def relative_problem(path: str) -> str | None:
    """Why `path` can't name a file below some folder, None where it can."""
    if path.startswith("/"):
        return "must be relative: it must not begin with '/'"
    return _problem_of_names(path, path)


def join(folder: str, relative: str) -> str:
    """The lake path of `relative` below `folder` (which ends in '/')."""
    return check_path(folder + check_relative(relative))


def check_clashes(paths: Iterable[str]) -> None:
    """Raises FilesClash where one of `paths` is also a folder of another: the lake can hold both, a disk can't. They come in
    order, so that a path stands before all that begin with it, and few have to be kept in mind."""
    begun: list[str] = []
    for path in paths:
        while begun and not path.startswith(begun[-1]):
            begun.pop()
        for folder in begun:
            if path.startswith("/", len(folder)):
                raise FilesClash(
                    f"{folder!r} and {path!r} can't both be written: one would be a file and a folder at once. Make a file set"
                    " without one of them."
                )
        begun.append(path)


def _checked(path: str, problem: str | None) -> str:
    if problem:
        raise InvalidPath(f"{shown_ends(path)} {problem}.")
    return path


def _problem_of_names(path: str, below: str) -> str | None:
    problem = next(filter(None, map(_problem, below.split("/"))), None)
    if problem:
        return f"can't be a path: {problem}"
    if len(path.encode()) > MOST_PATH_BYTES:
        return f"is too long: a path has at most {MOST_PATH_BYTES} bytes in UTF-8"
    return None


def _problem(name: str) -> str | None:
    if not name:
        return "a name in it is empty"
    if name in (".", ".."):
        return f"it must not contain {name!r}"
    if "\\" in name:
        return "it must not contain a backslash; write '/' between folders"
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it is not valid Unicode"
    if _CONTROL.search(name):
        return "it must not contain control characters"
    if size > MOST_NAME_BYTES:
        return f"a name in it has {size} bytes in UTF-8, at most {MOST_NAME_BYTES} are allowed"
    return None
