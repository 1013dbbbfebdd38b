"""Grids: one submission for every combination of values, and for every row of another grid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Final
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import InvalidRequest, LimitExceeded
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.grids import ARGUMENT, Grid, GridRow, GridState, GridSubmission, combinations, row_name
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.jobs import JobSpec, Status
from acai_jupyter.domain.metadata import ArtifactKind, Value, check_key, check_value
from acai_jupyter.domain.quotes import GridQuote
from acai_jupyter.engine.budgets import check_budget
from acai_jupyter.engine.kills import kill_job
from acai_jupyter.engine.lookup import find_grid
from acai_jupyter.engine.predecessors import MOST_LINKS, copy_arguments, jobs_before, retried
from acai_jupyter.engine.registry import Registry
from acai_jupyter.engine.repeated_calls import request_digest
from acai_jupyter.engine.secrets import require_secrets
from acai_jupyter.engine.submission_checks import check_command
from acai_jupyter.ports.store.engine import NewJob
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from acai_jupyter.workflows.grid_quotes import GridBounds, GridQuotes, said_of, under_bounds

_MOST_NAME_CHARACTERS: Final = 200
_KILLED_AT_ONCE: Final = 100
_MOST_TEXT: Final = 200_000_000  # characters of commands, variables and requirements of all rows, which are stored with each


class Grids:
    """Submits grids, and looks after them as one thing."""

    def __init__(self, store: Store, registry: Registry, quotes: GridQuotes) -> None:
        self._store = store
        self._registry = registry
        self._quotes = quotes

    def submit(
        self, principal: Principal, wanted: GridSubmission, key: str | None = None, bounds: GridBounds | None = None
    ) -> GridState:
        """A job for every combination of the template's values, all in one transaction; with `input_grid`, for each of that
        grid's rows, whose output it reads and whose arguments it has too. `key` makes a repeated call return the first one's
        grid.

        Under `bounds` every row has the resources that its profile chooses.

        Raises what submitting a job raises, GridNotFound, LimitExceeded where it would be too many, BoundNotMet.
        """
        principal.require(Right.WRITE)
        if wanted.input_grid is not None and (wanted.job.input is not None or wanted.job.input_job is not None):
            raise InvalidRequest("A grid has one input: name a file set, a job, or another grid's outputs.")
        asked = json.dumps(asdict(wanted) | ({} if bounds is None else {"bounds": asdict(bounds)}), sort_keys=True)
        quote = None
        if bounds is not None:
            with self._store.begin() as unit:
                first = self._answered(unit, principal, key, asked)
            if first is None:  # a repeated call may be quoted otherwise, as more runs are known by then
                quote = self._quotes.choose(principal, wanted, bounds)
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            first = self._answered(unit, principal, key, asked)
            if first is not None:
                return _state(unit, first)
            grid = self._add(unit, principal, wanted, quote, bounds is not None and bounds.enforce)
            self._keep(unit, principal, key, asked, grid)
            return _state(unit, grid)

    def get(self, principal: Principal, reference: str) -> GridState:
        """A grid by its number or id. Raises GridNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return _state(unit, find_grid(unit, principal.project_id, reference))

    def page(self, principal: Principal, before: int | None, limit: int) -> list[GridState]:
        """Grids of the project, newest first, from the first below the number `before`."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            found = unit.grids.page(principal.project_id, before, limit)
            summaries = unit.grids.summaries(principal.project_id, [grid.id for grid in found])
        return [GridState(grid, summaries[grid.id]) for grid in found]

    def rows(self, principal: Principal, reference: str, after: int, limit: int) -> list[GridRow]:
        """The rows after row `after`; they are counted from 1. Raises GridNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            grid = find_grid(unit, principal.project_id, reference)
            jobs = unit.grids.rows(grid, after, limit)
            known = unit.metadata.values_of(principal.project_id, ArtifactKind.JOBS, [job.id for job in jobs])
        found = [(job, *_parted(known[job.id])) for job in jobs]
        return [GridRow(arguments, job, values) for job, arguments, values in found]

    def kill(self, principal: Principal, reference: str) -> GridState:
        """End every job of a grid that has not ended. May be repeated. Raises GridNotFound, Forbidden."""
        principal.require(Right.WRITE)
        more = True
        while more:
            with self._store.begin() as unit:
                unit.lock_project(principal.project_id)
                grid = find_grid(unit, principal.project_id, reference)
                found = unit.grids.to_kill(grid, _KILLED_AT_ONCE)
                for job in found:
                    kill_job(unit, principal, job)
                more = len(found) == _KILLED_AT_ONCE
        return self.get(principal, reference)

    def retry(self, principal: Principal, reference: str, key: str | None = None) -> GridState:
        """New jobs for the rows that FAILED or were KILLED, with the same pins; the others stay. `key` makes a repeated call
        submit nothing more.

        Raises GridNotFound, ResourcesOutOfBounds, SecretNotFound, BudgetExceeded, TimeoutRequired, Forbidden.
        """
        principal.require(Right.WRITE)
        asked = f"retry grid {reference}"
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            grid = find_grid(unit, principal.project_id, reference)
            if self._answered(unit, principal, key, asked) is None:
                self._retry(unit, principal, grid)
                self._keep(unit, principal, key, asked, grid)
            return _state(unit, grid)

    def _add(
        self, unit: UnitOfWork, principal: Principal, wanted: GridSubmission, quote: GridQuote | None, enforce: bool
    ) -> Grid:
        sources = _sources(unit, principal, wanted)
        commands = combinations(wanted.job.command, len(sources), hints_needed=wanted.input_grid is None)
        for name in commands[0].arguments:
            check_key(ARGUMENT + name, ArtifactKind.JOBS)
        spec, notes = self._registry.check(replace(wanted.job, command=commands[0].command))
        for one in commands[1:]:
            check_command(one.command)
        spec = self._registry.pin(unit, principal, spec, wanted.job)
        before = jobs_before(unit, principal.project_id, wanted.job)
        if len(before) * len(commands) * len(sources) > MOST_LINKS:
            raise LimitExceeded(
                f"{len(commands) * len(sources):,} jobs would each wait for {len(before):,} others, which is too much. Nothing "
                "was started: give input=grid.outputs, which waits row by row."
            )
        count = len(commands) * len(sources)
        if count * spec.characters > _MOST_TEXT:
            raise LimitExceeded(
                f"{count:,} jobs with {spec.characters:,} characters of command, variables and requirements each are too much: "
                f"{_MOST_TEXT:,} are allowed in all. Nothing was started: put what is long into a file of the code."
            )
        grid = unit.grids.add(principal.project_id, principal.user_id, spec.name, wanted.job.command, count)
        spec = replace(spec, grid_id=grid.id)
        rows = [(source, one, {**source.arguments, **one.arguments}) for source in sources for one in commands]
        new = [
            NewJob(_row_spec(spec, number, source, one.command, arguments), before | source.links)
            for number, (source, one, arguments) in enumerate(rows, 1)
        ]
        if quote is not None:
            new = [replace(one, spec=under_bounds(one.spec, quote, number, enforce)) for number, one in enumerate(new)]
            notes = [said_of(quote)]
        check_budget(unit, principal, [one.spec for one in new])
        ids = unit.jobs.add_many(principal.project_id, principal.user_id, new, notes)
        _set_arguments(unit, grid, {one: arguments for one, (_, _, arguments) in zip(ids, rows, strict=True)})
        unit.events.append(grid.project_id, EventKind.GRID_SUBMITTED, grid=write(Kind.GRID, grid.id))
        return grid

    def _retry(self, unit: UnitOfWork, principal: Principal, grid: Grid) -> None:
        again = [job for job in unit.grids.rows(grid, 0, grid.row_count) if job.status in (Status.FAILED, Status.KILLED)]
        if not again:
            return
        new = [retried(unit, job) for job in again]
        for resources in dict.fromkeys(one.spec.resources for one in new):
            self._registry.check_room(resources)
        require_secrets(unit, principal, new[0].spec.secrets)
        check_budget(unit, principal, [one.spec for one in new])
        ids = unit.jobs.add_many(grid.project_id, principal.user_id, new, [])
        copy_arguments(unit, grid.project_id, {old.id: new for old, new in zip(again, ids, strict=True)})
        unit.events.append(grid.project_id, EventKind.GRID_RETRIED, grid=write(Kind.GRID, grid.id))

    @staticmethod
    def _answered(unit: UnitOfWork, principal: Principal, key: str | None, asked: str) -> Grid | None:
        """The grid that the call with this key was about, where there was one."""
        if key is None:
            return None
        answer = unit.idempotency.answer(principal.project_id, principal.user_id, key, request_digest(asked))
        return find_grid(unit, principal.project_id, answer) if answer else None

    @staticmethod
    def _keep(unit: UnitOfWork, principal: Principal, key: str | None, asked: str, grid: Grid) -> None:
        if key is not None:
            answer = write(Kind.GRID, grid.id)
            unit.idempotency.keep(principal.project_id, principal.user_id, key, request_digest(asked), answer)


class _Source:
    """What a row of a grid reads: the output of a job, with its arguments; or what all rows read."""

    def __init__(self, job_id: UUID | None = None, arguments: Mapping[str, Value] | None = None) -> None:
        self.job_id = job_id
        self.arguments = arguments or {}
        self.links = frozenset() if job_id is None else frozenset({job_id})


def _sources(unit: UnitOfWork, principal: Principal, wanted: GridSubmission) -> list[_Source]:
    if wanted.input_grid is None:
        return [_Source()]
    grid = find_grid(unit, principal.project_id, wanted.input_grid)
    jobs = unit.grids.rows(grid, 0, grid.row_count)
    if any(job.spec.output_name is None for job in jobs):
        raise InvalidRequest(f"Grid {grid.number} names no output, so its outputs can't be inputs: submit it with output=….")
    known = unit.metadata.values_of(principal.project_id, ArtifactKind.JOBS, [job.id for job in jobs], ARGUMENT)
    return [_Source(job.id, _parted(known[job.id])[0]) for job in jobs]


def _row_spec(
    spec: JobSpec, number: int, source: _Source, command: str | tuple[str, ...], arguments: Mapping[str, Value]
) -> JobSpec:
    name = row_name(spec.name, arguments, _MOST_NAME_CHARACTERS)
    return replace(
        spec,
        command=command,
        name=name,
        grid_row=number,
        input_job_id=spec.input_job_id if source.job_id is None else source.job_id,
    )


def _set_arguments(unit: UnitOfWork, grid: Grid, arguments: Mapping[UUID, Mapping[str, Value]]) -> None:
    keyed = {
        job_id: {ARGUMENT + name: check_value(name, value) for name, value in own.items()} for job_id, own in arguments.items()
    }
    unit.metadata.set_many(grid.project_id, ArtifactKind.JOBS, keyed)


def _parted(values: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
    """Arguments, by their own names, and the rest."""
    arguments = {key.removeprefix(ARGUMENT): value for key, value in values.items() if key.startswith(ARGUMENT)}
    return arguments, {key: value for key, value in values.items() if not key.startswith(ARGUMENT)}


def _state(unit: UnitOfWork, grid: Grid) -> GridState:
    return GridState(grid, unit.grids.summaries(grid.project_id, [grid.id])[grid.id])
