"""Budgets: what a project may spend on jobs, kept to when they are submitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.budgets import Budget, dollars_text, most_cost
from acai_jupyter.domain.errors import BudgetExceeded, InvalidRequest, TimeoutRequired
from acai_jupyter.domain.jobs import JobSpec
from acai_jupyter.domain.pricing import MICRODOLLARS
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


def check_budget(unit: UnitOfWork, principal: Principal, specs: Sequence[JobSpec]) -> None:
    """Whether these jobs fit together. Call it where the project is locked, in the transaction that adds them: then no two are
    given the same money.

    Raises BudgetExceeded, TimeoutRequired.
    """
    limit = unit.budgets.limit(principal.project_id)
    if limit is None:
        return  # nobody has to add up what all the project's jobs have cost
    budget = unit.budgets.get(principal.project_id)
    costs = [cost for cost in map(most_cost, specs) if cost is not None]
    if len(costs) < len(specs):
        raise TimeoutRequired("This project has a budget, so a job needs a timeout, such as timeout='2h': it bounds the cost.")
    most = sum(costs)
    what, whose = ("This job", "its") if len(specs) == 1 else (f"These {len(specs)} jobs", "their")
    if most > budget.left:
        raise BudgetExceeded(
            f"{what} may cost {dollars_text(most)} until {whose} timeout, and {dollars_text(max(0, budget.left))} is left of the"
            f" project's budget of {dollars_text(limit)}: {dollars_text(budget.spent)} was spent, and"
            f" {dollars_text(budget.reserved)} is set aside for jobs that have not ended. Ask for less, or for a shorter timeout,"
            " or have a project admin raise the budget."
        )
