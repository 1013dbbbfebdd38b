"""The script of this machine that a command runs: who submits `python train.py` means the one beside them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Final

_PYTHON: Final = re.compile(r"python[0-9.]*(?:\.exe)?")
_OTHERS: Final = frozenset({"bash", "sh", "Rscript", "julia", "perl", "node"})
_TAKES_A_VALUE: Final = frozenset({"-W", "-X"})
_RUNS_NO_FILE: Final = frozenset({"-c", "-m", "-"})
_OF_THE_JOB: Final = frozenset({"input", "output"})


def local_script(command: str | Sequence[str]) -> str | None:
    """The relative path of the script that `command` runs, by an interpreter or by itself, where there is such a file here;
    None for everything else: a shell's constructs, modules, and what lies outside this folder or in a job's own folders."""
    words = _words(command)
    named = None if words is None else _script(iter(words))
    path = PurePath(named or "")
    if not path.parts or path.is_absolute() or ".." in path.parts or path.parts[0] in _OF_THE_JOB:
        return None
    return path.as_posix() if Path(path).is_file() else None


def _words(command: str | Sequence[str]) -> list[str] | None:
    if not isinstance(command, str):
        return [str(word) for word in command]
    try:
        return shlex.split(command)
    except ValueError:
        return None  # the shell will say what is wrong with it


def _script(words: Iterator[str]) -> str | None:
    program = next(words, "")
    if program.startswith("./"):
        return program
    if not (_PYTHON.fullmatch(program) or program in _OTHERS):
        return None
    for word in words:
        if word in _RUNS_NO_FILE:
            return None
        if word in _TAKES_A_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None
