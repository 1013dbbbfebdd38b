"""All commands, and the parser that reads them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from acai_jupyter.client.commands import grids, jobs, lake, people, provision, search, secrets, storage, webhooks
from acai_jupyter.client.commands.command import Argument, Command

_NOUNS: Final = (lake, jobs, grids, provision, secrets, search, storage, people, webhooks)

_SUMMARIES: Final = {
    "fileset": "make, list, compare and delete file sets",
    "job": "submit jobs, look at them, wait for them, end them",
    "grid": "submit many jobs that differ in their arguments, as one",
    "secret": "values that jobs get and nobody sees",
    "project": "make projects, say what they may spend",
    "user": "make users of the project",
    "webhook": "tell another system how jobs end",
}

COMMANDS: Final[tuple[Command, ...]] = tuple(command for noun in _NOUNS for command in noun.COMMANDS)


class UsageMistake(Exception):
    """A command line that can't be understood; the text says how it is written."""


class Parser(argparse.ArgumentParser):
    """argparse, but mistakes are raised: a magic must not end the kernel. Nothing is taken for an abbreviation: in
    `job submit train.py --n 5` the option is the job's, and must not name it."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **{**more, "allow_abbrev": False})

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        read, others = self.parse_known_args(args, namespace)
        if others:
            quoted = "; if it belongs to the job's command, write that in quotes, or after --" if hasattr(read, "command") else ""
            self.error(f"unrecognized arguments: {' '.join(others)}{quoted}")
        return read

    def error(self, message: str) -> NoReturn:
        raise UsageMistake(f"{message} (see {self.prog} --help)")


class HelpWanted(Exception):
    """Somebody asked for help; the text is it."""


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        raise HelpWanted(parser.format_help())


def new_parser(prog: str, commands: Sequence[Command] = COMMANDS) -> Parser:
    """A parser of `commands`; what it reads has the command under `command_to_run`."""
    parser = Parser(prog=prog, description="A versioned data lake and a job engine.", add_help=False)
    _add_help(parser)
    nouns: dict[tuple[str, ...], Any] = {(): parser.add_subparsers(metavar="COMMAND", required=True)}
    for command in commands:
        *before, last = command.words
        group = _group(nouns, tuple(before))
        own = group.add_parser(last, help=command.summary, description=command.summary, add_help=False)
        add_arguments(own, command.arguments)
        own.add_argument("--json", action="store_true", help="print JSON")
        own.add_argument("--format", choices=["table", "csv", "json"], default="table", help="how tables are printed (table)")
        own.set_defaults(command_to_run=command)
    return parser


def add_arguments(parser: argparse.ArgumentParser, arguments: Sequence[Argument]) -> None:
    """Give a parser these arguments, and help."""
    _add_help(parser)
    for one in arguments:
        parser.add_argument(*one.names, **one.options)


def _add_help(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-h", "--help", action=_Help, nargs=0, help="show this help")


def _group(nouns: dict[tuple[str, ...], Any], words: tuple[str, ...]) -> Any:
    """The sub-commands of a noun, made at its first verb."""
    if words not in nouns:
        noun = nouns[()].add_parser(words[0], help=_SUMMARIES[words[0]], add_help=False)
        _add_help(noun)
        nouns[words] = noun.add_subparsers(metavar="VERB", required=True)
    return nouns[words]
