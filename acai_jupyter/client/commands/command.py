"""What a command is."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.domain.errors import AcaiError

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client

MOST_LISTED: Final = 50
"""So many jobs or grids are listed where nobody says how many."""

Run = Callable[["Client", Namespace], Any]
"""Carries a command out; what it returns is shown."""


class UsageMistake(Exception):
    """A command line that can't be understood; the text says how it is written."""


@dataclass(frozen=True)
class Argument:
    """An argument as argparse takes it. `means` says what completes it: `reference`, `fileset`, `job`, `key`, `file`;
    `command` is a job's, to which every word belongs that follows."""

    names: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    means: str | None = None


@dataclass(frozen=True)
class Command:
    """A verb, or a noun and a verb. `run` calls one public function of the client."""

    words: tuple[str, ...]
    summary: str
    arguments: tuple[Argument, ...]
    run: Run
    as_it_is: bool = False
    """What it prints is somebody else's, and is left as it is: there is no `--json`."""


def argument(*names: str, means: str | None = None, **options: Any) -> Argument:
    """Shorthand for an Argument."""
    return Argument(names, options, means)


def wants_json(given: Namespace) -> bool:
    """Whether a program reads the answer."""
    return bool(given.json or given.format == "json")


@dataclass(frozen=True)
class Watched:
    """A job that its command waits for: its log is shown as it comes, and its exit status is the command's."""

    job: Any
    show_log: bool = True


@dataclass(frozen=True)
class WatchedGrid:
    """A grid that its command waits for; the command ends with 0 where all its jobs finished."""

    grid: Any


@dataclass(frozen=True)
class Ended:
    """A value that is shown, and how the command ends; `said` goes to stderr."""

    value: Any
    exit_code: int
    said: str | None = None


def newest(look: Callable[[int], Any], limit: int | None) -> Any:
    """What `look` finds, at most `limit`. Without one it is the first 50, and it is said where there are more."""
    if limit is not None:
        return look(limit)
    found = look(MOST_LISTED + 1)
    if len(found) <= MOST_LISTED:
        return found
    return Ended(found[:MOST_LISTED], 0, f"These are the newest {MOST_LISTED}, and there are more: --limit N shows the newest N.")


@dataclass(frozen=True)
class Partly:
    """What was `done` of several things, is shown, and why the others were not."""

    done: list[Any]
    refused: list[AcaiError]


def each(work: Callable[[Any], Any], items: Sequence[Any]) -> Any:
    """What `work` gives for each of the items. One that is refused keeps no other from being done, and is told after them.

    Raises AcaiError where there is only one.
    """
    done: list[Any] = []
    refused: list[AcaiError] = []
    for item in items:
        try:
            done.append(work(item))
        except AcaiError as error:
            if len(items) == 1:
                raise
            refused.append(error)
    return Partly(done, refused) if refused else done


@dataclass(frozen=True)
class Lines:
    """Text that comes piece by piece."""

    pieces: Any
