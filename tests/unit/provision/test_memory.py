"""Memory is feasibility: what jobs needed excludes what is too small, with the reason."""

from __future__ import annotations

import re

import pytest
from unit.provision.conftest import Lab

from acai_jupyter.domain.errors import ResourcesOutOfBounds
from acai_jupyter.domain.jobs import Job
from acai_jupyter.domain.quotes import Choice, Limits

MB = 2**20


def needing(job: Job) -> dict[str, int]:
    """A job that needs 200 MB, and 100 MB for each epoch."""
    epochs = re.search(r"--epoch (\d+)", str(job.spec.command))
    return {"peak_memory": (200 + 100 * int(epochs[1] if epochs else 0)) * MB}


def choice(lab: Lab, epochs: float, **limits: float) -> Choice:
    return lab.quotes.quote(lab.engine.owner, "fit", [epochs], Limits(**limits)).choice


def test_measured_peaks_exclude_what_is_too_small_for_larger_arguments(lab: Lab) -> None:
    lab.start(cpus=(1.0,), memories_mb=(1024,))
    lab.work(ending=needing)
    lab.profiler.advance()
    found = choice(lab, 10)
    assert found.chosen.resources.memory_mb == 1536  # 1200 MB with a margin, on the grid
    assert all(one.resources.memory_mb >= 1320 for one in found.alternatives)
    [why] = [text for text in found.excluded if text.startswith("less than")]
    assert re.match(r"less than 13\d\d MB: its peak is about 12\d\d MB \(measured: 300 to 700 MB\)", why)
    with pytest.raises(ResourcesOutOfBounds, match=r"Nothing here is large enough.*its peak is about"):
        choice(lab, 1000)


def test_an_ordinary_job_that_ran_out_of_memory_teaches_too(lab: Lab) -> None:
    lab.start(cpus=(1.0,), memories_mb=(512,))
    lab.work()
    lab.profiler.advance()
    assert choice(lab, 50).chosen.resources.memory_mb == 512
    lab.engine.submit("train --epoch 40", cpu=1.0, memory=1024)
    lab.work(ending=lambda job: {"ended": "out_of_memory", "exit_code": None})
    found = choice(lab, 50)
    assert found.chosen.resources.memory_mb > 1024
    assert any("killed for memory at 1024 MB" in text for text in found.excluded)
    assert choice(lab, 5).chosen.resources.memory_mb == 512


def test_a_cliff_is_never_recommended_across(lab: Lab) -> None:
    lab.start(cpus=(1.0,))
    lab.work(ending=lambda job: {"command_time": 400.0} if job.spec.resources.memory_mb == 512 else {})
    lab.profiler.advance()
    found = choice(lab, 5)
    assert found.chosen.resources.memory_mb >= 1024
    assert any(re.search(r"with 512 MB it was .* times as slow as with 1024 MB", text) for text in found.excluded)
