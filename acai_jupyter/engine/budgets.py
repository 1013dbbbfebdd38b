"""Budgets: what a project may spend on jobs, kept to when they are submitted."""

from __future__ import annotations

import math
from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.budgets import Budget, dollars_text
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import BudgetExceeded, InvalidRequest, TimeoutRequired
from acai_jupyter.domain.jobs import JobSpec
from acai_jupyter.domain.pricing import MICRODOLLARS, hourly_price
from acai_jupyter.domain.texts import shown
from acai_jupyter.ports.store.unit import Store, UnitOfWork

_MOST_DOLLARS: Final = 1e9


class Budgets:
    """One a project, none by default."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, principal: Principal) -> Budget:
        """The project's budget, and what became of it."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return unit.budgets.get(principal.project_id)

    def set(self, principal: Principal, dollars: float | None) -> Budget:
        """Give the project a budget; None takes it away. Jobs that were admitted before stay so.

        Raises Forbidden, InvalidRequest.
        """
        principal.require(Right.MANAGE_BUDGET)
        if dollars is not None and not 0 <= dollars <= _MOST_DOLLARS:  # NaN is not either
            raise InvalidRequest(f"A budget of {shown(dollars)} dollars can't be: it lies between 0 and {_MOST_DOLLARS:g}.")
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            unit.budgets.set(principal.project_id, None if dollars is None else round(dollars * MICRODOLLARS))
            return unit.budgets.get(principal.project_id)


def most_cost(spec: JobSpec) -> int | None:
    """Micro-dollars that a job costs at its timeout, rounded up; None without one."""
    if spec.timeout is None:
        return None
    return math.ceil(hourly_price(spec.resources, spec.prices) * MICRODOLLARS * spec.timeout / SECOND / 3600)


def check_budget(unit: UnitOfWork, principal: Principal, spec: JobSpec) -> None:
    """Call it where the project is locked, in the transaction that adds the job: then no two jobs are given the same money.

    Raises BudgetExceeded, TimeoutRequired.
    """
    budget = unit.budgets.get(principal.project_id)
    if budget.limit is None:
        return
    most = most_cost(spec)
    if most is None:
        raise TimeoutRequired("This project has a budget, so a job needs a timeout, such as timeout='2h': it bounds the cost.")
    if most > budget.left:
        raise BudgetExceeded(
            f"This job may cost {dollars_text(most)} until its timeout, and {dollars_text(max(0, budget.left))} is left of the"
            f" project's budget of {dollars_text(budget.limit)}: {dollars_text(budget.spent)} was spent, and"
            f" {dollars_text(budget.reserved)} is set aside for jobs that have not ended. Ask for less, or for a shorter timeout,"
            " or have a project admin raise the budget."
        )
