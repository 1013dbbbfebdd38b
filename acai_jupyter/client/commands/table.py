"""All commands, and the parser that reads them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from acai_jupyter.client.commands import grids, jobs, lake, people, provision, search, secrets, storage, webhooks
from acai_jupyter.client.commands.command import Argument, Command, UsageMistake, argument
from acai_jupyter.client.commands.words import options_first
from acai_jupyter.version import __version__

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

_SHOWN: Final = (
    argument("--json", action="store_true", help="print JSON"),
    argument("--format", choices=["table", "csv", "json"], default="table", help="how tables are printed (table)"),
)
"""What every command takes whose answer is ours."""

COMMANDS: Final[tuple[Command, ...]] = tuple(command for noun in _NOUNS for command in noun.COMMANDS)


class Parser(argparse.ArgumentParser):
    """argparse, but mistakes are raised: a magic must not end the kernel. Nothing is taken for an abbreviation, and of a verb
    with arguments options may stand anywhere."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **{**more, "allow_abbrev": False})
        self._own: list[Argument] | None = None

    def take(self, arguments: Sequence[Argument]) -> None:
        """These are the arguments of a verb."""
        self._own = list(arguments)
        for one in arguments:
            self.add_argument(*one.names, **one.options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._own is None:
            return super().parse_known_args(args, namespace)
        read, others = super().parse_known_args(options_first(args, self._own), namespace)
        if others:  # told here, where it is known whose help tells more
            own = "; options of the job's command come behind its first word" if hasattr(read, "command") else ""
            self.error(f"unrecognized arguments: {' '.join(others)}{own}")
        return read, others

    def error(self, message: str) -> NoReturn:
        raise UsageMistake(f"{message} (see {self.prog} --help)")


class HelpWanted(Exception):
    """Somebody asked for help; the text is it."""


class _Version(argparse.Action):
    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise HelpWanted(f"acai-jupyter {__version__}\n")


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        raise HelpWanted(parser.format_help())


def new_parser(prog: str, commands: Sequence[Command] = COMMANDS) -> Parser:
    """A parser of `commands`; what it reads has the command under `command_to_run`."""
    parser = Parser(prog=prog, description="A versioned data lake and a job engine.", add_help=False)
    _add_help(parser)
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    nouns: dict[tuple[str, ...], Any] = {(): parser.add_subparsers(metavar="COMMAND", required=True)}
    for command in commands:
        *before, last = command.words
        group = _group(nouns, tuple(before))
        own = group.add_parser(last, help=command.summary, description=command.summary, add_help=False)
        add_arguments(own, command.arguments if command.as_it_is else (*command.arguments, *_SHOWN))
        own.set_defaults(command_to_run=command, **({"json": False, "format": "table"} if command.as_it_is else {}))
    return parser


def add_arguments(parser: Parser, arguments: Sequence[Argument]) -> None:
    """Give a parser these arguments, and help."""
    _add_help(parser)
    parser.take(arguments)


def _add_help(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-h", "--help", action=_Help, nargs=0, help="show this help")


def _group(nouns: dict[tuple[str, ...], Any], words: tuple[str, ...]) -> Any:
    """The sub-commands of a noun, made at its first verb."""
    if words not in nouns:
        noun = nouns[()].add_parser(words[0], help=_SUMMARIES[words[0]], add_help=False)
        _add_help(noun)
        nouns[words] = noun.add_subparsers(metavar="VERB", required=True)
    return nouns[words]
