"""Quotes: what a job would take and cost, and the resources to give it, from the profile that knows it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.commands import text_of
from acai_jupyter.domain.errors import ProfileNotFitted, ProfileNotFound, ResourcesOutOfBounds
from acai_jupyter.domain.pricing import hourly_price
from acai_jupyter.domain.profiles import Profile, ProfileRequest, ProfileStatus
from acai_jupyter.domain.quotes import Given, Limits, Option, Quote
from acai_jupyter.domain.resources import Resources, cpus_in_words, on_grid, parse_memory
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.domain.templates import Template, parse_template
from acai_jupyter.engine.placement import check_size
from acai_jupyter.engine.predecessors import source_job
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.ports.launcher import Capacity
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from acai_jupyter.provision.learning import Learnt, learn
from acai_jupyter.provision.lookup import find_profile
from acai_jupyter.provision.paces import told
from acai_jupyter.provision.pins import pinned
from acai_jupyter.provision.search import FREE, as_submitted, choose, open_to, predict_options, resource_grid
from acai_jupyter.provision.trial_grid import explored

if TYPE_CHECKING:
    from acai_jupyter.provision.models.memory import Need

_MOST_KEPT: Final = 32
_MOST_PROFILES: Final = 1000


def _doubts(resources: Resources, need: Need | None, capacity: Capacity) -> Iterator[str]:
    """Why a job on these resources may not be what is predicted."""
    if need is not None and resources.memory_mb < need.memory_mb:
        yield f"it needs at least {need.memory_mb:.0f} MB: {need.why}"
    try:
        check_size(resources, capacity)
    except ResourcesOutOfBounds as error:
        yield error.message.rstrip(".")
    if resources.cpu % 1 and (capacity.whole_cpus or "cpu" not in capacity.enforced):
        yield f"here nothing holds a job to {cpus_in_words(resources.cpu)}: it gets whole ones"


class Quotes:
    """Predicts. Fitted models are kept in memory, and made again from the trials whenever they are not there."""

    def __init__(self, store: Store, settings: EngineSettings, capacity: Callable[[], Capacity]) -> None:
        self._store = store
        self._settings = settings
        self._capacity = capacity
        self._kept: OrderedDict[tuple[UUID, str | None, int, frozenset[UUID]], Learnt] = OrderedDict()
        self._lock = threading.Lock()

    def predict(
        self, principal: Principal, name: str, values: Sequence[str | float], resources: Resources, model: str | None = None
    ) -> Option:
        """The time and cost of a job of a profile's template with these values and resources (paper 4.2.2); `name` may be an id.

        Raises ProfileNotFound, ProfileNotFitted, InvalidRequest, ResourcesOutOfBounds.
        """
        profile = self.profile(principal, name)
        template = parse_template(profile.template)
        template.command(values)
        on_grid(resources, self._settings.bounds)
        learnt = self.learnt(profile, template, model)
        asked = [float(value) for value in values]
        [option] = predict_options(learnt.fitted, learnt.columns, asked, [resources], self._settings.prices)
        return replace(option, warning="; ".join(_doubts(resources, _need(learnt, asked), self._capacity())) or None)

    def quote(
        self, principal: Principal, name: str, values: Sequence[str | float], limits: Limits, model: str | None = None
    ) -> Quote:
        """The resources to give a job of a profile's template under `limits` (paper 4.2.4); `name` may be an id.

        Raises ProfileNotFound, ProfileNotFitted, InvalidRequest, ResourcesOutOfBounds.
        """
        return self.quote_with(self.profile(principal, name), values, limits, model)

    def profile(self, principal: Principal, name: str) -> Profile:
        """The profile that is asked under a name, or an id. Raises ProfileNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return find_profile(unit, principal.project_id, name)

    def quote_for(self, principal: Principal, wanted: Submission, limits: Limits) -> Quote:
        """The same for a job as it would be submitted, from the profile of its command, input and code.

        Raises ProfileNotFound where there is none: nothing is guessed.
        """
        principal.require(Right.READ)
        given = self._given(wanted)
        with self._store.read() as unit:
            profile, values = self._known(unit, principal, wanted)
        quote = self.quote_with(profile, values, limits, None, given)
        return replace(quote, command=text_of(wanted.command))

    def rows(
        self, principal: Principal, wanted: Submission, commands: Sequence[str | tuple[str, ...]], limits: Limits
    ) -> list[tuple[Quote, list[Option]]]:
        """For each of several commands of one submission its quote under `limits`, and every option that may be taken for it.

        Raises ProfileNotFound where no profile knows all of them: nothing is guessed.
        """
        principal.require(Right.READ)
        given = self._given(wanted)
        with self._store.read() as unit:
            profile, _ = self._known(unit, principal, replace(wanted, command=commands[0]))
        template = parse_template(profile.template)
        learnt = self.learnt(profile, template)
        found = []
        for command in commands:
            text = text_of(command)
            values = template.values_in(text)
            if values is None:
                raise ProfileNotFound(
                    f"Profile {profile.name} knows the grid's first command, but not {text[:80]!r}, and nothing is guessed: "
                    "profile with a hint for everything that the grid varies."
                )
            quote, options = self._quoted(profile, learnt, values, limits, given)
            found.append((replace(quote, command=text), options))
        return found

    def learnt(self, profile: Profile, template: Template, model: str | None = None) -> Learnt:
        """What a profile's runs teach. Raises ProfileNotFitted."""
        _require_fitted(profile)
        with self._store.read() as unit:
            others = unit.profiles.other_jobs(profile, template)
            key = (profile.id, model, unit.profiles.count_trials(profile).ended, frozenset(others))
            with self._lock:
                found = self._kept.get(key)
            if found is not None:
                return found
            made = unit.profiles.trials(profile)
            jobs = unit.jobs.by_ids(profile.project_id, list(others))
            progress = told(unit, made)
        found = learn(template, made, [(others[job], jobs[job]) for job in others], model, progress)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    def _given(self, wanted: Submission) -> Given:
        """The resources that a submission names, rounded as they would be. Raises ResourcesOutOfBounds, InvalidRequest."""
        memory = None if wanted.memory is None else parse_memory(wanted.memory)
        default, bounds = self._settings.default_resources, self._settings.bounds
        asked = Resources(default.cpu if wanted.cpu is None else wanted.cpu, default.memory_mb if memory is None else memory)
        rounded = on_grid(asked, bounds).resources
        return Given(None if wanted.cpu is None else rounded.cpu, None if memory is None else rounded.memory_mb)

    def quote_with(
        self,
        profile: Profile,
        values: Sequence[str | float],
        limits: Limits,
        model: str | None = None,
        given: Given | None = None,
    ) -> Quote:
        """`quote`, of a profile that was found already. With what a submission has `given`, the choice without a bound is what it
        would get."""
        template = parse_template(profile.template)
        template.command(values)
        return self._quoted(profile, self.learnt(profile, template, model), values, limits, given)[0]

    def _quoted(
        self, profile: Profile, learnt: Learnt, values: Sequence[str | float], limits: Limits, given: Given | None
    ) -> tuple[Quote, list[Option]]:
        """The quote, and the options that may be taken."""
        command = parse_template(profile.template).command(values)
        asked_values = [float(value) for value in values]
        capacity = self._capacity()
        grid, cut = resource_grid(self._settings.bounds, capacity.cpu, capacity.memory_mb, capacity.whole_cpus)
        options = predict_options(learnt.fitted, learnt.columns, asked_values, grid, self._settings.prices, limits.confidence)
        steps = None if learnt.rule is None else learnt.rule.steps(tuple(asked_values))
        need = _need(learnt, asked_values)
        if given is None or limits.bound:
            choice = choose(options, limits, need, cut, given or FREE)
        else:
            default = self._settings.default_resources
            asked = Resources(given.cpu or default.cpu, given.memory_mb or default.memory_mb)
            check_size(asked, capacity)
            prices = self._settings.prices
            [chosen] = predict_options(learnt.fitted, learnt.columns, asked_values, [asked], prices, limits.confidence)
            choice = as_submitted(options, chosen, need, cut)
        quote = Quote(profile.name, command, tuple(asked_values), limits, choice, learnt.fitted.law(), learnt.count, steps)
        return quote, open_to(options, need, given or FREE)

    def _known(self, unit: UnitOfWork, principal: Principal, wanted: Submission) -> tuple[Profile, tuple[float, ...]]:
        """The newest profile that knows a job, and the job's values. Raises ProfileNotFound, ProfileNotFitted."""
        command = text_of(wanted.command)
        if wanted.gpu:
            raise ProfileNotFound("Trials have no GPUs, so nothing is known about this job with GPUs, and nothing is guessed.")
        _, pins = pinned(unit, principal, wanted)
        if wanted.input_job is not None:
            pins = replace(pins, input_id=_output_of(unit, principal, wanted.input_job))
        other, unready = None, None
        for profile in unit.profiles.page(principal.project_id, None, None, _MOST_PROFILES):
            values = parse_template(profile.template).values_in(command)
            if values is None:
                continue
            if profile.new.pins != pins:
                other = other or profile
            elif profile.status is ProfileStatus.FITTED:
                return profile, values
            elif profile.status is ProfileStatus.PROFILING:
                unready = unready or profile
        if unready is not None:
            _require_fitted(unready)
        raise ProfileNotFound(self._unknown(command, other))

    def _unknown(self, command: str, other: Profile | None) -> str:
        text = f"No profile knows {command[:80]!r}, and nothing is guessed. "
        if other is not None:
            text = f"Profile {other.name} knows this command, but with another input or other code, and nothing is guessed. "
        cpus, memories, _ = explored(ProfileRequest("", Submission(command)), self._capacity(), self._settings.bounds)
        minute = sum(hourly_price(Resources(cpu, memory), self._settings.prices) for cpu in cpus for memory in memories) / 60
        return text + (
            f"Profile it with hints in braces, such as acai profile --template-name NAME --command-template 'train.py --epoch "
            f"{{1,2,5}}': {len(cpus) * len(memories)} trials for every combination of hints, at ${minute:.4f} in all for each "
            f"minute that one takes; --budget DOLLARS bounds what they cost."
        )


def _output_of(unit: UnitOfWork, principal: Principal, reference: str) -> UUID:
    """The version that the job wrote whose output is the input. Raises JobNotFound, ProfileNotFound."""
    job = source_job(unit, principal.project_id, reference)
    if job.output_id is None:
        raise ProfileNotFound(
            f"The input is what job {job.number} writes, which is not there yet, so nothing is known about this job, and nothing "
            "is guessed: ask again when it has finished."
        )
    return job.output_id


def _need(learnt: Learnt, values: Sequence[float]) -> Need | None:
    """The least memory for a job with these arguments, as far as anything is known of it."""
    from acai_jupyter.provision.models.memory import memory_cliff, memory_need

    needs = [need for need in (memory_need(learnt.memory, values), memory_cliff(learnt.runs)) if need is not None]
    return max(needs, key=lambda one: one.memory_mb, default=None)


def _require_fitted(profile: Profile) -> None:
    if profile.status is ProfileStatus.PROFILING:
        raise ProfileNotFitted(f"Profile {profile.name} still runs its trials: see acai profile --template-name {profile.name}.")
    if profile.status is not ProfileStatus.FITTED:
        why = f" ({profile.detail})" if profile.detail else ""
        raise ProfileNotFitted(f"Profile {profile.name} is {profile.status}{why}: profile again with --again.")
