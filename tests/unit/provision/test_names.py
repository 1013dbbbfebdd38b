"""Several profiles of one name: which one answers, and whose code its jobs run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from unit.provision.conftest import Lab, law

from acai_jupyter.domain.errors import ProfileNotFitted
from acai_jupyter.domain.ids import Kind, write
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.profiles import ProfileDetails, ProfileStatus
from acai_jupyter.domain.quotes import Limits
from acai_jupyter.domain.resources import Resources
from acai_jupyter.domain.submissions import Submission

LIMITS = Limits(max_time=600)


def fitted(lab: Lab, slower: float = 1.0, **wanted: Any) -> ProfileDetails:
    """A profile whose trials took so many times as long as the law says."""
    lab.start(**wanted)
    lab.work(ending=lambda job: {"command_time": slower * law(str(job.spec.command), job.spec.resources.cpu)})
    lab.profiler.advance()
    return lab.profile()


def predicted(lab: Lab, reference: str = "fit") -> float:
    return lab.quotes.predict(lab.engine.owner, reference, [5], Resources(1.0, 512)).seconds


def code_of_a_chosen_job(lab: Lab, reference: str = "fit") -> UUID | None:
    _, made = lab.autoprovisioner.submit_template(lab.engine.owner, reference, [5], LIMITS, Submission(""))
    return made.job.spec.code_snapshot_id


def failing(job: Job) -> dict[str, Any]:
    return {"exit_code": 1}


def test_code_that_is_as_before_again_is_predicted_and_submitted_from_its_own_profile(lab: Lab) -> None:
    before, edited = lab.engine.code({"train.py": b"before"}), lab.engine.code({"train.py": b"edited"})
    first = fitted(lab, code=before).profile
    second = fitted(lab, slower=10, code=edited).profile
    assert predicted(lab) == pytest.approx(520, rel=0.2)
    assert lab.start(code=before).profile.id == first.id
    assert lab.profile().profile.id == first.id
    assert predicted(lab) == pytest.approx(52, rel=0.2)
    assert code_of_a_chosen_job(lab) == first.new.pins.code_snapshot_id
    assert lab.start(code=edited).profile.id == second.id
    assert code_of_a_chosen_job(lab) == second.new.pins.code_snapshot_id


def test_a_template_that_is_used_again_takes_its_values_again(lab: Lab) -> None:
    fitted(lab)
    fitted(lab, template="train --epoch {1,2,5} --extra {1,2}")
    lab.start()
    assert predicted(lab) == pytest.approx(52, rel=0.2)


def test_a_profile_that_failed_hides_no_fitted_one_of_its_name(lab: Lab) -> None:
    good = fitted(lab).profile
    lab.start(again=True)
    assert lab.profile().profile.status is ProfileStatus.PROFILING
    lab.work(ending=failing)
    lab.profiler.advance()
    assert lab.profile().profile.id == good.id
    assert predicted(lab) == pytest.approx(52, rel=0.2)
    lab.start(again=True)
    lab.profiler.kill(lab.engine.owner, "fit")
    assert lab.profile().profile.id == good.id


def test_a_profile_is_asked_by_its_id_whatever_else_has_its_name(lab: Lab) -> None:
    first = fitted(lab, code=lab.engine.code({"train.py": b"before"})).profile
    fitted(lab, slower=10, code=lab.engine.code({"train.py": b"edited"}))
    own = write(Kind.PROFILE, first.id)
    assert lab.profile(own).profile.id == first.id
    assert predicted(lab, own) == pytest.approx(52, rel=0.2)
    assert code_of_a_chosen_job(lab, own) == first.new.pins.code_snapshot_id
    failed = lab.start(again=True, code=first.new.submission.code).profile
    assert lab.profiler.kill(lab.engine.owner, write(Kind.PROFILE, failed.id)).profile.id == failed.id
    with pytest.raises(ProfileNotFitted):
        predicted(lab, write(Kind.PROFILE, failed.id))


def test_a_name_may_look_like_the_id_of_another_profile(lab: Lab) -> None:
    name = f"profile_{0:032x}"
    made = lab.start(name=name).profile
    assert lab.profile(name).profile.id == made.id
