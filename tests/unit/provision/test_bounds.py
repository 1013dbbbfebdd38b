"""Bounds on any submission: what a profile knows chooses the resources, what nobody knows is not guessed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from unit.provision.conftest import Lab

from acai_jupyter.domain.errors import InvalidRequest, ProfileNotFitted, ProfileNotFound, ResourcesOutOfBounds
from acai_jupyter.domain.quotes import Limits, Quote
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.submissions import Submission
from acai_jupyter.wire.provision import bounds

COMMAND = "train --epoch 7"


@pytest.fixture
def known(lab: Lab) -> Lab:
    """A lab with a small profile of `train --epoch N`."""
    lab.run(cpus=(0.5, 1.0, 2.0), memories_mb=(512, 1024))
    return lab


def quoted(lab: Lab, limits: Limits | None = None, command: Any = COMMAND, **wanted: Any) -> Quote:
    return lab.quotes.quote_for(lab.engine.owner, Submission(command, **wanted), limits or Limits())


def test_without_a_bound_a_job_is_quoted_on_what_it_would_be_given(known: Lab) -> None:
    default = known.engine.settings.default_resources
    plain = quoted(known).choice
    assert plain.chosen.resources == default
    assert plain.why == "what it would be given, as no bound was given"
    named = quoted(known, cpu=1.7, memory="2GiB").choice
    assert named.chosen.resources == Resources(2.0, 2048)
    assert named.chosen.seconds < plain.chosen.seconds
    assert known.engine.submit(COMMAND, cpu=1.7, memory="2GiB").job.spec.resources == named.chosen.resources
    assert 1 <= len(plain.alternatives) <= 3


def test_resources_that_are_named_are_kept_to_under_a_bound(known: Lab) -> None:
    limits = Limits(max_time=1000)
    free = quoted(known, limits).choice
    assert free.chosen.resources == Resources(0.5, 512)
    fixed = quoted(known, limits, cpu=2.0).choice
    assert fixed.chosen.resources == Resources(2.0, 512)
    assert fixed.met
    assert "other than 2 CPUs: as asked for" in fixed.excluded
    with pytest.raises(ResourcesOutOfBounds):
        quoted(known, limits, cpu=99.0)


def test_a_job_under_a_bound_gets_what_its_quote_chooses_and_says_why(known: Lab) -> None:
    owner, limits = known.engine.owner, Limits(max_time=40)
    wanted = Submission(("train", "--epoch", "7"), name="real", timeout="30s")
    quote, made = known.autoprovisioner.submit(owner, wanted, limits, enforce=True, key="k")
    spec = made.job.spec
    assert (spec.command, spec.name, quote.command) == (("train", "--epoch", "7"), "real", "train --epoch 7")
    assert spec.resources == quote.choice.chosen.resources == quoted(known, limits).choice.chosen.resources
    assert spec.timeout == 30_000_000  # its own, as that comes before the bound
    [note] = [note for note in made.job.notes if "profile fit" in note]
    assert "the cheapest that stays within 40 s with 90% confidence; predicted" in note
    known.engine.submit("train --epoch 40", cpu=4.0)
    known.work()
    again = known.autoprovisioner.submit(owner, wanted, limits, enforce=True, key="k")[1]
    assert again.job.id == made.job.id  # whatever was learnt since


def test_what_nobody_knows_is_not_guessed(known: Lab) -> None:
    with pytest.raises(ProfileNotFound, match=r"with another input or other code.*Profile it with hints in braces.*\$0\.0"):
        quoted(known, input=known.engine.fileset("Data", {"/a": b"1"}))
    with pytest.raises(ProfileNotFound, match="no GPUs"):
        quoted(known, gpu=1)
    first = known.engine.submit("make", output="Made")
    with pytest.raises(ProfileNotFound, match=f"what job {first.job.number} writes"):
        quoted(known, input_job=str(first.job.number))
    known.capacity = replace(known.capacity, cpu=1.0)
    with pytest.raises(ProfileNotFound, match=r"nothing is guessed.* 6 trials for every combination"):
        quoted(known, command="other --epoch 7")


def test_a_command_whose_profile_still_runs_is_not_quoted_yet(lab: Lab) -> None:
    lab.start(cpus=(1.0,), memories_mb=(512,))
    with pytest.raises(ProfileNotFitted, match="still runs its trials"):
        quoted(lab)


def test_what_the_profile_says_starves_is_told_where_it_is_asked_for(lab: Lab) -> None:
    lab.start(cpus=(1.0,))
    lab.work(ending=lambda job: {} if job.spec.resources.memory_mb > 512 else {"ended": "out_of_memory", "exit_code": None})
    lab.profiler.advance()
    choice = quoted(lab, memory=512).choice
    assert not choice.met
    assert "killed for memory at 512 MB" in choice.why
    small, large = (lab.quotes.predict(lab.engine.owner, "fit", [7], Resources(1.0, memory_mb)) for memory_mb in (512, 2048))
    assert re.fullmatch(r"it needs at least \d+ MB: .*killed for memory at 512 MB.*", str(small.warning))
    assert large.warning is None
    with pytest.raises(ResourcesOutOfBounds, match=r"512 MB: less than .*killed for memory"):
        quoted(lab, Limits(max_time=1000), memory=512)


def test_confidence_and_enforcing_go_with_a_bound(known: Lab) -> None:
    assert bounds({"cpu": 1}) == (None, False)
    assert bounds({"max_time": "20m", "enforce": True}) == (Limits(max_time=1200), True)
    for given in ({"confidence": 0.5}, {"enforce": True}):
        with pytest.raises(InvalidRequest, match="goes with a bound"):
            bounds(given)
    with pytest.raises(InvalidRequest, match="enforce goes with a bound"):
        known.autoprovisioner.submit(known.engine.owner, Submission(COMMAND), Limits(), enforce=True)
