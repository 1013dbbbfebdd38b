"""The words of a command line in the order in which argparse understands every one: options, then the others after `--`."""

from __future__ import annotations

import re
import shutil
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from acai_jupyter.client.commands.command import Argument

_NUMBER: Final = re.compile(r"-\.?\d")
_NO_VALUE: Final = ("store_true",)

_Flags = Mapping[str, Argument]


def options_first(words: Sequence[str], arguments: Sequence[Argument]) -> list[str]:
    """The words of a verb that takes these arguments. Options may stand anywhere, and be written with `_` for `-`; but from
    the first word of a job's command on, or from `--` on, no word is taken for an option. A command that is one text for the
    shell is whole: what follows it is not the command's."""
    flags = {name: one for one in arguments for name in one.names if name.startswith("-")}
    with_command = any(one.means == "command" for one in arguments)
    options: list[str] = []
    others: list[str] = []
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if word == "--":
            others += rest
            break
        if _is_option(word, flags):
            options += _option(word, rest, flags)
            continue
        others.append(word)
        if with_command and not is_shell_text(word):
            others += rest
            break
    return [*options, "--", *others] if others else options


def is_shell_text(word: str) -> bool:
    """Whether a word of a command line was written in quotes, for the shell: several words in one, and no program's path."""
    return len(word.split()) > 1 and shutil.which(word) is None


def _is_option(word: str, flags: _Flags) -> bool:
    """As argparse sees it: neither a number nor a text with blanks is one that merely is not known."""
    if not word.startswith("-") or word == "-":
        return False
    return _split(word, flags)[0] in flags or not (_NUMBER.match(word) or " " in word)


def _split(word: str, flags: _Flags) -> tuple[str, str]:
    """An option's name as it is known, and `=VALUE` where it has one."""
    name, equals, value = word.partition("=")
    hyphened = name.replace("_", "-")
    return (hyphened if name not in flags and hyphened in flags else name), equals + value


def _option(word: str, rest: deque[str], flags: _Flags) -> list[str]:
    """An option with its values, which are taken from `rest`."""
    name, value = _split(word, flags)
    known = flags.get(name)
    if value or known is None or known.options.get("action") in _NO_VALUE:
        return [name + value]
    taken: list[str] = []
    most = len(rest) if known.options.get("nargs") == "+" else 1
    while rest and len(taken) < most and not _is_option(rest[0], flags):
        taken.append(rest.popleft())
    if not taken and rest and _may_be_value(rest[0], flags):
        return [f"{name}={rest.popleft()}"]
    return [name, *taken]


def _may_be_value(word: str, flags: _Flags) -> bool:
    """Whether a word with one dash is a value, as in `--order-by -accuracy`."""
    return not word.startswith("--") and word not in flags
