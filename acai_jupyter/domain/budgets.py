"""What a project may spend on jobs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.jobs import JobSpec
from acai_jupyter.domain.pricing import MICRODOLLARS, hourly_price


@dataclass(frozen=True, slots=True)
class Budget:
    """In micro-dollars. `limit` is None without a budget; `spent` is the cost of jobs that have ended, `reserved` what those
    that have not may cost until their timeouts."""

    limit: int | None
    spent: int
    reserved: int

    @property
    def left(self) -> int:
        """What jobs that are not submitted yet may cost; less than nothing where the budget was lowered."""
        return (self.limit or 0) - self.spent - self.reserved


def dollars_text(microdollars: int) -> str:
    """`$1.50`, `$0.000012`: to the micro-dollar, and at least to the cent."""
    whole, parts = divmod(microdollars, MICRODOLLARS)
    return f"${whole}.{f'{parts:06}'.rstrip('0'):0<2}"


def most_cost(spec: JobSpec) -> int | None:
    """Micro-dollars that a job costs at its timeout, rounded up; None without one."""
    if spec.timeout is None:
        return None
    return math.ceil(hourly_price(spec.resources, spec.prices) * MICRODOLLARS * spec.timeout / SECOND / 3600)
