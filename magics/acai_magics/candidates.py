"""What may follow in an `%acai` line: verbs, flags, references, file sets, jobs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from acai_jupyter.client.commands.command import Argument, Command
from acai_jupyter.client.commands.jobs import JOB_ARGUMENTS
from acai_jupyter.client.commands.table import COMMANDS
from acai_jupyter.domain.errors import AcaiError, FileNotFound
from acai_jupyter.domain.references import escape

if TYPE_CHECKING:
    from acai_jupyter.client.files import Files
    from acai_magics.magics import AcaiMagics

_MOST: Final = 200
_WORD: Final = re.compile(r"(?:[^\s\\]|\\.)+")
_ESCAPED: Final = re.compile(r"\\(.)")
_TO_ESCAPE: Final = re.compile(r"""[\s\\'"]""")
_CELL_SUBMIT: Final = Command(("submit",), "run the cell as a job", JOB_ARGUMENTS, lambda *_: None)


def candidates(magics: AcaiMagics, before: str) -> list[str]:
    """What may follow `before`, the beginning of a line of ours."""
    current = fragment(before)
    magic, *typed = _WORD.findall(before.removesuffix(current))
    commands = (_CELL_SUBMIT,) if magic.startswith("%%") else COMMANDS
    if commands != COMMANDS and [*typed, current][0].startswith("-"):
        typed = [*_CELL_SUBMIT.words, *typed]  # the verb where none is written
    command = next((one for one in commands if tuple(typed[: len(one.words)]) == one.words), None)
    if command is None:
        return _starting(current, _next_words(commands, typed))
    return _starting(current, _argument_values(magics, command, typed[len(command.words) :], current))


def fragment(before: str) -> str:
    """The word at the end of a line: a space after a backslash is part of it."""
    at = len(before)
    for word in _WORD.finditer(before):
        if word.end() == len(before):
            at = word.start()
    return before[at:]


def _next_words(commands: Iterable[Command], typed: list[str]) -> list[str]:
    depth = len(typed)
    return sorted({one.words[depth] for one in commands if len(one.words) > depth and list(one.words[:depth]) == typed})


def _argument_values(magics: AcaiMagics, command: Command, typed: list[str], current: str) -> list[str]:
    flags = {name: one for one in command.arguments for name in one.names if name.startswith("-")}
    name, equals, value = current.partition("=")
    if equals and name in flags and _takes_value(flags[name]):
        return [f"{name}={one}" for one in _values(magics, flags[name], value)]
    if current.startswith("-"):
        return sorted(name for name in flags if name.startswith("--"))
    before = typed[-1] if typed else ""
    if before in flags and _takes_value(flags[before]):
        return _values(magics, flags[before], current)
    positional = [one for one in command.arguments if not one.names[0].startswith("-")]
    return [value for one in positional for value in _values(magics, one, current)]


def _takes_value(one: Argument) -> bool:
    return one.options.get("action") not in ("store_true", argparse.SUPPRESS)


def _values(magics: AcaiMagics, one: Argument, current: str) -> list[str]:
    """Values from the platform, as they are typed; where it does not answer, there is nothing to propose."""
    current = _ESCAPED.sub(r"\1", current)
    if "choices" in one.options:
        return list(one.options["choices"])
    try:
        if one.means == "fileset" or (one.means == "reference" and "@" in current):
            path, sign, _ = current.rpartition("@")
            return [_as_typed(f"{path}{sign}{item.name}") for item in magics.client.filesets.list()]
        if one.means == "reference" and current.startswith("/"):
            return [_as_typed(escape(path)) for path in _paths(magics.client.files, current)]
        if one.means == "job":
            return [str(job.number) for job in magics.client.jobs.list(limit=50)]
    except AcaiError:
        return []
    return []


def _paths(files: Files, current: str) -> set[str]:
    """What stands in the folder that is being typed; of a large one its beginning, and the files that begin as was typed."""
    folder = current[: current.rindex("/") + 1]
    paths = {item.path for item in files.list(folder, recursive=False, limit=_MOST)}
    if len(paths) == _MOST and current != folder:
        try:
            paths |= {item.path for item in files.list(f"{current}*", limit=_MOST)}
        except FileNotFound:
            return paths
    return paths


def _as_typed(value: str) -> str:
    """A value as one word of a line."""
    return _TO_ESCAPE.sub(r"\\\g<0>", value)


def _starting(current: str, values: Iterable[str]) -> list[str]:
    return [value for value in values if value.startswith(current)][:_MOST]
