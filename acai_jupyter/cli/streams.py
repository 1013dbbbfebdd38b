"""The process's own streams and arguments, whatever shell, locale or service it was started by."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import Any

from acai_jupyter.client.commands.as_json import as_json
from acai_jupyter.client.commands.command import Command, UsageMistake


def prepare() -> None:
    """Streams that are closed lead nowhere, and what stdout can't encode is printed escaped."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # at the lowest free number, so that no file or socket is taken for it
            setattr(sys, name, open(os.devnull, "w" if number else "r"))  # noqa: SIM115, PTH123
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def check_text(command: Command, given: Namespace) -> None:
    """Raises UsageMistake for an argument that is no text; only names of this machine's files may be."""
    files = {_attribute(one.names, one.options) for one in command.arguments if one.means == "file"}
    for name, values in vars(given).items():
        for value in values if isinstance(values, list) else [values]:
            if name not in files and isinstance(value, str) and not _is_text(value):
                raise UsageMistake(f"{ascii(value)[:80]} is not text in UTF-8")


def json_text(value: Any) -> str:
    """JSON that stdout can encode."""
    text = as_json(value)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return as_json(value, ascii_only=True)
    return text


def _attribute(names: tuple[str, ...], options: dict[str, Any]) -> str:
    return str(options.get("dest", names[0].lstrip("-").replace("-", "_")))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
