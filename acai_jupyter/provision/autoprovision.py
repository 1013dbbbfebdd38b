"""The auto-provisioner (paper 3.3.2, 4.2.4): chooses resources under a bound, and submits the job with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from acai_jupyter.domain.access import Principal
from acai_jupyter.domain.errors import BoundNotMet
from acai_jupyter.domain.quotes import Limits, Quote
from acai_jupyter.domain.submissions import JobDetails, Submission
from acai_jupyter.engine.registry import Registry
from acai_jupyter.ports.store.unit import Store
from acai_jupyter.provision.profiler import find_profile
from acai_jupyter.provision.quotes import Quotes


class Autoprovisioner:
    def __init__(self, store: Store, registry: Registry, quotes: Quotes) -> None:
        self._store = store
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
        quote = self._quotes.quote(principal, name, values, limits)
        with self._store.read() as unit:
            base = find_profile(unit, principal.project_id, name).new.submission
        wanted = replace(
            base,
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
        chosen = quote.choice.chosen
        if not quote.choice.met:
            raise BoundNotMet(
                f"Nothing was submitted: {quote.choice.why} ({chosen.resources.cpu:g} CPUs, {chosen.resources.memory_mb} MB)."
            )
        timeout = wanted.timeout
        if enforce:
            timeout = end_at(quote)
        resources = chosen.resources
        composed = replace(wanted, command=quote.command, cpu=resources.cpu, memory=resources.memory_mb, timeout=timeout)
        return self._registry.submit(principal, composed, key)


def end_at(quote: Quote) -> float | None:
    """The seconds after which a job on the chosen resources breaks a bound, None where there is none."""
    limits, hourly = quote.limits, quote.choice.chosen.hourly
    ends = [limits.max_time] if limits.max_time is not None else []
    if limits.max_cost is not None and hourly > 0:
        ends.append(limits.max_cost / hourly * 3600)
    return min(ends, default=None)
