"""The series of the numbers that a job prints: steps, bounds, pages, and what is enough to draw them."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engine import Agent, Engine

from acai_jupyter.domain.errors import JobNotFound
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.metadata import MOST_KEYS_AN_ARTIFACT, ArtifactKind
from acai_jupyter.domain.tables import NewPoint

Series = list[tuple[str, float, float]]


def series(engine: Engine, key: str | None = None, limit: int = 10_000) -> Series:
    """All points by key, in pages of `limit`: key, step, value."""
    found: Series = []
    after: tuple[str, int] | None = None
    while True:
        page = engine.metrics.page(engine.owner, "1", key, after, limit)
        found += [(point.key, point.step, point.value) for point in page]
        if len(page) < limit:
            return found
        after = (page[-1].key, page[-1].position)


def numbers(agent: Agent, *tags: str) -> None:
    agent.log("".join(f"[ACAI_TAG_NUM] job {tag}\n" for tag in tags).encode())


def test_without_a_step_points_are_counted_in_their_series(engine: Engine) -> None:
    agent = engine.running()
    numbers(agent, "loss:3", "acc:0.1", "loss:2")
    numbers(agent, "loss:1", "acc:nan")
    found = series(engine)
    assert found[-3:] == [("loss", 1, 3), ("loss", 2, 2), ("loss", 3, 1)]
    assert found[0] == ("acc", 1, 0.1)
    assert (found[1][:2], math.isnan(found[1][2])) == (("acc", 2), True)


def test_a_step_holds_for_what_is_printed_after_it_also_in_a_later_piece(engine: Engine) -> None:
    agent = engine.running()
    numbers(agent, "step:10", "loss:3", "acc:0.1", "step=20", "loss:2")
    numbers(agent, "loss:1", "step:nan", "loss:0")
    assert series(engine) == [("acc", 10, 0.1), ("loss", 10, 3), ("loss", 20, 2), ("loss", 20, 1), ("loss", 4, 0)]


def test_a_last_line_without_its_end_belongs_to_the_last_step(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"[ACAI_TAG_NUM] job step:7\n[ACAI_TAG_NUM] job loss:1")
    agent.report()
    assert series(engine) == [("loss", 7, 1)]


def test_the_last_value_of_a_key_is_the_jobs_metadata(engine: Engine) -> None:
    agent = engine.running()
    numbers(agent, "loss:3", "loss:2", "step:5", "loss:1")
    assert engine.metadata.get(engine.owner, ArtifactKind.JOBS, "1").values == {"loss": 1.0, "step": 5.0}


def test_a_job_has_at_most_so_many_points_and_its_metadata_goes_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acai_jupyter.engine.tags.MOST_POINTS_A_JOB", 3)
    agent = engine.running()
    numbers(agent, "loss:3", "acc:1")
    numbers(agent, "loss:2", "loss:1")
    numbers(agent, "loss:0")
    assert series(engine) == [("acc", 1, 1), ("loss", 1, 3), ("loss", 2, 2)]
    assert engine.metadata.get(engine.owner, ArtifactKind.JOBS, "1").values["loss"] == 0.0
    (note,) = engine.registry.get(engine.owner, "1").job.notes
    assert "only the last values are kept" in note


def test_keys_that_are_there_go_on_when_no_further_ones_fit(engine: Engine) -> None:
    agent = engine.running()
    numbers(agent, *(f"key{n}:0" for n in range(MOST_KEYS_AN_ARTIFACT)))
    numbers(agent, "late:1", "key0:1")
    values = engine.metadata.get(engine.owner, ArtifactKind.JOBS, "1").values
    assert ("late" in values, values["key0"]) == (False, 1.0)
    assert series(engine, "key0") == [("key0", 1, 0), ("key0", 2, 1)]
    assert series(engine, "late") == []


def test_one_series_is_read_alone_and_in_pages_of_any_size(engine: Engine) -> None:
    agent = engine.running()
    numbers(agent, *(f"{key}:{n}" for n in range(4) for key in ("loss", "los", "loss2")))
    whole = series(engine)
    assert [key for key, *_ in whole] == ["los"] * 4 + ["loss"] * 4 + ["loss2"] * 4
    for limit in (1, 3, 4, 5):
        assert series(engine, limit=limit) == whole
        assert series(engine, "loss", limit) == whole[4:8]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 60), st.integers(2, 25))
def test_a_curve_has_its_ends_and_not_many_more_points_than_asked_for(engine: Engine, count: int, most: int) -> None:
    with engine.store.begin() as unit:
        job = unit.jobs.add(engine.owner.project_id, engine.owner.user_id, engine.job_spec(), [])
        points = [NewPoint(key, float(n), None) for n in range(count) for key in ("a", "b")]
        unit.metrics.add(engine.owner.project_id, job.id, points)
    a, b = engine.metrics.curves(engine.owner, str(job.number), most)
    assert (a.key, b.key, a.count, b.count) == ("a", "b", count, count)
    steps = [point.step for point in a.points]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (1, count)
    assert len(steps) <= most + 1
    if count <= most:
        assert len(steps) == count


def test_new_points_are_told(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"nothing to see\n")
    numbers(agent, "step:1")
    assert measured(engine) == 0
    numbers(agent, "loss:1", "loss:2")
    assert measured(engine) == 1


def measured(engine: Engine) -> int:
    with engine.store.read() as unit:
        kinds = [event.kind for event in unit.events.after(engine.owner.project_id, 0, 1000)]
    return kinds.count(EventKind.JOB_MEASURED)


def test_a_job_that_measures_nothing_has_no_series_and_an_unknown_one_none(engine: Engine) -> None:
    engine.running()
    assert (series(engine), engine.metrics.curves(engine.owner, "1", 10)) == ([], [])
    with pytest.raises(JobNotFound):
        engine.metrics.page(engine.owner, "2", None, None, 10)
    with pytest.raises(JobNotFound):
        engine.metrics.curves(engine.owner, "2", 10)
