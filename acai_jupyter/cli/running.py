"""Running one command. Exit codes: 0, 1 for an error, 2 for usage; waiting for a job ends with the job's own."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any, Final

from acai_jupyter.cli.streams import check_text, json_text, prepare
from acai_jupyter.client.commands.asking import ask
from acai_jupyter.client.commands.command import (
    Command,
    Ended,
    Lines,
    Partly,
    UsageMistake,
    Watched,
    WatchedGrid,
    argument,
    wants_json,
)
from acai_jupyter.client.commands.table import COMMANDS, HelpWanted, new_parser
from acai_jupyter.client.commands.text import as_text, local_problem
from acai_jupyter.client.terminal import escaped, shown_line
from acai_jupyter.domain.errors import AcaiError

_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    prepare()
    try:
        code = _run(given)
        sys.stdout.flush()  # what is printed is there before the command may be ended at once
        return code
    except HelpWanted as wanted:
        print(wanted, end="")  # noqa: T201
        return 0
    except UsageMistake as mistake:
        print(f"acai: {mistake}", file=sys.stderr)  # noqa: T201
        return 2
    except AcaiError as error:
        print(escaped(f"acai: {error.message} [{error.code}]"), file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as in `acai ls | head`; Python must not complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except OSError as error:
        print(f"acai: {local_problem(error)}", file=sys.stderr)  # noqa: T201
        return 1


def _run(given: list[str]) -> int:
    if given[:1] == ["server"]:
        return _serve(given[1:])
    parsed = new_parser("acai", (*COMMANDS, _LOGIN, _SERVER)).parse_args(given)
    command: Command = parsed.command_to_run
    check_text(command, parsed)
    if command is _LOGIN:
        return _show(_login(parsed), parsed)
    from acai_jupyter.client.connect import connect

    return _show(command.run(connect(), parsed), parsed)


def _show(value: Any, given: Namespace) -> int:
    if isinstance(value, Watched):
        return _watch(value, given)
    if isinstance(value, WatchedGrid):
        return _watch_grid(value.grid, given)
    if isinstance(value, Ended):
        _show(value.value, given)
        if value.said:
            print(value.said, file=sys.stderr)  # noqa: T201
        return value.exit_code
    if isinstance(value, Partly):
        if wants_json(given) or value.done:
            _show(value.done, given)
        for error in value.refused:
            print(escaped(f"acai: {error.message} [{error.code}]"), file=sys.stderr)  # noqa: T201
        return 1
    if isinstance(value, Lines):
        for piece in value.pieces:
            sys.stdout.buffer.write(piece if isinstance(piece, bytes) else piece.encode(errors="backslashreplace"))
            sys.stdout.buffer.flush()
    else:
        text = json_text(value) if wants_json(given) else as_text(value, given.format, _is_wide(given))
        print(text)  # noqa: T201
    return 0


def _is_wide(given: Namespace) -> bool:
    return getattr(given, "wide", False)


def _watch(watched: Watched, given: Namespace) -> int:
    job = watched.job
    log = sys.stderr if wants_json(given) else sys.stdout  # a program reads one document
    try:
        if watched.show_log:
            print(f"Job {job.number}", file=sys.stderr)  # noqa: T201
            for line in job.logs(follow=True):
                print(shown_line(line), flush=True, file=log)
        job.wait()
    except KeyboardInterrupt:
        print(f"\nJob {job.number} goes on: acai job logs -f {job.number}", file=sys.stderr)  # noqa: T201
        return _INTERRUPTED
    if wants_json(given):
        print(json_text(job))  # noqa: T201
    else:
        print(escaped(repr(job)[1:-1]), file=sys.stderr)  # noqa: T201
        if job.detail and job.status != "KILLED":  # of a kill it is who killed it
            print(escaped(job.detail), file=sys.stderr)  # noqa: T201
    return job.exit_status or 0


def _watch_grid(grid: Any, given: Namespace) -> int:
    try:
        grid.wait()
    except KeyboardInterrupt:
        print(f"\nGrid {grid.number} goes on: acai grid wait {grid.number}", file=sys.stderr)  # noqa: T201
        return _INTERRUPTED
    _show(grid, given)
    return 0 if grid.status == "FINISHED" else 1


def _login(given: Namespace) -> Any:
    """Remember a platform and a token, once the platform has said whose it is."""
    from acai_jupyter.client.connect import connect
    from acai_jupyter.client.discovery import Address, api_url, save_credentials

    token = (sys.stdin.readline() if given.token_stdin else ask("Token: ", "--token-stdin")).strip()
    if not token:  # without one, connect would take another that it finds
        raise UsageMistake("The token is empty: acai login --token-stdin URL reads it from the first line of stdin")
    who = connect(given.url, token).whoami()
    path = save_credentials(Address(api_url(given.url), token, "acai login"))
    if wants_json(given):
        return {"name": who.name, "project": who.project, "role": who.role, "credentials": str(path)}
    return f"Logged in as {who.name} of {who.project}; written to {path}."


def _serve(arguments: list[str]) -> int:
    """Become the server process; its options are Jupyter Server's, and `--AcaiServer.SETTING=…`."""
    if arguments in (["-h"], ["--help"]):
        raise HelpWanted(
            "usage: acai server [--drain] [--port=8899] [--ip=0.0.0.0] [--AcaiServer.SETTING=VALUE …]\n\n"
            "Run the platform as a server of its own; with --drain only until no job is left, or another server has come.\n"
            "The other options are Jupyter Server's; the settings stand in the docs.\n"
        )
    os.execv(sys.executable, [sys.executable, "-m", "acai_server", *arguments])  # noqa: S606


def _nothing(client: Any, given: Namespace) -> None:
    """These commands are carried out before there is a client."""


_LOGIN: Final = Command(
    ("login",),
    "remember a platform and a token",
    (
        argument("url", help="the platform's address"),
        argument("--token-stdin", action="store_true", help="read the token from stdin instead of asking for it"),
    ),
    _nothing,
)
_SERVER: Final = Command(("server",), "run the platform as a server of its own (acai server --help)", (), _nothing)
