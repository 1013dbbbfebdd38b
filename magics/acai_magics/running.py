"""What `%acai` lines and `%%acai submit` do."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from IPython.core.error import UsageError

from acai_jupyter.client.commands.command import Command, Ended, Lines, Partly, UsageMistake, Watched, WatchedGrid, wants_json
from acai_jupyter.client.commands.jobs import JOB_ARGUMENTS, submission
from acai_jupyter.client.commands.provision import limits_of
from acai_jupyter.client.commands.table import HelpWanted, Parser, add_arguments, new_parser
from acai_jupyter.client.terminal import shown_line
from acai_jupyter.domain.errors import AcaiError

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client
    from acai_jupyter.client.grids import Grid

_VARIABLE: Final = re.compile(r"\$(?:{(\w+)}|(\w+))")


def run(client: Callable[[], Client], variables: Mapping[str, Any], line: str, cell: str | None) -> Any:
    """What `%acai line` gives, or `%%acai line` above a cell. `variables` are the kernel's. Raises UsageError, in one line."""
    try:
        words = [expand(word, variables) for word in shlex.split(line)]
        return _line(client, words) if cell is None else _cell(client, words, cell)
    except HelpWanted as wanted:
        print(wanted)  # noqa: T201
        return None
    except UsageMistake as mistake:
        raise UsageError(str(mistake)) from None
    except ValueError as error:  # shlex: a quotation that does not end
        raise UsageError(f"The line can't be read: {error}.") from None
    except AcaiError as error:
        raise UsageError(f"{error.message} [{error.code}]") from None
    except OSError as error:
        from acai_jupyter.client.commands.text import local_problem

        raise UsageError(local_problem(error)) from None


def _line(client: Callable[[], Client], words: Sequence[str]) -> Any:
    given = new_parser("%acai").parse_args(words)
    command: Command = given.command_to_run
    return _show(command.run(client(), given), given)


def _show(value: Any, given: Namespace) -> Any:
    if isinstance(value, Watched):
        return watch(value)
    if isinstance(value, Partly):
        if wants_json(given):
            _show(value.done, given)
        else:
            for done in value.done:
                print(done)  # noqa: T201
        raise UsageError("; ".join(f"{error.message} [{error.code}]" for error in value.refused))
    if isinstance(value, WatchedGrid):
        return watch_grid(value.grid)
    if isinstance(value, Ended):
        if value.said:
            print(value.said)  # noqa: T201
        return _show(value.value, given)
    if isinstance(value, Lines):
        for piece in value.pieces:
            print(piece.decode(errors="replace") if isinstance(piece, bytes) else piece, end="", flush=True)  # noqa: T201
        return None
    if given.json or given.format != "table":
        from acai_jupyter.client.commands.as_json import as_json
        from acai_jupyter.client.commands.text import as_text

        print(as_json(value) if wants_json(given) else as_text(value, given.format))  # noqa: T201
        return None
    return value


def _cell(client: Callable[[], Client], words: Sequence[str], cell: str) -> Any:
    from acai_jupyter.client.cell import quote_cell, submit_cell

    verb, *options = words or ["submit"]
    if verb.startswith("-"):
        verb, options = "submit", list(words)
    if verb != "submit":
        raise UsageMistake(f"%%acai takes a cell as a job: %%acai submit …; for {verb!r} write %acai {verb} in a line")
    given = cell_parser().parse_args(options)
    wanted = {**submission(client(), given), **limits_of(given)}
    if given.dry_run:
        return quote_cell(client(), cell, **wanted)
    job = submit_cell(client(), cell, enforce=given.enforce, **wanted)
    return watch(Watched(job)) if given.wait else job


def cell_parser() -> Parser:
    """The options of `%%acai submit`."""
    parser = Parser(prog="%%acai submit", description="Run this cell as a job.", add_help=False)
    add_arguments(parser, JOB_ARGUMENTS)
    return parser


def watch(watched: Watched) -> Any:
    """Show a job's log as it comes and wait for its end; an interrupt only stops the watching.

    Raises UsageError, in one line, where the job did not finish: what comes after it in the notebook must not run.
    """
    job = watched.job
    try:
        if watched.show_log:
            for line in job.logs(follow=True):
                print(shown_line(line), flush=True)  # noqa: T201
        job.wait()
    except KeyboardInterrupt:
        print(f"Job {job.number} goes on: %acai job logs -f {job.number}")  # noqa: T201
        return job
    if job.status != "FINISHED":
        raise UsageError(f"Job {job.number} {job.status}{_why(job.details)}")
    return job


def watch_grid(grid: Grid) -> Grid:
    """Wait for all jobs of a grid, as `watch` does for one.

    Raises UsageError, in one line, where not all of them finished.
    """
    try:
        grid.wait()
    except KeyboardInterrupt:
        print(f"Grid {grid.number} goes on: %acai grid wait {grid.number}")  # noqa: T201
        return grid
    if grid.status != "FINISHED":
        counts = ", ".join(f"{count} {status}" for status, count in grid.details["counts"].items())
        raise UsageError(f"Grid {grid.number} {grid.status}: {counts}; %acai grid show {grid.number} tells of each")
    return grid


def _why(told: Mapping[str, Any]) -> str:
    """What the platform tells of how a job ended, in one line."""
    number = {"exit code": told["exit_code"], "signal": told["signal"]}.get(told["reason"] or "")
    reason = told["reason"] if number is None else f"{told['reason']} {number}"
    why = "; ".join(" ".join(str(part).split()) for part in (reason, told["detail"]) if part)
    return f": {why}" if why else ""


def expand(word: str, variables: Mapping[str, Any]) -> str:
    """Replace `$name` and `${name}` by the values of variables; others are left for the job's shell. A value is never
    split, whatever it holds; a job's handle stands for its number."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return _text(variables[name]) if name in variables else match[0]

    return _VARIABLE.sub(value, word)


def _text(value: Any) -> str:
    from acai_jupyter.client.grids import Grid
    from acai_jupyter.client.job import Job

    return str(value.number) if isinstance(value, Job | Grid) else str(value)
