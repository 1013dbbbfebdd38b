"""Log lines that set metadata (paper 3.2.3): `[ACAI_TAG] fileset KEY:VALUE`, `[ACAI_TAG_NUM] job KEY=VALUE`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.metadata import ArtifactKind, Value, check_key, check_value

MOST_LINE_BYTES: Final = 8192
"""A line longer than this is no tag."""

_TAG: Final = re.compile(r"\[ACAI_TAG(_NUM)?\]\s+(\w+)\s+([^:=]+?)\s*[:=]\s*(.*?)\s*", re.DOTALL)
_TARGETS: Final = {"fileset": ArtifactKind.FILESETS, "job": ArtifactKind.JOBS}


@dataclass(frozen=True, slots=True)
class LogTag:
    """Metadata from a log line, for the job itself or for the file set that it will write."""

    target: ArtifactKind
    key: str
    value: Value


def parse_line(line: str) -> LogTag | None:
    """The tag in a line of a log, None where it holds none.

    Raises InvalidRequest for a line that means to be a tag and is not: the message goes into the job's notes.
    """
    start = line.find("[ACAI_TAG")
    match = _TAG.fullmatch(line, start) if start >= 0 else None
    if match is None:
        if start >= 0 and re.match(r"\[ACAI_TAG(_NUM)?\]", line[start:]):
            raise InvalidRequest(f"Not understood: {line[start : start + 100]!r}. Print [ACAI_TAG] fileset KEY:VALUE.")
        return None
    numeric, target_name, key, text = match.groups()
    target = _TARGETS.get(target_name.lower())
    if target is None:
        raise InvalidRequest(f"Not understood: {line[start : start + 100]!r}. The target is fileset or job, not {target_name!r}.")
    return LogTag(target, check_key(key, target), check_value(key, _number(text) if numeric else text))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidRequest(f"[ACAI_TAG_NUM] needs a number, not {text[:80]!r}; use [ACAI_TAG] for text.") from None
