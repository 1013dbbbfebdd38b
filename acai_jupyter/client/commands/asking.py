"""Values that are typed and not shown."""

from __future__ import annotations

import getpass
import warnings

from acai_jupyter.client.commands.command import UsageMistake


def ask(question: str, instead: str) -> str:
    """What somebody types. Raises UsageMistake, which tells what to do `instead`, where nobody can be asked: without a
    terminal what is typed would be seen, and a notebook that runs by itself has nobody."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(question)
    # A kernel whose frontend can't be asked raises NotImplementedError.
    except (EOFError, getpass.GetPassWarning, NotImplementedError):
        raise UsageMistake(f"There is no terminal to ask at, or nothing was typed: give it by {instead}") from None
