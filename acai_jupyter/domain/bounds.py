"""Where the bounds of a job lie."""

from __future__ import annotations

from acai_jupyter.domain.arrivals import Bound
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.jobs import JobSpec
from acai_jupyter.domain.pricing import MICRODOLLARS, hourly_price


def bound_end(bound: Bound, spec: JobSpec) -> float | None:
    """The seconds of runtime after which a job breaks its bounds, None where it never does."""
    ends = [] if bound.max_time is None else [bound.max_time / SECOND]
    hourly = hourly_price(spec.resources, spec.prices)
    if bound.max_cost is not None and hourly > 0:
        ends.append(bound.max_cost / MICRODOLLARS / hourly * 3600)
    return min(ends, default=None)


def bound_text(bound: Bound, limit: float) -> str:
    """The bound that comes first, at `limit` seconds, for people."""
    if bound.max_time is not None and bound.max_time / SECOND <= limit:
        return f"{limit:g} s (max_time)"
    return f"{limit:.4g} s (max_cost of ${(bound.max_cost or 0) / MICRODOLLARS:g})"


def ended_at_bound(spec: JobSpec) -> str | None:
    """What is to be said where a job's timeout ended it and that was its bound, None where it was its own timeout."""
    bound = spec.bound
    limit = None if bound is None else bound_end(bound, spec)
    if bound is None or limit is None or not bound.enforce or spec.timeout is None:
        return None
    if spec.timeout < int(limit * SECOND * (1 - 1e-6)):
        return None
    return f"It was ended at its bound of {bound_text(bound, limit)}, as it was submitted with enforce."
