"""Grids: one command with hints, submitted as a job for every combination of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from acai_jupyter.domain.errors import LimitExceeded
from acai_jupyter.domain.jobs import ACTIVE, TERMINAL, Job, Status
from acai_jupyter.domain.metadata import Value
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.domain.templates import Template, parse_template

MOST_ROWS: Final = 10_000
"""A grid never has more jobs than this."""

ARGUMENT: Final = "arg."
"""What the metadata keys of arguments begin with."""

_MOST_CHARACTERS: Final = 50_000_000  # of all commands together
_BETWEEN: Final = "\x1f"  # joins a list of arguments for the parser; a blank to it, and in no command
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)

Command = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid as it was submitted; `command` is its template, `created_at` in microseconds."""

    project_id: UUID
    id: UUID
    number: int
    user_id: UUID
    creator: str
    name: str | None
    command: Command
    row_count: int
    created_at: int


@dataclass(frozen=True, slots=True)
class GridSummary:
    """How a grid stands: its rows by the status of their jobs. `cost` (micro-dollars) and `runtime` (microseconds) are those of
    all its jobs, also of those that were retried; `late` is how many rows are expected to miss their bound, or have missed it."""

    counts: Mapping[Status, int]
    cost: int
    runtime: int
    late: int

    @property
    def status(self) -> Status:
        """QUEUED and RUNNING until every row has ended, then the worst of their ends."""
        if self.ended < sum(self.counts.values()):
            moved = self.ended or any(self.counts.get(status) for status in ACTIVE)
            return Status.RUNNING if moved else Status.QUEUED
        return next((status for status in (Status.FAILED, Status.KILLED) if self.counts.get(status)), Status.FINISHED)

    @property
    def ended(self) -> int:
        """How many rows have ended."""
        return sum(self.counts.get(status, 0) for status in TERMINAL)


@dataclass(frozen=True, slots=True)
class GridState:
    grid: Grid
    summary: GridSummary


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row: its arguments, its latest job, and what that has as metadata (what its log set, mostly)."""

    arguments: Mapping[str, Value]
    job: Job
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class GridSubmission:
    """A job's submission whose command is a template; with `input_grid` it is submitted for every row of that grid, to read
    the row's output."""

    job: Submission
    input_grid: str | None = None


@dataclass(frozen=True, slots=True)
class Combination:
    """A command of a grid, and the arguments that are in it."""

    command: Command
    arguments: Mapping[str, Value]


def combinations(command: Command, times: int, hints_needed: bool) -> list[Combination]:
    """Every command that a template means; `times` is how often each will be submitted.

    Raises InvalidRequest where the template can't be read, LimitExceeded where that is too much: nothing was started.
    """
    text = command if isinstance(command, str) else _BETWEEN.join(command)
    template = parse_template(text, numbers=False, hints_needed=hints_needed)
    count = template.combinations * times
    if count > MOST_ROWS or count * len(text) > _MOST_CHARACTERS:
        factors = [f"{len(hint.texts)} {hint.name}" for hint in template.hints] + ([f"{times} rows"] if times > 1 else [])
        raise LimitExceeded(
            f"This grid would submit {count:,} jobs ({' × '.join(factors)}); {MOST_ROWS:,} are allowed, and "
            f"{_MOST_CHARACTERS:,} characters of commands. Nothing was started: give fewer values."
        )
    return [_combination(template, texts, isinstance(command, str)) for texts in template.expand()]


def _combination(template: Template, texts: tuple[str, ...], is_text: bool) -> Combination:
    command = template.fill(texts)
    arguments = {hint.name: argument(text) for hint, text in zip(template.hints, texts, strict=True)}
    return Combination(command if is_text else tuple(command.split(_BETWEEN)), arguments)


def argument(text: str) -> Value:
    """The value of an argument as metadata: a number where it reads as one."""
    return float(text) if _NUMBER.fullmatch(text) else text


def row_name(name: str | None, arguments: Mapping[str, Value], most: int) -> str | None:
    """What a row's job is called: the grid's name and the arguments, as far as they fit."""
    shown = [f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}" for key, value in arguments.items()]
    line = " ".join("".join(c if c.isprintable() else " " for c in part) for part in [*([name] if name else []), *shown])
    return line[:most].strip() or None
