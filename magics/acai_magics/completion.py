"""Completion in `%acai` lines: verbs, flags, references, file sets, jobs."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from acai_jupyter.client.commands.command import Argument, Command
from acai_jupyter.client.commands.jobs import JOB_ARGUMENTS
from acai_jupyter.client.commands.table import COMMANDS
from acai_jupyter.domain.errors import AcaiError

if TYPE_CHECKING:
    from acai_magics.magics import AcaiMagics

_NAME: Final = "acai_matcher"
_MOST: Final = 200
_CELL_SUBMIT: Final = Command(("submit",), "run the cell as a job", JOB_ARGUMENTS, lambda *_: None)


def matcher(magics: AcaiMagics) -> Any:
    """A matcher for IPython's completer."""

    @context_matcher()
    def acai_matcher(context: CompletionContext) -> SimpleMatcherResult:
        before = context.line_with_cursor[: context.cursor_position]
        found = _complete(magics, before)
        if found is None:
            return SimpleMatcherResult(completions=[])
        shown = [SimpleCompletion(text=text, type="acai") for text in found]
        # A whole word is replaced; IPython would take only what follows an @ or a colon in it.
        return SimpleMatcherResult(completions=shown, suppress=True, matched_fragment=before.rpartition(" ")[2])

    acai_matcher.__name__ = _NAME
    return acai_matcher


def is_ours(candidate: Any) -> bool:
    """Whether a matcher is the one of this extension, of this or an earlier loading."""
    return getattr(candidate, "__name__", "") == _NAME


def _complete(magics: AcaiMagics, before: str) -> list[str] | None:
    """What may follow; None where the line is none of ours."""
    line = before.lstrip()
    prefix = next((prefix for prefix in ("%%acai ", "%acai ") if line.startswith(prefix)), None)
    if prefix is None:
        return None
    words = line.removeprefix(prefix).split(" ")
    *typed, current = words
    typed = [word for word in typed if word]
    commands = (_CELL_SUBMIT,) if prefix == "%%acai " else COMMANDS
    command = next((one for one in commands if tuple(typed[: len(one.words)]) == one.words), None)
    if command is None:
        return _starting(current, _next_words(commands, typed))
    return _starting(current, _argument_values(magics, command, typed[len(command.words) :], current))


def _next_words(commands: Iterable[Command], typed: list[str]) -> list[str]:
    depth = len(typed)
    return sorted({one.words[depth] for one in commands if len(one.words) > depth and list(one.words[:depth]) == typed})


def _argument_values(magics: AcaiMagics, command: Command, typed: list[str], current: str) -> list[str]:
    flags = {name: one for one in command.arguments for name in one.names if name.startswith("-")}
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
    """Values from the platform; where it does not answer, there is nothing to propose."""
    if "choices" in one.options:
        return list(one.options["choices"])
    try:
        if one.means == "fileset" or (one.means == "reference" and current.startswith("@")):
            sign = "@" if one.means == "reference" else ""
            return [sign + item.name for item in magics.client.filesets.list()]
        if one.means == "reference" and current.startswith("/"):
            folder = current[: current.rindex("/") + 1]
            return [item.path for item in magics.client.files.list(folder, recursive=False)]
        if one.means == "job":
            return [str(job.number) for job in magics.client.jobs.list(limit=50)]
    except AcaiError:
        return []
    return []


def _starting(current: str, values: Iterable[str]) -> list[str]:
    return [value for value in values if value.startswith(current)][:_MOST]
