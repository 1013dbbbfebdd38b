"""Commands about jobs."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.command import (
    MOST_LISTED,
    Argument,
    Command,
    Lines,
    UsageMistake,
    Watched,
    argument,
    newest,
    wants_json,
)
from acai_jupyter.client.commands.provision import BOUND_ARGUMENTS, DRY_RUN, ENFORCE, limits_of
from acai_jupyter.client.commands.words import is_shell_text
from acai_jupyter.client.terminal import shown_line, shown_text
from acai_jupyter.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


SUBMIT_ARGUMENTS: Final[tuple[Argument, ...]] = (
    argument("--name", help="a name for people"),
    argument("--input", metavar="FILESET", means="fileset", help="the file set below input/"),
    argument("--input-job", metavar="JOB", means="job", help="the job whose output will be below input/"),
    argument(
        "--after", action="append", default=[], metavar="JOB", means="job", help="wait for a job, or grid:3; may be repeated"
    ),
    argument("--output", metavar="FILESET", means="fileset", help="the file set that output/ becomes"),
    argument("--output-path", metavar="FOLDER", help="the lake's folder for the output (/NAME/)"),
    argument("--image", help="the container image, where jobs run in containers"),
    argument("--python", help="the interpreter that python means in the command"),
    argument(
        "--requirements", metavar="FILE", means="file", help="what the job needs, as pip reads it: an environment of its own"
    ),
    argument("--cpu", type=float, help="vCPUs"),
    argument("--memory", help="MB, or a size such as 2GiB"),
    argument("--gpu", type=int, default=0, help="GPUs"),
    argument("--env", action="append", default=[], metavar="KEY=VALUE", help="a variable; may be repeated"),
    argument("--secret", action="append", default=[], metavar="NAME", help="a secret for a variable; may be repeated"),
    argument("--timeout", help="seconds, or a duration such as 2h, counted from RUNNING"),
    argument("--priority", type=int, default=0, help="higher goes first in one's own queue"),
    argument("--wait", action="store_true", help="show the log and wait for the end"),
)
"""What jobs and grids share."""
JOB_ARGUMENTS: Final[tuple[Argument, ...]] = (*SUBMIT_ARGUMENTS, *BOUND_ARGUMENTS, ENFORCE, DRY_RUN)
"""What `acai job submit` and `%%acai submit` share."""


def submission(client: Client, given: Namespace) -> dict[str, Any]:
    """The keywords of `client.jobs.submit` that these arguments mean. Raises InvalidRequest."""
    env = {}
    for pair in given.env:
        key, equals, value = pair.partition("=")
        if not equals:
            raise InvalidRequest(f"--env {pair!r} is not of the form KEY=VALUE.")
        env[key] = value
    names = (
        "name",
        "input",
        "output",
        "output_path",
        "image",
        "python",
        "requirements",
        "cpu",
        "memory",
        "gpu",
        "timeout",
        "priority",
        "after",
    )
    wanted = {**{name: getattr(given, name) for name in names}, "env": env, "secrets": given.secret}
    if given.input_job is not None:
        if given.input is not None:
            raise InvalidRequest("A job has one input: give --input or --input-job.")
        wanted["input"] = client.jobs.get(given.input_job)
    return wanted


def job_submit(client: Client, given: Namespace) -> Any:
    if given.dry_run:
        return job_quote(client, given)
    job = client.jobs.submit(
        command_of(given), code=given.code, enforce=given.enforce, **limits_of(given), **submission(client, given)
    )
    return Watched(job) if given.wait else job


def job_quote(client: Client, given: Namespace) -> Any:
    return client.quote(command_of(given), code=given.code, **limits_of(given), **submission(client, given))


def command_of(given: Namespace) -> str | list[str]:
    """One text is the shell's, several words are argv. Raises UsageMistake for a text with words behind it."""
    first, *others = given.command
    if others and is_shell_text(first):
        raise UsageMistake(
            f"{first[:80]!r} is a text for the shell, and {others[0][:80]!r} follows it: what is the command's comes into the "
            f"same quotes (see acai {' '.join(given.command_to_run.words)} --help)"
        )
    return given.command if others else str(first)


def job_ls(client: Client, given: Namespace) -> Any:
    return newest(lambda limit: client.jobs.list(status=given.status, grids=not given.no_grids, limit=limit), given.limit)


def job_show(client: Client, given: Namespace) -> Any:
    return client.jobs.get(given.job)


def job_environment(client: Client, given: Namespace) -> Any:
    environment = client.jobs.get(given.job).environment
    if given.freeze and not wants_json(given):
        return Lines([] if environment is None else [environment.freeze()])
    return environment or {}


def job_logs(client: Client, given: Namespace) -> Any:
    job = client.jobs.get(given.job)
    if given.raw:
        return Lines(job.printed() if given.follow else [job.logs()])
    if given.follow:
        return Lines(shown_line(line) + "\n" for line in job.logs(follow=True))
    return Lines([shown_text(job.logs())])


def job_metrics(client: Client, given: Namespace) -> Any:
    return client.jobs.get(given.job).metrics(given.key)


def job_usage(client: Client, given: Namespace) -> Any:
    return client.jobs.get(given.job).usage()


def job_wait(client: Client, given: Namespace) -> Any:
    return Watched(client.jobs.get(given.job), show_log=False)


def job_history(client: Client, given: Namespace) -> Any:
    return client.jobs.get(given.job).history()


def job_kill(client: Client, given: Namespace) -> Any:
    if given.everyone and not given.all:
        raise InvalidRequest("--everyone goes with --all.")
    if given.all == (given.job is not None):
        raise InvalidRequest("Name one job, or say --all.")
    if given.all:
        return {"killed": client.jobs.kill_all(everyone=given.everyone)}
    return client.jobs.get(given.job).kill()


def job_retry(client: Client, given: Namespace) -> Any:
    return client.jobs.get(given.job).retry()


LIST_LIMIT: Final = argument("--limit", type=int, help=f"at most so many ({MOST_LISTED})")
_RAW: Final = argument("--raw", action="store_true", help="as it was printed: every state of a progress bar, and colours")
_JOB: Final = argument("job", means="job", help="its number or id")
_CODE: Final = argument(
    "--code", metavar="FOLDER", means="file", help="the code: a folder, a file, or @FILESET (the script that it runs)"
)
_COMMAND: Final = argument(
    "command", nargs="+", means="command", help="one text for the shell, or a program and its arguments, whatever they look like"
)

COMMANDS: Final = (
    Command(
        ("job", "submit"),
        "submit a job; from the first word of the command on everything is the command's, unless that is in quotes as a whole",
        (
            *JOB_ARGUMENTS,
            _CODE,
            _COMMAND,
        ),
        job_submit,
    ),
    Command(
        ("quote",),
        "what a job would take and cost, before it is submitted; takes the options of job submit",
        (*(one for one in SUBMIT_ARGUMENTS if "--wait" not in one.names), *BOUND_ARGUMENTS, _CODE, _COMMAND),
        job_quote,
    ),
    Command(
        ("job", "ls"),
        "list jobs, newest first",
        (
            argument("--status", metavar="STATUS[,STATUS]", help="only these"),
            argument("--no-grids", action="store_true", help="leave out the jobs of grids"),
            LIST_LIMIT,
        ),
        job_ls,
    ),
    Command(("job", "show"), "all about a job", (_JOB,), job_show),
    Command(
        ("job", "environment"),
        "the Python that a job was submitted with, and what it had installed",
        (_JOB, argument("--freeze", action="store_true", help="only the packages, as pip freeze writes them")),
        job_environment,
    ),
    Command(
        ("job", "logs"),
        "what a job printed",
        (_JOB, argument("-f", "--follow", action="store_true", help="as it comes, until the job has ended"), _RAW),
        job_logs,
        as_it_is=True,
    ),
    Command(
        ("job", "metrics"),
        "the history of the numbers that a job's log set",
        (_JOB, argument("--key", help="only this one")),
        job_metrics,
    ),
    Command(("job", "usage"), "what a job used over time", (_JOB,), job_usage),
    Command(("job", "wait"), "wait for a job; ends with its exit code", (_JOB,), job_wait),
    Command(("job", "history"), "every state that a job was in, and why", (_JOB,), job_history),
    Command(
        ("job", "kill"),
        "end a job, or all of one's own",
        (
            argument("job", means="job", nargs="?", help="its number or id"),
            argument("--all", action="store_true", help="all of one's own jobs that have not ended"),
            argument("--everyone", action="store_true", help="with --all: of all users of the project, for admins"),
        ),
        job_kill,
    ),
    Command(("job", "retry"), "submit a job again, going on from its partial output", (_JOB,), job_retry),
)
