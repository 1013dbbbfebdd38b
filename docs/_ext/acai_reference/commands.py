"""The commands, as `acai VERB --help` prints them."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from unittest import mock

from acai_jupyter.cli.running import run
from acai_jupyter.client.commands.table import COMMANDS

_OF_THE_CLI_ALONE = (("login",), ("server",))


def page() -> str:
    """A section a command, with its own help."""
    return "\n\n".join(_section(words) for words in every_command())


def every_command() -> list[tuple[str, ...]]:
    """The words of every command of `acai`."""
    return [*(command.words for command in COMMANDS), *_OF_THE_CLI_ALONE]


def help_of(words: Sequence[str]) -> str:
    """What `acai WORDS --help` prints."""
    printed = io.StringIO()
    with redirect_stdout(printed), mock.patch.dict(os.environ, COLUMNS="100", NO_COLOR="1"):
        run([*words, "--help"])
    return printed.getvalue().strip()


def _section(words: Sequence[str]) -> str:
    return f"### acai {' '.join(words)}\n\n```text\n{help_of(words)}\n```"
