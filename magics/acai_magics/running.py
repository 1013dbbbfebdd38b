"""What `%acai` lines and `%%acai submit` do."""

from __future__ import annotations

import codecs
import re
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TextIO

from IPython.core.error import UsageError

from acai_jupyter.client.commands.command import Command, Ended, Lines, Partly, Watched, WatchedGrid
from acai_jupyter.client.commands.jobs import JOB_ARGUMENTS, submission
from acai_jupyter.client.commands.provision import limits_of
from acai_jupyter.client.commands.table import HelpWanted, Parser, UsageMistake, add_arguments, new_parser
from acai_jupyter.client.terminal import shown_line
from acai_jupyter.domain.errors import AcaiError

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client
    from acai_jupyter.client.grids import Grid
    from acai_jupyter.client.profiles import Profile

_VARIABLE: Final = re.compile(r"(?P<literal>\$)?\$(?:{(?P<braced>[^\W\d]\w*)}|(?P<bare>[^\W\d]\w*))")


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
    try:
        return _show(command.run(client(), given), given)
    except KeyboardInterrupt:
        if command.words == ("job", "logs") and given.follow:
            print(f"Job {given.job} goes on: %acai job logs -f {given.job}")  # noqa: T201
            return None
        if command.words == ("profile",) and given.wait:
            return _left(client().profiles.get(given.template_name))
        raise


def _left(profile: Profile) -> Profile:
    """A profile that somebody no longer waits for."""
    if profile.status == "PROFILING":
        print(f"Profile {profile.name} goes on: %acai profile --template-name {profile.name} --wait")  # noqa: T201
    return profile


def _show(value: Any, given: Namespace) -> Any:
    if isinstance(value, Watched):
        return watch(value, partial(_printed, given=given), _beside(given))
    if isinstance(value, WatchedGrid):
        return watch_grid(value.grid, partial(_printed, given=given), _beside(given))
    if isinstance(value, Partly):
        if _wants_json(given):
            _printed(value.done, given)
        else:
            for done in value.done:
                print(done)  # noqa: T201
        raise UsageError("; ".join(f"{error.message} [{error.code}]" for error in value.refused))
    if isinstance(value, Ended):
        if value.said:
            print(value.said, file=_beside(given))
        return _printed(value.value, given)
    if isinstance(value, Lines):
        for text in _texts(value.pieces):
            print(text, end="", flush=True)  # noqa: T201
        return None
    return _printed(value, given)


def _printed(value: Any, given: Namespace) -> Any:
    """None for what is printed, because another form than the notebook's was asked for; anything else as it is."""
    if not given.json and given.format == "table":
        return value
    from acai_jupyter.client.commands.text import as_json, as_text

    print(as_json(value) if _wants_json(given) else as_text(value, given.format))  # noqa: T201
    return None


def _wants_json(given: Namespace) -> bool:
    return bool(given.json or given.format == "json")


def _beside(given: Namespace) -> TextIO | None:
    """Where that is told which is not the answer; None is where cells print."""
    return sys.stderr if _wants_json(given) else None


def _texts(pieces: Iterable[str | bytes]) -> Iterator[str]:
    """Pieces that may end anywhere, also within a character."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for piece in pieces:
        yield decoder.decode(piece) if isinstance(piece, bytes) else piece
    yield decoder.decode(b"", final=True)


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


def watch(watched: Watched, shown: Callable[[Any], Any] = lambda job: job, told: TextIO | None = None) -> Any:
    """Show a job's log as it comes and wait for its end; an interrupt only stops the watching. The job is then what `shown`
    makes of it; all else is `told` there, by default where cells print.

    Raises UsageError, in one line, where the job did not finish: what comes after it in the notebook must not run.
    """
    job = watched.job
    try:
        if watched.show_log:
            for line in job.logs(follow=True):
                print(shown_line(line), file=told, flush=True)
        job.wait()
    except KeyboardInterrupt:
        print(f"Job {job.number} goes on: %acai job logs -f {job.number}", file=told)
        return shown(job)
    value = shown(job)
    if job.status != "FINISHED":
        raise UsageError(f"Job {job.number} {job.status}{_why(job.details)}")
    return value


def watch_grid(grid: Grid, shown: Callable[[Any], Any] = lambda grid: grid, told: TextIO | None = None) -> Any:
    """Wait for all jobs of a grid, as `watch` does for one.

    Raises UsageError, in one line, where not all of them finished.
    """
    try:
        grid.wait()
    except KeyboardInterrupt:
        print(f"Grid {grid.number} goes on: %acai grid wait {grid.number}", file=told)
        return shown(grid)
    value = shown(grid)
    if grid.status != "FINISHED":
        counts = ", ".join(f"{count} {status}" for status, count in grid.details["counts"].items())
        raise UsageError(f"Grid {grid.number} {grid.status}: {counts}; %acai grid show {grid.number} tells of each")
    return value


def _why(told: Mapping[str, Any]) -> str:
    """What the platform tells of how a job ended, in one line."""
    number = {"exit code": told["exit_code"], "signal": told["signal"]}.get(told["reason"] or "")
    reason = told["reason"] if number is None else f"{told['reason']} {number}"
    why = "; ".join(" ".join(str(part).split()) for part in (reason, told["detail"]) if part)
    return f": {why}" if why else ""


def expand(word: str, variables: Mapping[str, Any]) -> str:
    """Replace `$name` and `${name}` by the values of variables; others are left for the job's shell, and `$$name` means a
    `$name` that is for it in any case. A value is never split, whatever it holds; a job's handle stands for its number."""

    def value(match: re.Match[str]) -> str:
        if match["literal"]:
            return match[0][1:]
        name = match["braced"] or match["bare"]
        return _text(variables[name]) if name in variables else match[0]

    return _VARIABLE.sub(value, word)


def _text(value: Any) -> str:
    from acai_jupyter.client.grids import Grid
    from acai_jupyter.client.job import Job

    return str(value.number) if isinstance(value, Job | Grid) else str(value)
