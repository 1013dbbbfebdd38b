"""`%acai VERB …` with the CLI's verbs, and `%%acai submit`: the cell as a job."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from acai_jupyter.client.commands.command import Command, Ended, Lines, Watched
from acai_jupyter.client.commands.jobs import JOB_ARGUMENTS, submission
from acai_jupyter.client.commands.provision import limits_of
from acai_jupyter.client.commands.table import HelpWanted, Parser, UsageMistake, add_arguments, new_parser
from acai_jupyter.client.terminal import shown_line
from acai_jupyter.domain.errors import AcaiError

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client

_VARIABLE: Final = re.compile(r"\$(?:{(\w+)}|(\w+))")


@magics_class
class AcaiMagics(Magics):
    """The platform, one client a shell; it is found at the first use."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            from acai_jupyter.client.connect import connect

            self._client = connect()
        return self._client

    @property
    def _variables(self) -> Mapping[str, Any]:
        assert self.shell is not None
        variables: Mapping[str, Any] = self.shell.user_ns
        return variables

    @no_var_expand
    @line_cell_magic
    def acai(self, line: str, cell: str | None = None) -> Any:
        """`%acai VERB …`: files, file sets, jobs, queries, provenance; `%acai --help` lists the verbs.

        `%%acai submit [--name …] [--input …] [--output …] …`: run the cell as a job; `%%acai submit --help` says more.
        `$name` is replaced by the value of the kernel's variable `name`, where there is one; braces are left alone.
        """
        try:
            words = [expand(word, self._variables) for word in shlex.split(line)]
            return self._line(words) if cell is None else self._cell(words, cell)
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

    def _line(self, words: Sequence[str]) -> Any:
        given = new_parser("%acai").parse_args(words)
        command: Command = given.command_to_run
        return self._show(command.run(self.client, given), given)

    def _show(self, value: Any, given: Namespace) -> Any:
        if isinstance(value, Watched):
            return watch(value)
        if isinstance(value, Ended):
            if value.said:
                print(value.said)  # noqa: T201
            return value.value
        if isinstance(value, Lines):
            for piece in value.pieces:
                print(piece.decode(errors="replace") if isinstance(piece, bytes) else piece, end="", flush=True)  # noqa: T201
            return None
        if given.json or given.format != "table":
            from acai_jupyter.client.commands.text import as_json, as_text

            print(as_json(value) if given.json or given.format == "json" else as_text(value, given.format))  # noqa: T201
            return None
        return value

    def _cell(self, words: Sequence[str], cell: str) -> Any:
        from acai_jupyter.client.cell import quote_cell, submit_cell

        verb, *options = words or ["submit"]
        if verb.startswith("-"):
            verb, options = "submit", list(words)
        if verb != "submit":
            raise UsageMistake(f"%%acai takes a cell as a job: %%acai submit …; for {verb!r} write %acai {verb} in a line")
        given = cell_parser().parse_args(options)
        wanted = {**submission(self.client, given), **limits_of(given)}
        if given.dry_run:
            return quote_cell(self.client, cell, **wanted)
        job = submit_cell(self.client, cell, enforce=given.enforce, **wanted)
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
