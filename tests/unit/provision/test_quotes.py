"""Quotes and auto-provisioning: what the profile knows is used, what it does not know is said, and nothing is guessed."""

from __future__ import annotations

import pytest
from unit.provision.conftest import Lab, law

from acai_jupyter.domain.errors import (
    BoundNotMet,
    InvalidRequest,
    ProfileNotFitted,
    ProfileNotFound,
    ResourcesOutOfBounds,
)
from acai_jupyter.domain.pricing import job_cost
from acai_jupyter.domain.quotes import Limits
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.ports.launcher import Capacity


def jobs(lab: Lab) -> int:
    return len(lab.engine.registry.page(lab.engine.owner, [], None, 1000))


def test_a_prediction_comes_near_with_a_range_and_says_when_it_extrapolates(lab: Lab) -> None:
    lab.run()
    told = lab.quotes.predict(lab.engine.owner, "fit", [2], Resources(1.0, 512))
    assert told.low < law("--epoch 2", 1.0) < told.high
    assert told.seconds == pytest.approx(22, rel=0.1)
    assert not told.extrapolated
    far = lab.quotes.predict(lab.engine.owner, "fit", [100], Resources(4.0, 512))
    assert far.extrapolated
    assert far.low < law("--epoch 100", 4.0) < far.high
    assert far.high / far.low > told.high / told.low
    linear = lab.quotes.predict(lab.engine.owner, "fit", [2], Resources(1.0, 512), "log-linear")
    assert linear.seconds == pytest.approx(22, rel=0.3)
    assert linear != told


def test_a_prediction_for_what_no_job_can_have_here_says_so(lab: Lab) -> None:
    lab.run()

    def warning(cpu: float, memory_mb: int = 512) -> str | None:
        return lab.quotes.predict(lab.engine.owner, "fit", [2], Resources(cpu, memory_mb)).warning

    assert warning(0.5) is None
    lab.capacity = Capacity(2.0, 1024, 0, frozenset({"memory"}), whole_cpus=True)
    assert (warning(2.0), warning(1.0, 1024)) == (None, None)
    assert "nothing holds a job to 0.5 CPUs: it gets whole ones" in str(warning(0.5))
    assert "cpu=4 is more than there is: jobs have 2 CPUs here in all" in str(warning(4.0))
    assert "memory=2048MB is more than there is" in str(warning(1.0, 2048))


def test_a_choice_meets_its_bound_and_optimises_the_other(lab: Lab) -> None:
    lab.run()
    owner, quotes = lab.engine.owner, lab.quotes
    fast = quotes.quote(owner, "fit", [20], Limits(max_time=120)).choice
    assert fast.met
    assert fast.chosen.sure <= 120
    assert law("--epoch 20", fast.chosen.resources.cpu) <= 120
    assert fast.chosen.resources.memory_mb == 512
    budget = job_cost(2.0, 512, law("--epoch 20", 2.0)) * 1.2
    cheap = quotes.quote(owner, "fit", [20], Limits(max_cost=budget)).choice
    assert cheap.met
    assert cheap.chosen.sure_cost <= budget
    assert cheap.chosen.seconds < quotes.quote(owner, "fit", [20], Limits()).choice.chosen.seconds
    assert len(cheap.alternatives) == 3


def test_a_bound_that_nothing_meets_submits_nothing_and_tells_what_comes_nearest(lab: Lab) -> None:
    lab.run()
    before = jobs(lab)
    quote = lab.quotes.quote(lab.engine.owner, "fit", [1000], Limits(max_time=10))
    assert not quote.choice.met
    with pytest.raises(BoundNotMet, match=r"nothing stays within 10 s .* comes nearest: .* s and \$.* \(.* CPUs, .* MB\)"):
        lab.autoprovisioner.submit_template(lab.engine.owner, "fit", [1000], Limits(max_time=10), Submission(""))
    assert jobs(lab) == before


def test_an_autoprovisioned_job_has_the_chosen_resources_and_what_the_profile_pinned(lab: Lab) -> None:
    code = lab.engine.code({"train": b"x"})
    lab.engine.fileset("Data", {"/a": b"1"})
    lab.run(input="Data", code=code, env={"SEED": "1"})
    given = Submission("", name="real", output="Model")
    quote, made = lab.autoprovisioner.submit_template(lab.engine.owner, "fit", ["100"], Limits(max_time=600), given, key="k")
    spec = made.job.spec
    assert spec.command == quote.command == "train --epoch 100"
    assert spec.resources == quote.choice.chosen.resources
    assert (made.job.input_label, spec.output_name, spec.name, dict(spec.env)) == ("Data:1", "Model", "real", {"SEED": "1"})
    assert spec.code_snapshot_id is not None
    assert spec.timeout is None
    again = lab.autoprovisioner.submit_template(lab.engine.owner, "fit", ["100"], Limits(max_time=600), given, key="k")
    assert again[1].job.id == made.job.id


def test_enforcing_ends_the_job_at_the_bound(lab: Lab) -> None:
    lab.run()
    owner = lab.engine.owner
    _, timed = lab.autoprovisioner.submit_template(owner, "fit", [20], Limits(max_time=120), Submission(""), enforce=True)
    assert timed.job.spec.timeout == 120_000_000
    limits = Limits(max_cost=0.01)
    quote, priced = lab.autoprovisioner.submit_template(owner, "fit", [20], limits, Submission(""), enforce=True)
    assert priced.job.spec.timeout is not None
    assert quote.choice.chosen.hourly * priced.job.spec.timeout / 3.6e9 == pytest.approx(0.01, rel=1e-3)


def test_short_jobs_are_ended_at_their_cost_too_whatever_its_decimals(lab: Lab) -> None:
    lab.start("train --epoch {1,2}", cpus=(1.0, 2.0), memories_mb=(512,))
    lab.work(ending=lambda job: {"command_time": 1.0 / job.spec.resources.cpu})
    lab.profiler.advance()
    for more in range(5):
        limits = Limits(max_cost=0.00004 + more * 1e-6 / 3)
        quote, made = lab.autoprovisioner.submit_template(lab.engine.owner, "fit", [2], limits, Submission(""), enforce=True)
        seconds = (limits.max_cost or 0) / quote.choice.chosen.hourly * 3600
        assert made.job.spec.timeout == pytest.approx(seconds * 1e6, abs=2)


def test_a_command_is_quoted_by_the_profile_of_its_template_input_and_code(lab: Lab) -> None:
    code = lab.engine.code({"train": b"x"})
    lab.run(code=code)
    owner = lab.engine.owner
    quote = lab.quotes.quote_for(owner, Submission("train --epoch 7", code=code), Limits())
    assert (quote.profile, quote.values, quote.runs) == ("fit", (7.0,), 27)
    with pytest.raises(ProfileNotFound, match="with another input or other code"):
        lab.quotes.quote_for(owner, Submission("train --epoch 7"), Limits())
    with pytest.raises(ProfileNotFound, match=r"nothing is guessed.* \$0\.0.* for each minute"):
        lab.quotes.quote_for(owner, Submission("other --epoch 7", code=code), Limits())


def test_ordinary_jobs_of_a_template_teach_too(lab: Lab) -> None:
    lab.run()
    lab.engine.submit("train --epoch 50", cpu=4.0)
    lab.work()
    assert lab.quotes.quote(lab.engine.owner, "fit", [50], Limits()).runs == 28
    told = lab.quotes.predict(lab.engine.owner, "fit", [50], Resources(4.0, 512))
    assert told.seconds == pytest.approx(law("--epoch 50", 4.0), rel=0.1)


def test_configurations_that_would_starve_are_left_out_with_the_reason(lab: Lab) -> None:
    lab.start()
    lab.work(ending=lambda job: {} if job.spec.resources.memory_mb > 512 else {"ended": "out_of_memory", "exit_code": None})
    lab.profiler.advance()
    choice = lab.quotes.quote(lab.engine.owner, "fit", [5], Limits()).choice
    assert choice.chosen.resources.memory_mb > 512
    assert any("killed for memory at 512 MB" in text for text in choice.excluded)


def test_the_search_is_cut_to_what_the_launcher_holds(lab: Lab) -> None:
    lab.run()
    lab.capacity = Capacity(2.0, 1024, 0, frozenset({"cpu", "memory"}))
    choice = lab.quotes.quote(lab.engine.owner, "fit", [5], Limits(max_cost=1.0)).choice
    assert choice.chosen.resources.cpu <= 2
    assert choice.excluded == ("more than 2 CPUs: there are no more here", "more than 1024 MB: there is no more here")


def test_a_profile_that_is_not_ready_does_not_predict(lab: Lab) -> None:
    lab.start()
    with pytest.raises(ProfileNotFitted, match="still runs its trials"):
        lab.quotes.predict(lab.engine.owner, "fit", [1], Resources(1.0, 512))
    lab.work(ending=lambda job: {"exit_code": 1})
    lab.profiler.advance()
    with pytest.raises(ProfileNotFitted, match="is FAILED"):
        lab.quotes.predict(lab.engine.owner, "fit", [1], Resources(1.0, 512))


def test_what_can_not_be_asked_is_refused(lab: Lab) -> None:
    lab.run()
    owner = lab.engine.owner
    for values in ([], [1, 2], ["many"], [-1]):
        with pytest.raises(InvalidRequest):
            lab.quotes.predict(owner, "fit", values, Resources(1.0, 512))
    with pytest.raises(ResourcesOutOfBounds):
        lab.quotes.predict(owner, "fit", [1], Resources(100.0, 512))
    with pytest.raises(ProfileNotFound):
        lab.quotes.predict(owner, "none", [1], Resources(1.0, 512))
    with pytest.raises(InvalidRequest):
        Limits(max_time=0)


def test_constant_runtimes_and_zeros_are_predicted_too(lab: Lab) -> None:
    lab.start("train --epoch {0,1,5}")
    lab.work(ending=lambda job: {"command_time": 3.0})
    lab.profiler.advance()
    told = lab.quotes.predict(lab.engine.owner, "fit", [0], Resources(1.0, 512))
    assert told.seconds == pytest.approx(3.0, rel=0.05)
    assert "epoch does not matter" in str(lab.profile().profile.law)
