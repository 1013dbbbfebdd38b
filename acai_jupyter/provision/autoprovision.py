"""The auto-provisioner (paper 3.3.2, 4.2.4): chooses resources under a bound, and submits the job with them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, replace

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.arrivals import Bound
from acai_jupyter.domain.clock import SECOND
from acai_jupyter.domain.errors import BoundNotMet, InvalidRequest
from acai_jupyter.domain.pricing import microdollars
from acai_jupyter.domain.quotes import Limits, Quote, cost_range, time_range
from acai_jupyter.domain.resources import MOST_SECONDS, parse_duration
from acai_jupyter.domain.submissions import Chosen, JobDetails, Submission
from acai_jupyter.engine.registry import Registry
from acai_jupyter.provision.quotes import Quotes


class Autoprovisioner:
    def __init__(self, registry: Registry, quotes: Quotes) -> None:
        self._registry = registry
        self._quotes = quotes

    def submit_template(
        self,
        principal: Principal,
        name: str,
        values: Sequence[str | float],
        limits: Limits,
        given: Submission,
        *,
        enforce: bool = False,
        key: str | None = None,
    ) -> tuple[Quote, JobDetails]:
        """Submit a job of a profile's template with the resources that `limits` choose. What `given` leaves open is as in the
        profile; its command is not looked at.

        Raises BoundNotMet, and what quoting and submitting raise; nothing is submitted then.
        """
        profile = self._quotes.profile(principal, name)
        quote, base = self._quotes.quote_with(profile, values, limits), profile.new.submission
        wanted = replace(
            base,
            command=quote.command,
            name=given.name,
            output=given.output,
            output_path=given.output_path,
            timeout=given.timeout or base.timeout,
            priority=given.priority,
            env={**base.env, **given.env},
        )
        return quote, self._submit(principal, quote, wanted, enforce, key)

    def submit(
        self, principal: Principal, wanted: Submission, limits: Limits, *, enforce: bool = False, key: str | None = None
    ) -> tuple[Quote, JobDetails]:
        """Submit a job as it is, with the resources that `limits` choose from the profile that knows it.

        Raises ProfileNotFound, BoundNotMet, and what submitting raises; nothing is submitted then.
        """
        quote = self._quotes.quote_for(principal, wanted, limits)
        return quote, self._submit(principal, quote, wanted, enforce, key)

    def _submit(self, principal: Principal, quote: Quote, wanted: Submission, enforce: bool, key: str | None) -> JobDetails:
        require_bound(limits := quote.limits, enforce)
        chosen = quote.choice.chosen
        if not quote.choice.met:
            raise BoundNotMet(f"Nothing was submitted: {quote.choice.why} ({chosen.resources}).")
        timeout = wanted.timeout
        if enforce:
            own = [] if timeout is None else [parse_duration(timeout)]
            timeout = min([*own, *ends(quote)])
        resources = chosen.resources
        composed = replace(wanted, cpu=resources.cpu, memory=resources.memory_mb, timeout=timeout)
        # A repeated call may be quoted otherwise, as more runs are known by then: its key stands for what was asked.
        asked = json.dumps([asdict(wanted), asdict(limits), enforce], sort_keys=True)
        return self._registry.submit(principal, composed, key, Chosen(asked, said(quote), bound_of(quote, enforce)))


def require_bound(limits: Limits, enforce: bool) -> None:
    """Raises InvalidRequest."""
    if enforce and not limits.bound:
        raise InvalidRequest("enforce goes with a bound: give max_time or max_cost.")


def said(quote: Quote) -> str:
    """For the job's notes: why it has these resources, and what was predicted."""
    chosen = quote.choice.chosen
    times, costs = time_range(chosen.low, chosen.high), cost_range(*chosen.cost_range)
    return f"resources chosen by profile {quote.profile}: {quote.choice.why}; predicted {times}, {costs}, 90 %"


def bound_of(quote: Quote, enforce: bool) -> Bound:
    """The bound as the job keeps it, with what was predicted."""
    limits, chosen = quote.limits, quote.choice.chosen
    return Bound(
        max_time=None if limits.max_time is None else int(limits.max_time * SECOND),
        max_cost=None if limits.max_cost is None else microdollars(limits.max_cost),
        enforce=enforce,
        predicted=int(chosen.seconds * SECOND),
        low=int(chosen.low * SECOND),
        high=int(chosen.high * SECOND),
        steps=quote.steps,
    )


def ends(quote: Quote) -> list[float]:
    """The seconds, to whole microseconds, after which a job on the chosen resources breaks its bounds; of bounds that no job can
    break, the longest timeout."""
    limits, hourly = quote.limits, quote.choice.chosen.hourly
    found = [limits.max_time] if limits.max_time is not None else []
    if limits.max_cost is not None and hourly > 0:
        found.append(limits.max_cost / hourly * 3600)
    return [math.floor(min(seconds, MOST_SECONDS) * SECOND) / SECOND for seconds in found]
