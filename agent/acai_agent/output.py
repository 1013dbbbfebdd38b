"""What the command left in `output/`: found without following anything out of it."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from acai_agent.drafts import is_unfinished
from acai_agent.failures import Cancelled, Signal
from acai_agent.transfer import LocalFile

_MOST_NAME_BYTES: Final = 255
_MOST_PATH_BYTES: Final = 2000
_MOST_SHOWN: Final = 160


class Output(NamedTuple):
    """The files of an output folder, by relative path; in words what else there is: what is never taken (a link that leads
    out, a device), and files that the lake can't take (their names, their permissions)."""

    files: tuple[LocalFile, ...]
    not_taken: tuple[str, ...]
    unfit: tuple[str, ...]


class _Found:
    def __init__(self) -> None:
        self.files: list[LocalFile] = []
        self.not_taken: list[str] = []
        self.unfit: list[str] = []


def collect_output(folder: Path, cancel: Signal) -> Output:
    """Everything regular below `folder`, but for what downloads that were killed have left. A link to a regular file inside it
    counts as that file. Raises Cancelled."""
    found = _Found()
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        found.not_taken.append("output/ itself (it is no longer a folder)")
    elif folder.is_dir():
        inside = folder.resolve()
        for relative, entry in _walk(folder, found, cancel):
            _sort(relative, entry, inside, found)
    return Output(tuple(found.files), tuple(found.not_taken), tuple(found.unfit))


def _walk(folder: Path, found: _Found, cancel: Signal) -> Iterator[tuple[str, os.DirEntry[str]]]:
    waiting = [""]
    while waiting:
        if cancel.is_set():
            raise Cancelled
        below = waiting.pop()
        try:
            with os.scandir(folder / below) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            found.unfit.append(f"{_shown(below)} ({error.strerror})")
            continue
        for entry in listed:
            relative = below + entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append(relative + "/")
            elif not is_unfinished(entry.name):
                yield relative, entry


def _sort(relative: str, entry: os.DirEntry[str], inside: Path, found: _Found) -> None:
    mode = entry.stat(follow_symlinks=False).st_mode
    path = Path(entry.path)
    if stat.S_ISLNK(mode):
        target = _target(path, inside)
        if target is None:
            found.not_taken.append(f"{_shown(relative)} (a link that doesn't lead to a file in output/)")
            return
        path, mode = target, target.stat().st_mode
    elif not stat.S_ISREG(mode):
        found.not_taken.append(f"{_shown(relative)} ({_kind(mode)})")
        return
    problem = _problem(relative) or (None if os.access(path, os.R_OK) else "it may not be read")
    if problem:
        found.unfit.append(f"{_shown(relative)} ({problem})")
    else:
        found.files.append(LocalFile(relative, path, executable=bool(mode & stat.S_IXUSR)))


def _target(link: Path, inside: Path) -> Path | None:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # it leads nowhere, or in a circle
        return None
    return target if inside in target.parents and target.is_file() else None


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _problem(path: str) -> str | None:
    """Why the lake can't have a file of this name: the rules of its paths."""
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "its name is not valid Unicode"
    if "\\" in path or any(unicodedata.category(character) == "Cc" for character in path):
        return "its name holds a backslash or a control character"
    too_long = size > _MOST_PATH_BYTES or any(len(name.encode()) > _MOST_NAME_BYTES for name in path.split("/"))
    return "its name is too long" if too_long else None


def _shown(path: str) -> str:
    if len(path) > _MOST_SHOWN:  # so that what is wrong with it still has room in the reason
        path = f"{path[: _MOST_SHOWN // 2]}…{path[-_MOST_SHOWN // 2 :]}"
    return repr(path) if path.isprintable() else ascii(path)
