"""Secrets: values that jobs are given as variables, and that nobody is shown again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.errors import InvalidName, InvalidRequest

LEAST_CHARACTERS: Final = 8
"""A shorter value could not be told from other text in a log."""

MOST_BYTES: Final = 16 * 1024
MOST_OF_A_USER: Final = 200
MOST_OF_A_JOB: Final = 50

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@dataclass(frozen=True, slots=True)
class Secret:
    """What is told of a secret: its name, and when it was set last."""

    name: str
    changed_at: int


def check_secret_name(name: str) -> str:
    """`name` where it can name a secret and the variable that a job finds it in. Raises InvalidName."""
    if not _NAME.fullmatch(name):
        raise InvalidName(f"{name[:80]!r} can't name a secret: use up to 128 letters, digits and _, as for a variable.")
    if name.startswith("ACAI_"):
        raise InvalidName(f"{name} is the platform's own: names of secrets must not begin with ACAI_.")
    return name


def check_secret_value(value: str) -> str:
    """`value` where it can be kept, given in a variable, and found in a log. Raises InvalidRequest, without the value."""
    if len("".join(value.split())) < LEAST_CHARACTERS:
        raise InvalidRequest(f"A secret has at least {LEAST_CHARACTERS} characters: shorter ones can't be kept out of a log.")
    if len(value.encode("utf-8", "surrogatepass")) > MOST_BYTES or "\0" in value:
        raise InvalidRequest(f"A secret has at most {MOST_BYTES} bytes, and no NUL.")
    return value
