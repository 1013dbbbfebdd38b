"""Commands about grids."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.command import Command, WatchedGrid, argument, newest
from acai_jupyter.client.commands.jobs import LIST_LIMIT, SUBMIT_ARGUMENTS, command_of, submission
from acai_jupyter.client.commands.provision import CONFIDENCE, limits_of
from acai_jupyter.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client


def grid_submit(client: Client, given: Namespace) -> Any:
    command = command_of(given)
    wanted = submission(client, given)
    if given.input_grid is not None:
        if wanted["input"] is not None:
            raise InvalidRequest("A grid has one input: give --input, --input-job or --input-grid.")
        wanted["input"] = client.grids.get(given.input_grid).outputs
    bounds = limits_of(given)
    if given.dry_run:
        return client.quote_grid(command, code=given.code, **bounds, **wanted)
    grid = client.jobs.submit_grid(command, code=given.code, enforce=given.enforce, **bounds, **wanted)
    return WatchedGrid(grid) if given.wait else grid


def grid_ls(client: Client, given: Namespace) -> Any:
    return newest(lambda limit: client.grids.list(limit=limit), given.limit)


def grid_show(client: Client, given: Namespace) -> Any:
    return client.grids.get(given.grid)


def grid_wait(client: Client, given: Namespace) -> Any:
    return WatchedGrid(client.grids.get(given.grid))


def grid_kill(client: Client, given: Namespace) -> Any:
    return client.grids.get(given.grid).kill()


def grid_retry(client: Client, given: Namespace) -> Any:
    return client.grids.get(given.grid).retry()


_GRID: Final = argument("grid", help="its number or id")

COMMANDS: Final = (
    Command(
        ("grid", "submit"),
        "submit a job for every combination: acai grid submit 'python train.py --depth {2,6} --trees {200,400}'",
        (
            *SUBMIT_ARGUMENTS,
            argument("--max-time", help="seconds, or a duration such as 20m, that each job may take"),
            argument("--max-cost", type=float, help="dollars that all jobs together may cost"),
            CONFIDENCE,
            argument("--enforce", action="store_true", help="end a job at its bound: its time, or its share of the cost"),
            argument("--dry-run", action="store_true", help="only show what each job would get, and what all cost"),
            argument("--input-grid", metavar="GRID", help="the grid of which every row's output is the input of a job"),
            argument(
                "--code",
                metavar="FOLDER",
                means="file",
                help="the code: a folder, a file, or @FILESET (the script that they run)",
            ),
            argument(
                "command",
                nargs="+",
                means="command",
                help="the command with its values in braces; in quotes, or the shell expands them",
            ),
        ),
        grid_submit,
    ),
    Command(
        ("grid", "ls"),
        "list grids, newest first",
        (LIST_LIMIT,),
        grid_ls,
    ),
    Command(("grid", "show"), "a grid as a table: status, arguments, metrics, cost of every job", (_GRID,), grid_show),
    Command(("grid", "wait"), "wait for all jobs of a grid; ends with 0 where all FINISHED", (_GRID,), grid_wait),
    Command(("grid", "kill"), "end all jobs of a grid", (_GRID,), grid_kill),
    Command(("grid", "retry"), "submit again what FAILED or was KILLED", (_GRID,), grid_retry),
)
