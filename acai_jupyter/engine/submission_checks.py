"""What of a submission is checked by looking at it alone."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from acai_jupyter.domain.errors import EmptyCommand, InvalidRequest
from acai_jupyter.domain.references import escape, parse_destination
from acai_jupyter.domain.secrets import MOST_OF_A_JOB, check_secret_name
from acai_jupyter.domain.submissions import Submission

_MOST_COMMAND_CHARACTERS: Final = 100_000
_MOST_NAME_CHARACTERS: Final = 200
_MOST_PLACE_CHARACTERS: Final = 4096
_MOST_ENV_CHARACTERS: Final = 64_000
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_command(command: str | tuple[str, ...]) -> None:
    """Raises EmptyCommand, InvalidRequest for what no job can run."""
    text = command if isinstance(command, str) else " ".join(command)
    if not text.strip() or (not isinstance(command, str) and not command[0].strip()):
        raise EmptyCommand("The command is empty: write what the job runs, such as python train.py.")
    if len(text) > _MOST_COMMAND_CHARACTERS or "\0" in text:
        raise InvalidRequest(f"A command has at most {_MOST_COMMAND_CHARACTERS} characters and no NUL.")


def output_path(wanted: Submission) -> str | None:
    """The folder of the lake below which output goes: `/Model/` for the output set `Model`, unless another is named."""
    if wanted.output is None:
        if wanted.output_path is not None:
            raise InvalidRequest("output_path needs an output: name the file set that the job writes.")
        return None
    folder = wanted.output_path or f"/{escape(wanted.output)}/"
    destination = parse_destination(folder if folder.endswith("/") else folder + "/")
    return destination.path


def check_texts(wanted: Submission) -> None:
    """Raises InvalidRequest for what no job can be called, run in or given."""
    if wanted.name is not None and not _is_line(wanted.name, _MOST_NAME_CHARACTERS):
        raise InvalidRequest(f"A job's name has 1 to {_MOST_NAME_CHARACTERS} characters, in one line.")
    for what, text in (("image", wanted.image), ("python", wanted.python)):
        if text is not None and not _is_line(text, _MOST_PLACE_CHARACTERS):
            raise InvalidRequest(f"{what}={text[:80]!r} can't be: it has 1 to {_MOST_PLACE_CHARACTERS} characters, in one line.")
    if sum(len(key) + len(value) for key, value in wanted.env.items()) > _MOST_ENV_CHARACTERS:
        raise InvalidRequest(f"The variables of env have at most {_MOST_ENV_CHARACTERS} characters in all.")
    for key, value in wanted.env.items():
        if not _VARIABLE.fullmatch(key) or "\0" in value:
            raise InvalidRequest(f"{key[:80]!r} can't be a variable of env: use letters, digits and _, and no NUL in its value.")
        if key.startswith("ACAI_"):
            raise InvalidRequest(f"{key} is the platform's own: variables of env must not begin with ACAI_.")
    if len(wanted.secrets) > MOST_OF_A_JOB:
        raise InvalidRequest(f"A job is given at most {MOST_OF_A_JOB} secrets.")
    for name in wanted.secrets:
        if check_secret_name(name) in wanted.env:
            raise InvalidRequest(f"{name} can't be a secret and a variable of env at once: leave one out.")
    if wanted.requirements is not None and (len(wanted.requirements) > _MOST_ENV_CHARACTERS or "\0" in wanted.requirements):
        raise InvalidRequest(f"requirements have at most {_MOST_ENV_CHARACTERS} characters and no NUL.")
    if not -1000 <= wanted.priority <= 1000:
        raise InvalidRequest("priority lies between -1000 and 1000.")


def _is_line(text: str, most: int) -> bool:
    return 0 < len(text.strip()) <= most and not any(unicodedata.category(character) == "Cc" for character in text)
