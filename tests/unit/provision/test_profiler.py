"""The profiler runs the grid as ordinary jobs, fits when 95 % are done, and keeps what it was told (paper 4.2.2)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from unit.provision.conftest import SMALL, TEMPLATE, Lab

from acai_jupyter.domain.errors import (
    FilesetNotFound,
    IdempotencyKeyReused,
    InvalidName,
    InvalidRequest,
    LimitExceeded,
    ProfileEnded,
    ProfileNotFound,
    ResourcesOutOfBounds,
)
from acai_jupyter.domain.jobs import Job, Status
from acai_jupyter.domain.profiles import ProfileRequest, ProfileStatus
from acai_jupyter.domain.quotes import Limits
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.ports.launcher import Capacity
from acai_jupyter.ports.store.unit import Store, UnitOfWork
from acai_jupyter.provision.profiler import Profiler


class Watched:
    """A store that says whether a unit that writes is open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.writing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        with self._store.begin() as unit:
            self.writing = True
            try:
                yield unit
            finally:
                self.writing = False


def jobs(lab: Lab) -> int:
    return len(lab.engine.registry.page(lab.engine.owner, [], None, 1000))


def test_the_grid_is_every_combination_of_hints_cpus_and_memories(lab: Lab) -> None:
    made = lab.start(TEMPLATE)
    assert len(made.trials) == 3 * 2 * 3 * 3
    assert made.profile.status is ProfileStatus.PROFILING
    asked = {(trial.job.spec.command, trial.job.spec.resources.cpu, trial.job.spec.resources.memory_mb) for trial in made.trials}
    assert len(asked) == 54
    assert ("python train.py --epoch 5 --batch-size 256", 0.5, 2048) in asked
    assert {trial.job.status for trial in made.trials} == {Status.QUEUED}


def test_at_95_percent_done_the_model_is_fitted_and_stragglers_are_killed_and_marked(lab: Lab) -> None:
    lab.start(TEMPLATE)
    lab.work(most=51)
    lab.profiler.advance()
    assert lab.profile().profile.status is ProfileStatus.PROFILING  # 94.4 %
    lab.work(most=1)
    lab.profiler.advance()
    done = lab.profile()
    assert done.profile.status is ProfileStatus.FITTED
    assert [trial.straggler for trial in done.trials].count(True) == 2
    assert all(trial.job.kill_requested_at for trial in done.trials if trial.straggler)


def test_what_was_found_is_said_in_words(lab: Lab) -> None:
    law = lab.run().profile.law
    assert law is not None
    assert "proportional to epoch" in law
    assert "halves with every doubling from 0.5 to 2 CPUs" in law
    assert "2.0 s start-up" in law


def test_a_trial_writes_no_output_set(lab: Lab) -> None:
    assert {trial.job.spec.output_name for trial in lab.start().trials} == {None}


def test_the_same_template_input_and_code_are_profiled_once(lab: Lab) -> None:
    fileset = lab.engine.fileset("Data", {"/a": b"1"})
    code = lab.engine.code({"train.py": b"x"})
    first = lab.start(input="Data", code=code)
    assert lab.start(input=fileset, code=code).profile.id == first.profile.id
    assert jobs(lab) == len(first.trials)
    assert lab.start(input=fileset, code=code, again=True).profile.id != first.profile.id
    assert lab.start(input=fileset, code=lab.engine.code({"train.py": b"y"})).profile.id != first.profile.id
    lab.engine.fileset("Data", {"/a": b"2"})
    assert lab.start(input="Data", code=code).profile.new.submission.input == "Data:2"


def test_a_profile_whose_trials_all_failed_says_so_and_can_be_made_again(lab: Lab) -> None:
    lab.start()
    lab.work(ending=lambda job: {"exit_code": 1})
    lab.profiler.advance()
    failed = lab.profile().profile
    assert failed.status is ProfileStatus.FAILED
    assert failed.detail == "none of 27 trials finished: acai job logs 1 may say why"
    assert lab.start().profile.id != failed.id


def test_one_finished_trial_is_enough_to_predict(lab: Lab) -> None:
    lab.start()
    lab.work(most=1)
    lab.work(ending=lambda job: {"exit_code": 1})
    lab.profiler.advance()
    assert lab.profile().profile.status is ProfileStatus.FITTED


def test_killing_a_profile_ends_its_trials(lab: Lab) -> None:
    lab.start()
    lab.work(most=3)
    killed = lab.profiler.kill(lab.engine.owner, "fit")
    assert killed.profile.status is ProfileStatus.KILLED
    assert all(trial.job.ended or trial.job.kill_requested_at for trial in killed.trials)
    with pytest.raises(ProfileEnded):
        lab.profiler.kill(lab.engine.owner, "fit")


def test_the_grid_is_cut_to_what_the_launcher_holds_and_that_is_said(lab: Lab) -> None:
    lab.capacity = Capacity(1.0, 1024, 0, frozenset({"cpu", "memory"}))
    made = lab.start()
    assert {(trial.trial.cpu, trial.trial.memory_mb) for trial in made.trials} == {(0.5, 512), (0.5, 1024), (1, 512), (1, 1024)}
    assert made.profile.new.notes == (
        "no trials on more than 1 CPU: there are no more here",
        "no trials with more than 1024 MB: there is no more here",
    )


def test_what_can_not_be_enforced_is_not_explored(lab: Lab) -> None:
    lab.capacity = Capacity(2.0, 8192, 0, frozenset())
    made = lab.start()
    assert {(trial.trial.cpu, trial.trial.memory_mb) for trial in made.trials} == {(1, 2048), (2, 2048)}
    assert len(made.profile.new.notes) == 2


def test_where_only_whole_cpus_can_be_given_parts_of_one_are_neither_explored_nor_chosen(lab: Lab) -> None:
    lab.capacity = Capacity(2.0, 512, 0, frozenset({"cpu", "memory"}), whole_cpus=True)
    made = lab.run()
    assert {trial.trial.cpu for trial in made.trials} == {1, 2}
    assert "no trials on parts of a CPU: they can't be enforced here" in made.profile.new.notes
    choice = lab.quotes.quote(lab.engine.owner, "fit", [5], Limits()).choice
    assert choice.chosen.resources.cpu == 1  # the cheapest there is
    assert all(one.resources.cpu in (1, 2) for one in choice.alternatives)
    assert choice.excluded[-1] == "parts of a CPU: this machine can only give whole CPUs"


def test_an_adaptive_profile_runs_so_many_trials_as_it_was_given(lab: Lab) -> None:
    done = lab.run(template=TEMPLATE, max_trials=9)
    assert done.profile.status is ProfileStatus.FITTED
    assert len(done.trials) == 9
    assert len({trial.trial for trial in done.trials}) == 9


def test_an_adaptive_profile_stays_within_its_budget(lab: Lab) -> None:
    full = sum(trial.job.cost or 0 for trial in lab.run(name="full").trials)
    spent = lab.run(name="some", max_cost=full / 3e6)
    assert 1 < len(spent.trials) < 27
    assert sum(trial.job.cost or 0 for trial in spent.trials) <= full / 3


def test_a_trial_that_starved_teaches_adaptive_profiles_to_leave_out_smaller_memories(lab: Lab) -> None:
    lab.start(max_trials=27)
    while lab.work(ending=lambda job: {} if job.spec.resources.memory_mb > 1024 else {"ended": "out_of_memory"}):
        lab.profiler.advance()
    done = lab.profile()
    assert done.profile.status is ProfileStatus.FITTED
    finished = [trial for trial in done.trials if trial.job.status is Status.FINISHED]
    assert {trial.trial.memory_mb for trial in finished} == {2048}
    assert len(finished) == 9
    assert len(done.trials) < 27


@pytest.mark.parametrize("wanted", [{"max_cost": 0.05}, {"max_trials": 27}])
def test_a_command_that_only_fails_ends_an_adaptive_profile_after_three_trials(lab: Lab, wanted: dict[str, Any]) -> None:
    lab.start(**wanted)
    while lab.work(ending=lambda job: {"exit_code": 1, "command_time": 0.5}):
        lab.profiler.advance()
    failed = lab.profile()
    assert failed.profile.status is ProfileStatus.FAILED
    assert failed.profile.detail == "none of 3 trials finished: acai job logs 1 may say why"


def test_failures_beside_a_success_end_no_adaptive_profile(lab: Lab) -> None:
    lab.start(max_trials=6)
    while lab.work(ending=lambda job: {} if job.number == 3 else {"exit_code": 1}):
        lab.profiler.advance()
    assert [trial.job.status for trial in lab.profile().trials].count(Status.FINISHED) == 1
    assert len(lab.profile().trials) == 6


def test_trials_that_were_killed_for_want_of_memory_are_no_failures_of_the_command(lab: Lab) -> None:
    def ending(job: Job) -> dict[str, Any]:
        return {} if job.spec.resources.memory_mb == 6144 else {"ended": "out_of_memory"}

    lab.start("train --epoch {1,2}", max_trials=12, cpus=(1.0,), memories_mb=(512, 1024, 1536, 2048, 4096, 6144))
    while lab.work(ending=ending):
        lab.profiler.advance()
    assert lab.profile().profile.status is ProfileStatus.FITTED


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("train.py", InvalidRequest),
        ("train.py --epoch {1}", InvalidRequest),
        ("train.py --epoch {a,b}", InvalidRequest),
        ("train.py --epoch {1,2", InvalidRequest),
        ("awk '{print $1}' {1,2}", InvalidRequest),
        ("t {1,2,3,4,5,6,7,8,9,10} {1,2,3,4,5,6,7,8,9,10} {1,2,3,4,5,6,7,8,9,10} {1,2,3,4,5,6,7,8,9,10}", LimitExceeded),
    ],
)
def test_a_template_that_can_not_be_is_refused_before_anything_starts(lab: Lab, template: str, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        lab.start(template)
    assert jobs(lab) == 0
    with pytest.raises(ProfileNotFound):
        lab.profile()


def test_a_request_that_can_not_be_is_refused_before_anything_starts(lab: Lab) -> None:
    for wanted, expected in [
        ({"cpus": (64.0,)}, ResourcesOutOfBounds),
        ({"memories_mb": (1,)}, ResourcesOutOfBounds),
        ({"max_trials": 0}, InvalidRequest),
        ({"max_trials": 28}, InvalidRequest),
        ({"max_cost": 0.0}, InvalidRequest),
        ({"name": "../x"}, InvalidName),
        ({"input": "None"}, FilesetNotFound),
    ]:
        with pytest.raises(expected):
            lab.start(**wanted)
    assert jobs(lab) == 0


def test_two_servers_that_look_at_once_submit_no_trial_twice(lab: Lab) -> None:
    other = Lab(lab.engine.another())
    lab.start(max_trials=5)
    while lab.work():
        lab.profiler.advance()
        other.profiler.advance()
    assert len(lab.profile().trials) == 5
    other.engine.store.close()


@pytest.mark.parametrize("finished", [1, 0])
def test_an_adaptive_profile_whose_next_trial_is_refused_ends_with_what_is_known(lab: Lab, finished: int) -> None:
    lab.start(max_trials=3, cpus=(1.0,), memories_mb=(512,))
    lab.work(ending=None if finished else lambda job: {"exit_code": 1})
    lab.engine.launcher.place = Capacity(0.5, 512, 0, frozenset({"cpu", "memory"}))
    lab.profiler.advance()
    ended = lab.profile().profile
    assert ended.status is (ProfileStatus.FITTED if finished else ProfileStatus.FAILED)
    assert "cpu=1 is more than there is" in str(ended.detail)
    assert len(lab.profile().trials) == 1


def test_a_call_that_is_repeated_begins_no_second_profile(lab: Lab) -> None:
    def start(key: str, **wanted: Any) -> UUID:
        asked = ProfileRequest("fit", Submission(SMALL, env={"A": "1"}), again=True, **wanted)
        return lab.profiler.start(lab.engine.owner, asked, key).profile.id

    for wanted in ({}, {"max_trials": 3}):
        first = start(f"first {wanted}", **wanted)
        begun = jobs(lab)
        assert start(f"first {wanted}", **wanted) == first
        assert jobs(lab) == begun
        assert start(f"second {wanted}", **wanted) != first
    with pytest.raises(IdempotencyKeyReused):
        start("first {}", max_trials=2)


def test_nobody_waits_for_the_project_while_a_trial_is_chosen(lab: Lab) -> None:
    """What is computed with SciPy and scikit-learn is so outside of every unit that writes."""
    inside, outside = set[str](), set[str]()
    store = Watched(lab.engine.store)

    def called(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "/provision/models/" in frame.f_code.co_filename:
            (inside if store.writing else outside).add(frame.f_code.co_name)

    lab.profiler = Profiler(store, lab.engine.registry, lab.engine.settings, lambda: lab.capacity)
    before = sys.getprofile()
    sys.setprofile(called)
    try:
        lab.start(max_trials=2)
        chosen = set(outside)
        while lab.work():
            lab.profiler.advance()
    finally:
        sys.setprofile(before)
    assert lab.profile().profile.status is ProfileStatus.FITTED
    assert "next_trial" in chosen
    assert inside == set()


def test_other_projects_see_nothing_of_a_profile(lab: Lab) -> None:
    lab.start()
    lab.engine.access.create_project(lab.engine.owner, "other", "eve")
    stranger = replace(lab.engine.owner, project_id=lab.engine.access.owner("other", "eve").project_id)
    with pytest.raises(ProfileNotFound):
        lab.profiler.get(stranger, "fit")
    assert lab.profiler.page(stranger, None, 10) == []


def test_braces_that_are_doubled_are_literal(lab: Lab) -> None:
    made = lab.start("awk '{{print $1}}' --n {1,2}")
    assert made.trials[0].job.spec.command == "awk '{print $1}' --n 1"
