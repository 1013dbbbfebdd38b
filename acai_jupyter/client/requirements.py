"""What a job requires, as pip reads it: from a list, or from a file with the files that it names."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from acai_jupyter.domain.errors import InvalidRequest, LocalFileUnusable

Requirements = str | os.PathLike[str] | Sequence[str]

_OTHER_FILE: Final = re.compile(r"\s*(?:-r|--requirement)[ =]\s*(\S+)\s*")
_DEEPEST: Final = 10


def requirements_text(wanted: Requirements) -> str:
    """One text: a list has a requirement a line, a file is read with those that it names by `-r`, so that the job needs none.

    Raises InvalidRequest, LocalFileUnusable.
    """
    if isinstance(wanted, str | os.PathLike):
        return _read(Path(wanted).expanduser(), 0)
    return "".join(f"{line}\n" for line in wanted)


def _read(path: Path, depth: int) -> str:
    if depth > _DEEPEST:
        raise InvalidRequest(f"{path}: files of requirements name each other too deeply.")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        given = "" if depth else " A text names a file; packages are given as a list, such as ['numpy>=2']."
        raise LocalFileUnusable(f"The requirements in {path} can't be read: {why}.{given}") from error
    found = []
    for line in lines:
        other = _OTHER_FILE.fullmatch(line)
        found.append(_read(path.parent / other[1], depth + 1) if other else f"{line}\n")
    return "".join(found)
