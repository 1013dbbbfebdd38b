"""Lake paths: `/folder/name`, exact Unicode, never normalised."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from acai_jupyter.domain.errors import FilesClash, InvalidPath
from acai_jupyter.domain.texts import shown

MOST_PATH_BYTES: Final = 2000
MOST_NAME_BYTES: Final = 255

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def check_path(path: str) -> str:
    """`path` where it can name a file in the lake, else InvalidPath.

    It begins with `/`, has no empty name, no `.` or `..`, no backslash and no control character, and is at most 2,000 bytes
    long in UTF-8, each name in it at most 255. So a path can never leave the folder below which it is written out.
    """
    if not path.startswith("/"):
        raise InvalidPath(f"{shown(path)} is not a path in the lake: it must begin with '/'.")
    if path.endswith("/"):
        raise InvalidPath(f"{shown(path)} names a folder: a file's path doesn't end with '/'.")
    _check_names(path, path[1:])
    return path


def check_folder(path: str) -> str:
    """`path` where it can name a folder (`/` or `/…/`), else InvalidPath."""
    if not (path.startswith("/") and path.endswith("/")):
        raise InvalidPath(f"{shown(path)} is not a folder of the lake: it must begin and end with '/'.")
    if path != "/":
        _check_names(path, path[1:-1])
    return path


def check_relative(path: str) -> str:
    """`path` where it can name a file below some folder (`src/train.py`), else InvalidPath."""
    if path.startswith("/"):
        raise InvalidPath(f"{shown(path)} must be relative: it must not begin with '/'.")
    _check_names(path, path)
    return path


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


def _check_names(path: str, below: str) -> None:
    for name in below.split("/"):
        problem = _problem(name)
        if problem:
            raise InvalidPath(f"{shown(path)} can't be a path: {problem}.")
    if len(path.encode()) > MOST_PATH_BYTES:
        raise InvalidPath(f"{shown(path)} is too long: a path has at most {MOST_PATH_BYTES} bytes in UTF-8.")


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
