"""Grids under bounds: every row has the resources that its profile chooses, and what nobody knows is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from support.engine import Engine
from unit.provision.conftest import Lab, law

from acai_jupyter.domain.errors import BoundNotMet, IdempotencyKeyReused, InvalidRequest, LimitExceeded, ProfileNotFound
from acai_jupyter.domain.grids import GridSubmission
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.pricing import MICRODOLLARS, job_cost
from acai_jupyter.domain.quotes import GridQuote, Limits
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.workflows.grid_quotes import GridBounds, GridQuotes
from acai_jupyter.workflows.grids import Grids

COMMAND = "train --epoch {1,5,20}"


class Bounded(Lab):
    """Grids on what a profile has learnt."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.grid_quotes = GridQuotes(self.quotes)
        self.grids = Grids(engine.store, engine.registry, self.grid_quotes)

    def quote(self, command: str = COMMAND, **limits: Any) -> GridQuote:
        return self.grid_quotes.quote(self.engine.owner, GridSubmission(Submission(command)), Limits(**limits))

    def submit(self, command: str = COMMAND, enforce: bool = False, key: str | None = None, **limits: Any) -> list[Job]:
        bounds = GridBounds(Limits(**limits), enforce)
        state = self.grids.submit(self.engine.owner, GridSubmission(Submission(command)), key, bounds)
        return [row.job for row in self.grids.rows(self.engine.owner, str(state.grid.number), 0, 100)]

    def count(self) -> int:
        return len(self.engine.registry.page(self.engine.owner, [], None, 1000))


@pytest.fixture
def lab(tmp_path: Path, store_url: str) -> Iterator[Bounded]:
    engine = Engine(tmp_path, store_url, EngineSettings(quota=1000))
    made = Bounded(engine)
    made.run()
    yield made
    engine.store.close()


def test_a_bound_on_time_holds_for_each_job_which_takes_its_cheapest(lab: Bounded) -> None:
    jobs = lab.submit(max_time=120)
    cpus = [job.spec.resources.cpu for job in jobs]
    assert cpus == sorted(cpus)
    assert cpus[0] < cpus[-1]
    assert all(law(str(job.spec.command), job.spec.resources.cpu) <= 120 for job in jobs)
    assert [job.spec.resources for job in jobs] == [row.choice.chosen.resources for row in lab.quote(max_time=120).rows]
    assert {job.spec.bound.max_time for job in jobs if job.spec.bound} == {120_000_000}
    assert all(
        "chosen row by row by profile fit" in lab.engine.registry.get(lab.engine.owner, str(job.number)).job.notes[0]
        for job in jobs
    )


def test_the_rows_of_a_grid_are_quoted_by_what_was_learnt_once(lab: Bounded) -> None:
    def asked(rows: int) -> int:
        """How many statements a quote of so many rows makes."""
        made = 0

        def note(*_: Any) -> None:
            nonlocal made
            made += 1

        event.listen(lab.engine.store._engine, "before_cursor_execute", note)
        try:
            lab.quote("train --epoch {" + ",".join(map(str, range(1, rows + 1))) + "}", max_time=1000)
        finally:
            event.remove(lab.engine.store._engine, "before_cursor_execute", note)
        return made

    asked(2)  # fits the model
    assert 0 < asked(12) == asked(2)


def test_a_bound_on_cost_is_for_all_jobs_together_and_shared_out(lab: Bounded) -> None:
    cheapest = lab.quote(max_time=1e9).sure_cost
    quote = lab.quote(max_cost=1.5 * cheapest)
    assert quote.met
    assert cheapest < quote.sure_cost <= 1.5 * cheapest
    assert quote.seconds < lab.quote(max_time=1e9).seconds
    low, high = quote.cost_range
    assert low < sum(job_cost(*of(row), law(row.command, of(row)[0])) for row in quote.rows) < high
    jobs = lab.submit(max_cost=1.5 * cheapest, enforce=True)
    shares = [job.spec.bound.max_cost for job in jobs if job.spec.bound and job.spec.bound.max_cost]
    assert sum(shares) == pytest.approx(1.5 * cheapest * MICRODOLLARS, abs=3)
    most = sum(job_cost(job.spec.resources.cpu, job.spec.resources.memory_mb, (job.spec.timeout or 0) / 1e6) for job in jobs)
    assert most == pytest.approx(1.5 * cheapest, rel=0.01)


def of(row: Any) -> tuple[float, int]:
    resources = row.choice.chosen.resources
    return resources.cpu, resources.memory_mb


def test_both_bounds_take_the_cheapest_within_the_time(lab: Bounded) -> None:
    timed = lab.quote(max_time=120)
    both = lab.quote(max_time=120, max_cost=2 * timed.sure_cost)
    assert both.met
    assert [row.choice.chosen for row in both.rows] == [row.choice.chosen for row in timed.rows]
    assert not lab.quote(max_time=120, max_cost=timed.sure_cost / 2).met


def test_what_nothing_meets_submits_nothing_and_tells_what_comes_nearest(lab: Bounded) -> None:
    before = lab.count()
    for limits in ({"max_time": 1}, {"max_cost": 1e-6}):
        with pytest.raises(BoundNotMet, match=r"Nothing was submitted: nothing stays within .* comes nearest"):
            lab.submit(**limits)
    assert lab.count() == before


@pytest.mark.parametrize("command", ["train --batch {1,2}", "train --epoch {1,2} --depth {3,4}", "train --epoch {1,two}"])
def test_a_grid_that_no_profile_knows_is_refused_as_nothing_is_guessed(lab: Bounded, command: str) -> None:
    with pytest.raises(ProfileNotFound, match="nothing is guessed"):
        lab.submit(command, max_time=100)


def test_inputs_that_are_not_there_yet_and_grids_that_are_too_large_are_refused(lab: Bounded) -> None:
    chained = GridSubmission(Submission("train --epoch 1"), input_grid="1")
    with pytest.raises(ProfileNotFound, match="another grid's rows"):
        lab.grid_quotes.quote(lab.engine.owner, chained, Limits(max_time=100))
    many = "train --epoch {" + ",".join(str(number) for number in range(1001)) + "}"
    with pytest.raises(LimitExceeded, match="1,000"):
        lab.quote(many, max_time=100)
    with pytest.raises(InvalidRequest, match="enforce"):
        lab.submit(enforce=True)


def test_a_repeated_call_returns_the_first_ones_grid(lab: Bounded) -> None:
    first = lab.submit(max_time=120, key="k")
    assert [job.id for job in lab.submit(max_time=120, key="k")] == [job.id for job in first]
    with pytest.raises(IdempotencyKeyReused):
        lab.submit(max_time=121, key="k")
