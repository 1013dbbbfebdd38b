"""Budgets: what jobs may cost together, kept to when they are submitted."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from support.engine import Engine

from acai_jupyter.domain.budgets import most_cost
from acai_jupyter.domain.errors import AcaiError, BudgetExceeded, Forbidden, InvalidRequest, TimeoutRequired
from acai_jupyter.domain.jobs import JobSpec
from acai_jupyter.domain.pricing import MICRODOLLARS, PriceTable, job_cost
from acai_jupyter.domain.resources import Resources

HOUR = job_cost(1.0, 1024, 3600)
"""Dollars that the default job costs an hour."""


def test_a_job_is_refused_where_it_might_cost_more_than_what_is_left_with_the_figures(engine: Engine) -> None:
    engine.budgets.set(engine.owner, 1.5 * HOUR)
    engine.submit(timeout="1h")
    with pytest.raises(
        BudgetExceeded, match=rf"may cost \${HOUR:.6f} .*\${HOUR / 2:.6f} is left .* budget of \${1.5 * HOUR:.6f}:"
    ):
        engine.submit(timeout="1h")
    engine.submit(timeout="29m")


def test_what_was_spent_counts_and_what_was_not_is_free_again(engine: Engine) -> None:
    engine.budgets.set(engine.owner, 2 * HOUR)
    agent = engine.running(timeout="2h")
    with pytest.raises(BudgetExceeded):
        engine.submit(timeout="1m")
    agent.report(command_time=1800.0)
    budget = engine.budgets.get(engine.owner)
    assert (budget.spent, budget.reserved) == (pytest.approx(HOUR / 2 * MICRODOLLARS, abs=1), 0)
    engine.submit(timeout="89m")
    with pytest.raises(BudgetExceeded):
        engine.submit(timeout="2m")


def test_a_job_costs_at_most_what_was_set_aside_for_it(engine: Engine) -> None:
    engine.budgets.set(engine.owner, HOUR)
    agent = engine.running(timeout="30m")
    set_aside = engine.budgets.get(engine.owner).reserved
    job = agent.report(ended="timeout", exit_code=None, download_time=1.0, command_time=1810.0, upload_time=7200.0)
    assert job.runtime == 9_011_000_000
    assert (job.cost, engine.budgets.get(engine.owner).spent) == (pytest.approx(set_aside, abs=1), job.cost)  # rounded up or not
    assert job.cost is not None
    assert job.cost <= set_aside


def test_under_a_budget_a_timeout_is_required(engine: Engine) -> None:
    engine.submit()
    engine.budgets.set(engine.owner, 100)
    with pytest.raises(TimeoutRequired, match="timeout='2h'"):
        engine.submit()
    engine.budgets.set(engine.owner, None)
    engine.submit()


def test_a_retry_is_under_the_budget_too(engine: Engine) -> None:
    engine.running(timeout="1h").report(exit_code=1, command_time=3600.0)
    engine.budgets.set(engine.owner, 1.5 * HOUR)
    with pytest.raises(BudgetExceeded):
        engine.registry.retry(engine.owner, "1")


def test_a_repeated_call_is_answered_also_where_nothing_is_left(engine: Engine) -> None:
    from acai_jupyter.domain.submissions import Submission

    engine.budgets.set(engine.owner, HOUR)
    wanted = Submission("true", timeout="1h")
    first = engine.registry.submit(engine.owner, wanted, "key")
    assert engine.registry.submit(engine.owner, wanted, "key").job.id == first.job.id


def test_only_admins_set_a_budget_and_everyone_sees_it(engine: Engine) -> None:
    member = engine.user("bob")
    with pytest.raises(Forbidden):
        engine.budgets.set(member, 1)
    engine.budgets.set(engine.owner, 1.25)
    assert engine.budgets.get(member).limit == 1_250_000


@pytest.mark.parametrize("dollars", [-1, float("nan"), float("inf"), 1e12])
def test_what_is_no_budget_is_refused(engine: Engine, dollars: float) -> None:
    with pytest.raises(InvalidRequest):
        engine.budgets.set(engine.owner, dollars)


def test_a_budget_is_one_projects_own(engine: Engine) -> None:
    _, token = engine.access.create_project(engine.owner, "elsewhere", "eve")
    eve = engine.access.authenticate(token)
    engine.budgets.set(engine.owner, 0)
    engine.submit(principal=eve)
    assert engine.budgets.get(eve).limit is None


def test_what_a_job_may_cost_is_rounded_up_to_the_micro_dollar() -> None:
    spec = JobSpec("true", Resources(0.5, 512), PriceTable(), timeout=1)
    assert most_cost(spec) == 1


def test_jobs_that_are_submitted_together_never_overspend(new_engine: Callable[..., Engine]) -> None:
    engine = new_engine()
    engine.budgets.set(engine.owner, 5.5 * HOUR)
    servers = [engine, engine.another()]
    refusals: list[AcaiError] = []
    start = threading.Barrier(4)

    def submit(server: Engine) -> None:
        start.wait()
        for _ in range(4):
            try:
                server.submit(timeout="1h")
            except BudgetExceeded as error:
                refusals.append(error)

    threads = [threading.Thread(target=submit, args=[servers[number % 2]]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(engine.registry.page(engine.owner, [], None, 100)), len(refusals)) == (5, 11)
    servers[1].store.close()
