"""The profiler (paper 3.3.2, 4.2.2): runs the trials of a template as ordinary jobs, and ends when enough of them are done."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Final

from acai_jupyter.domain.access import Principal, Right
from acai_jupyter.domain.errors import (
    AcaiError,
    Conflict,
    Forbidden,
    InvalidInput,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    ProfileEnded,
    SecretUnreadable,
)
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.ids import Kind, read, write
from acai_jupyter.domain.jobs import Status
from acai_jupyter.domain.pricing import microdollars
from acai_jupyter.domain.profiles import (
    ENOUGH_DONE,
    STOPPED_EARLY,
    UNPINNED,
    NewProfile,
    Profile,
    ProfileDetails,
    ProfileRequest,
    ProfileStatus,
    ProfileTrial,
)
from acai_jupyter.domain.references import check_fileset_name
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.domain.templates import Template, Trial, parse_template, trials
from acai_jupyter.engine.budgets import check_budget
from acai_jupyter.engine.kills import kill_job
from acai_jupyter.engine.registry import Registry
from acai_jupyter.engine.repeated_calls import request_digest
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.ports.launcher import Capacity
from acai_jupyter.ports.store.provision import TrialCount
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from acai_jupyter.provision.adaptive import Following, Rates, check_adaptive, choose_trial, first_trials
from acai_jupyter.provision.lookup import details_of, find_profile
from acai_jupyter.provision.paces import told, values_of
from acai_jupyter.provision.pins import pinned
from acai_jupyter.provision.results import End, result_of
from acai_jupyter.provision.trial_grid import explored

_LOG: Final = logging.getLogger(__name__)
_MOST_AT_ONCE: Final = 100
_REFUSALS: Final = (InvalidInput, Forbidden, NotFound, Conflict, LimitExceeded, SecretUnreadable)
"""Errors of what is asked for; others, of what the platform rests on, pass."""


class Profiler:
    """Keeps profiles; `capacity` is the launcher's."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        settings: EngineSettings,
        capacity: Callable[[], Capacity],
    ) -> None:
        self._store = store
        self._registry = registry
        self._settings = settings
        self._capacity = capacity
        self._rates = Rates(settings.prices, settings.kill_grace)

    def start(self, principal: Principal, wanted: ProfileRequest, key: str | None = None) -> ProfileDetails:
        """Begin to profile a template, or return the profile that was made of the same template, input and code before. `key`
        makes a repeated call return the first one's profile.

        Raises InvalidRequest for a template without hints, LimitExceeded for one with too many combinations, and what submitting
        a job raises; nothing was started then.
        """
        principal.require(Right.WRITE)
        name = check_fileset_name(wanted.name, "profile")
        if not isinstance(wanted.submission.command, str):
            raise InvalidRequest("A template is one text with hints in braces, such as python train.py --epoch {1,2,5}.")
        template = parse_template(wanted.submission.command)
        cpus, memories_mb, notes = explored(wanted, self._capacity(), self._settings.bounds)
        grid = trials(template, cpus, memories_mb, prices=self._settings.prices)
        if wanted.adaptive:
            check_adaptive(wanted, grid, self._settings.prices)
        max_cost = None if wanted.max_cost is None else microdollars(wanted.max_cost)
        new = NewProfile(name, wanted.submission, UNPINNED, tuple(grid), wanted.max_trials, max_cost, notes)
        # Chosen before the project is locked: what it takes to choose is for nobody else to wait for.
        first = first_trials(new, template, self._rates) if wanted.adaptive else [Following(trial) for trial in grid]
        digest = request_digest(json.dumps(asdict(wanted), sort_keys=True))
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            answered = key and unit.idempotency.answer(principal.project_id, principal.user_id, key, digest)
            if answered:
                return details_of(unit, find_profile(unit, principal.project_id, answered))
            submission, pins = pinned(unit, principal, wanted.submission)
            new = replace(new, submission=submission, pins=pins)
            made = (None if wanted.again else _known(unit, principal, new)) or self._add(unit, principal, new, template, first)
            if key:
                answer = write(Kind.PROFILE, made.profile.id)
                unit.idempotency.keep(principal.project_id, principal.user_id, key, digest, answer)
            return made

    def _add(
        self, unit: UnitOfWork, principal: Principal, new: NewProfile, template: Template, begun: Sequence[Following]
    ) -> ProfileDetails:
        profile = unit.profiles.add(principal.project_id, principal.user_id, new)
        if not profile.adaptive:  # refused as a whole, not at the first trial that is too much
            made = [self._registry.check(trial_of(new.name, new.submission, template, one.trial))[0] for one in begun]
            check_budget(unit, principal, made)
        for following in begun:
            self._submit(unit, principal, profile, template, following)
        return details_of(unit, profile)

    def get(self, principal: Principal, reference: str) -> ProfileDetails:
        """A profile by its name or id. Raises ProfileNotFound."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            return details_of(unit, find_profile(unit, principal.project_id, reference))

    def page(self, principal: Principal, before: str | None, limit: int) -> list[Profile]:
        """Profiles of the project, newest first, from the first older than the one with the id `before`."""
        principal.require(Right.READ)
        with self._store.read() as unit:
            older = None if before is None else read(Kind.PROFILE, before)
            return unit.profiles.page(principal.project_id, None, older, limit)

    def kill(self, principal: Principal, reference: str) -> ProfileDetails:
        """End a profile and its trials, by its name or id. Raises ProfileNotFound, ProfileEnded."""
        principal.require(Right.WRITE)
        with self._store.begin() as unit:
            unit.lock_project(principal.project_id)
            profile = find_profile(unit, principal.project_id, reference)
            if not unit.profiles.finish(profile, ProfileStatus.KILLED, detail=f"by {principal.user_name}"):
                raise ProfileEnded(f"Profile {profile.name} has ended already: it is {profile.status}.")
            self._kill(unit, principal, unit.profiles.trials(profile))
            _tell(unit, profile)
            return details_of(unit, find_profile(unit, principal.project_id, write(Kind.PROFILE, profile.id)))

    def advance(self) -> None:
        """Everything that is due for profiles: next trials are submitted, those with enough done are fitted. May be called at
        any time, by any number of servers."""
        with self._store.read() as unit:
            waiting = unit.profiles.profiling(_MOST_AT_ONCE)
        for profile in waiting:
            try:
                self._stop_early(profile)
                self._advance(profile)
            except AcaiError as error:
                _LOG.warning("Profile %s can't go on at the moment: %s", profile.name, error.message)

    def _advance(self, profile: Profile) -> None:
        with self._store.read() as unit:
            count = unit.profiles.count_trials(profile)
            if count.ended < (count.submitted if profile.adaptive else ENOUGH_DONE * len(profile.new.grid)):
                return
            made = unit.profiles.trials(profile)
            progress = told(unit, made)
        template = parse_template(profile.template)
        following = choose_trial(profile.new, template, made, self._rates, progress) if profile.adaptive else None
        ended = None if following is not None else result_of(profile, template, made, progress)
        try:
            self._go_on(profile, template, count, following, ended)
        except _REFUSALS as error:  # it would be refused for ever
            if following is None:
                raise
            _LOG.warning("Profile %s ends with the trials that it has: %s", profile.name, error.message)
            self._go_on(profile, template, count, None, result_of(profile, template, made, progress, error.message))

    def _go_on(
        self, profile: Profile, template: Template, count: TrialCount, following: Following | None, ended: End | None
    ) -> None:
        """Submit the next trial, or end the profile."""
        with self._store.begin() as unit:
            unit.lock_project(profile.project_id)
            principal = unit.access.principal(profile.project_id, profile.user_id)
            if following is not None:
                if unit.profiles.count_trials(profile) == count:  # no other server was faster
                    self._submit(unit, principal, profile, template, following)
                return
            assert ended is not None
            if not unit.profiles.finish(profile, ended[0], law=ended[1], detail=ended[2]):
                return
            slow = [trial for trial in unit.profiles.trials(profile) if not trial.job.ended]
            unit.profiles.mark_stragglers(profile, [trial.number for trial in slow])
            self._kill(unit, principal, slow)
            _tell(unit, profile)

    def _stop_early(self, profile: Profile) -> None:
        """End trials whose pace is known: nothing more would be learnt from the rest of them."""
        with self._store.read() as unit:
            if not unit.profiles.has_steps(profile):
                return
            made = unit.profiles.trials(profile)
            progress = told(unit, made)
        running = [trial for trial in made if trial.job.status is Status.RUNNING and trial.job.kill_requested_at is None]
        known = [trial for trial in running if progress.is_known(values_of(trial), trial.job)]
        if not known:
            return
        with self._store.begin() as unit:
            unit.lock_project(profile.project_id)
            principal = unit.access.principal(profile.project_id, profile.user_id)
            self._kill(unit, principal, known, STOPPED_EARLY)

    def _submit(self, unit: UnitOfWork, principal: Principal, profile: Profile, template: Template, following: Following) -> None:
        wanted = trial_of(profile.name, profile.new.submission, template, following.trial)
        if following.timeout is not None:
            wanted = replace(wanted, timeout=following.timeout)
        unit.profiles.add_trial(profile, following.trial, self._registry.add(unit, principal, wanted))

    @staticmethod
    def _kill(unit: UnitOfWork, principal: Principal, made: Sequence[ProfileTrial], why: str | None = None) -> None:
        for trial in made:
            job = unit.jobs.get(trial.job.project_id, trial.job.id, lock=True)
            if job is not None and not job.ended:
                kill_job(unit, principal, job, why)


def trial_of(name: str, base: Submission, template: Template, trial: Trial) -> Submission:
    """What a trial of a profile submits."""
    command = template.command(trial.values)
    return replace(base, command=command, name=f"{name} trial", cpu=trial.cpu, memory=trial.memory_mb)


def _known(unit: UnitOfWork, principal: Principal, new: NewProfile) -> ProfileDetails | None:
    """The profile that was made of the same before: from now on it is what its name means."""
    known = unit.profiles.same(principal.project_id, new.name, str(new.submission.command), new.pins)
    if known is None:
        return None
    unit.profiles.use_again(known)
    return _used_again(details_of(unit, known))


def _used_again(details: ProfileDetails) -> ProfileDetails:
    """Says so to who asked for it: resources, trials and budget are those of the time when it was made."""
    profile = details.profile
    notes = (*profile.new.notes, "profiled before with the same template, input and code, and used again: --again profiles anew")
    return replace(details, profile=replace(profile, new=replace(profile.new, notes=notes)))


def _tell(unit: UnitOfWork, profile: Profile) -> None:
    unit.events.append(profile.project_id, EventKind.PROFILE_ENDED, profile=write(Kind.PROFILE, profile.id))
