"""`%acai grid submit` and its bounds, on a real server."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from support.shell import Shell

from acai_jupyter.client.client import Client
from acai_jupyter.client.grid_quotes import GridQuote
from acai_jupyter.client.grids import Grid

GRID = "'echo --n {1,2}'"


def ended(grid: object) -> Grid:
    assert isinstance(grid, Grid)
    return grid.wait(60)


@pytest.mark.usefixtures("profiled", "submits_nothing")
def test_a_dry_run_shows_what_each_job_would_get_and_what_all_would_cost(shell: Shell) -> None:
    quote = shell.ok(f"%acai grid submit --max-cost 1 --dry-run {GRID}")
    assert isinstance(quote, GridQuote)
    assert quote.met
    assert quote.to_frame()["command"].tolist() == ["echo --n 1", "echo --n 2"]
    shown = shell.shown(quote)
    assert "within $1 in all" in shown["text/plain"]
    assert [heading in shown["text/html"] for heading in (">runtime, 90 %<", ">cost, 90 %<", ">runtime_low<")] == [
        True,
        True,
        False,
    ]


@pytest.mark.usefixtures("profiled", "submits_nothing")
def test_variables_of_the_kernel_and_both_bounds_go_into_a_dry_run(shell: Shell) -> None:
    shell.shell.user_ns.update(most=0.5, top=3)
    quote = shell.ok("%acai grid submit --max-cost $most --max-time 1h --confidence 0.8 --dry-run 'echo --n {1,$top}'")
    assert quote.to_frame()["command"].tolist() == ["echo --n 1", "echo --n 3"]
    assert "within 3600 s each and $0.5 in all with 80% confidence" in quote.why


@pytest.mark.usefixtures("profiled", "submits_nothing")
def test_a_dry_run_without_a_bound_tells_what_they_would_be_given(shell: Shell) -> None:
    assert "as no bound was given" in shell.ok(f"%acai grid submit --dry-run {GRID}").why


@pytest.mark.usefixtures("profiled", "submits_nothing")
def test_where_nothing_meets_the_bound_the_nearest_is_told_and_nothing_submitted(shell: Shell) -> None:
    assert not shell.ok(f"%acai grid submit --max-time 0.001 --dry-run {GRID}").met
    said = shell.mistake(f"%acai grid submit --max-time 0.001 {GRID}")
    assert "this comes nearest" in said
    assert said.endswith("[bound_not_met]")


def test_under_a_bound_every_job_gets_what_the_quote_chose_and_enforce_ends_it_there(shell: Shell, profiled: Client) -> None:
    bounded = "%acai grid submit --max-time 1h --max-cost 1"
    quote = shell.ok(f"{bounded} --dry-run {GRID}")
    grid = ended(shell.ok(f"{bounded} --enforce --name bounded {GRID}"))
    assert (grid.status, grid.name) == ("FINISHED", "bounded")
    told = [job.details for job in grid.jobs]
    assert [(job["cpu"], job["memory_mb"]) for job in told] == [(one.cpu, one.memory_mb) for one in quote.rows]
    assert [(job["max_time"], job["enforce"], job["timeout"] <= 3600) for job in told] == [(3600, True, True)] * 2
    left_alone = ended(shell.ok(f"{bounded} {GRID}"))
    assert [job.details["enforce"] for job in left_alone.jobs] == [False, False]


def test_waiting_shows_the_grid_and_one_whose_jobs_failed_stops_the_notebook(shell: Shell) -> None:
    grid = shell.ok(f"%acai grid submit --max-cost 1 --wait {GRID}")
    assert (isinstance(grid, Grid), grid.status) == (True, "FINISHED")
    said = shell.mistake("%acai grid submit --wait 'exit {0,3}'")
    assert "FAILED: 1 FINISHED, 1 FAILED; %acai grid show" in said
    number = said.split()[1]
    assert shell.mistake(f"%acai grid wait {number}") == said


def is_waiting(thread: int) -> bool:
    """Whether a thread is within the wait for a grid."""
    return any(frame.f_code is Grid.wait.__code__ for frame, _ in traceback.walk_stack(sys._current_frames()[thread]))


def test_an_interrupt_ends_the_waiting_and_never_the_grid(
    shell: Shell, client: Client, tmp_path: Path, interrupt_when: Callable[[Callable[[], bool]], None]
) -> None:
    gate = tmp_path / "gate"
    grid = client.jobs.submit_grid(f"echo {{1,2}}; while [ ! -e {gate} ]; do sleep 0.05; done")
    here = threading.get_ident()
    interrupt_when(lambda: is_waiting(here))
    ran = shell.run(f"%acai grid wait {grid.number}")
    assert (ran.failed, ran.out) == (False, f"Grid {grid.number} goes on: %acai grid wait {grid.number}\n")
    assert not any(job.details["kill_requested"] for job in grid.jobs)
    gate.touch()
    assert ended(grid).status == "FINISHED"


TOO_MANY = ",".join(map(str, range(10_001)))
MISTAKES = [
    ("--max-cost nan 'echo --n {1,2}'", "max_cost=nan can't be: give a number. [invalid_request]"),
    ("--max-cost inf 'echo --n {1,2}'", "max_cost=inf can't be: give a number. [invalid_request]"),
    ("--max-cost -1 'echo --n {1,2}'", "give a bound above 0. [invalid_request]"),
    ("--max-cost much 'echo --n {1,2}'", "invalid float value: 'much'"),
    ("--max-time soon 'echo --n {1,2}'", "write 90 (seconds), 90s, 20m, 2h or 1d. [invalid_request]"),
    ("--max-time 0 'echo --n {1,2}'", "a duration lies between a millisecond and 366 days. [invalid_request]"),
    ("--enforce 'echo --n {1,2}'", "enforce goes with a bound: give max_time or max_cost. [invalid_request]"),
    ("--confidence 0.5 'echo --n {1,2}'", "confidence goes with a bound: give max_time or max_cost. [invalid_request]"),
    ("--max-cost 1 --confidence 2 'echo --n {1,2}'", "confidence=2 is no probability"),
    ("--max-cost 1 --cpu 99 'echo --n {1,2}'", "[resources_out_of_bounds]"),
    ("--max-cost 1 'unknown --n {1,2}'", "nothing is guessed"),
    ("--max-cost 1 'echo --n {one,two}'", "nothing is guessed"),
    ("--max-cost 1 'echo --n {1,'", "A brace does not close"),
    ("--max-cost 1 'echo --n {1}'", "write at least two"),
    ("--max-cost 1 'echo --n 1'", "The template has no hints"),
    ("--max-cost 1 --dry-run 'echo --n {{1,2}}'", "The template has no hints"),
    (f"--max-cost 1 --dry-run 'echo --n {{{TOO_MANY}}}'", "10,001 jobs"),
    ("--max-cost 1 --input-grid 99999 'echo --n {1,2}'", "[grid_not_found]"),
    ("--max-cost 1", "the following arguments are required: command"),
    ("'echo --n {1,2}' --max-cost 1 3", "'3' follows it: what is the command's comes into the same quotes"),
]


@pytest.mark.parametrize(("line", "told"), MISTAKES, ids=[line[:40] for line, _ in MISTAKES])
@pytest.mark.usefixtures("profiled", "submits_nothing")
def test_a_mistake_is_told_in_one_line_and_submits_nothing(shell: Shell, line: str, told: str) -> None:
    assert told in shell.mistake(f"%acai grid submit {line}")


@pytest.mark.usefixtures("profiled", "submits_nothing")
def test_a_cell_is_no_grid(shell: Shell) -> None:
    assert "write %acai grid in a line" in shell.mistake("%%acai grid submit --max-cost 1\nprint(1)")
