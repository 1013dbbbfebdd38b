"""What the agent tells about itself: lines in `agent.log`, for whoever looks for the reason of a silent death."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path


class _Hidden:
    """What takes the secrets of the job out of what is written."""

    hide: Callable[[str], str] = str


def hide_in_notes(hide: Callable[[str], str]) -> None:
    """From now on, have `hide` take out of every note what must not be told."""
    _Hidden.hide = staticmethod(hide)


def note(text: str) -> None:
    """Write a line. Texts hold no token: errors are made without headers and queries."""
    text = _Hidden.hide(text)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        sys.stderr.write(f"{at} {text.encode('utf-8', 'backslashreplace').decode()}\n")
        sys.stderr.flush()
    except OSError:
        pass  # the disk is full, and there is nobody else to tell; the job goes on


def note_failure(error: BaseException) -> None:
    """Write where an error that nobody expected came from."""
    note("".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip())


def write_atomically(path: Path, text: str, durably: bool = True) -> None:
    """Write a file that is there whole or not at all; `durably`, it stays after a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        if durably:
            os.fsync(file.fileno())
    draft.replace(path)
    if not durably:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
