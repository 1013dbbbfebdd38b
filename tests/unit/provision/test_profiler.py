"""The profiler runs the grid as ordinary jobs, fits when 95 % are done, and keeps what it was told (paper 4.2.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.provision.conftest import TEMPLATE, Lab

from acai_jupyter.domain.errors import (
    FilesetNotFound,
    InvalidName,
    InvalidRequest,
    LimitExceeded,
    ProfileEnded,
    ProfileNotFound,
    ResourcesOutOfBounds,
)
from acai_jupyter.domain.jobs import Status
from acai_jupyter.domain.profiles import ProfileStatus
from acai_jupyter.domain.quotes import Limits
from acai_jupyter.ports.launcher import Capacity


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
    assert sum(trial.job.cost or 0 for trial in spent.trials) <= full / 3 * 1.1  # the last one may take a little longer


def test_a_trial_that_starved_teaches_adaptive_profiles_to_leave_out_smaller_memories(lab: Lab) -> None:
    lab.start(max_trials=27)
    killed = 0
    while lab.work(ending=lambda job: {} if job.spec.resources.memory_mb > 1024 else {"ended": "signalled", "signal": 9}):
        lab.profiler.advance()
        killed += 1
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
