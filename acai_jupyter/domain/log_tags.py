"""Log lines that set metadata (paper 3.2.3): `[ACAI_TAG] fileset KEY:VALUE`, `[ACAI_TAG_NUM] job KEY=VALUE`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.metadata import ArtifactKind, Value, check_key, check_value
from acai_jupyter.domain.texts import shown

MOST_LINE_BYTES: Final = 8192
"""A line longer than this is no tag."""
MOST_POINTS_A_JOB: Final = 1_000_000
"""A job's numbers have at most so many points in all."""
STEP: Final = "step"
"""The number that is no metric: it says at which step those are that follow."""

STEPS: Final = "steps"
"""The number that says how many steps there will be."""

_BEGINNING: Final = re.compile(r"\[ACAI_TAG(_NUM)?\]")
_SIGN: Final = re.compile("[:=]")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_NUMBER: Final = re.compile(
    r"[+-]?(?:nan|inf(?:inity)?|(?:[0-9]++(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?)", re.IGNORECASE | re.ASCII
)
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
    beginning = _BEGINNING.search(line)
    if beginning is None or len(line) > MOST_LINE_BYTES:
        return None
    # By hand and not by one regular expression: three pieces with blanks between them would backtrack for minutes.
    written = _COLOURS.sub("", line[beginning.end() :])
    target_name, rest = [*written.split(None, 1), "", ""][:2]
    sign = _SIGN.search(rest)
    key = rest[: sign.start()].strip() if sign else ""
    if sign is None or not key or not written[:1].isspace():
        raise InvalidRequest(f"Not understood: {shown(line[beginning.start() :])}. Print [ACAI_TAG] fileset KEY:VALUE.")
    target = _TARGETS.get(target_name.lower())
    if target is None:
        raise InvalidRequest(f"The target of a tag is fileset or job, not {shown(target_name)}: print [ACAI_TAG] job KEY:VALUE.")
    text = rest[sign.end() :].strip()
    return LogTag(target, check_key(key, target), check_value(key, _number(text) if beginning[1] else text))


def reads_as_number(text: str) -> bool:
    """Whether a text is a number to people, nan and inf among them; Python takes more for one, such as 1_000."""
    return _NUMBER.fullmatch(text) is not None


def _number(text: str) -> float:
    if reads_as_number(text):
        return float(text)
    raise InvalidRequest(f"[ACAI_TAG_NUM] needs a number, not {shown(text)}; use [ACAI_TAG] for text.")
