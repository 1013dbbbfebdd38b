"""What jobs use over time: kept once however often it is told, and what is known of the peak stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.engine import Engine

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.events import EventKind
from acai_jupyter.domain.jobs import Progress, Sample
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.queries import Asker

TOLD = [[position, 2.0 * position, 1.5 * position, 1000 + position, 10, 20, 0.25] for position in range(5)]


def test_samples_are_kept_in_order_and_once(engine: Engine) -> None:
    agent = engine.running()
    for some in (TOLD[:3], TOLD[1:], []):
        engine.monitor.heartbeat(agent.principal, agent.instance, None, samples=some)
    kept = engine.registry.usage(engine.owner, "1", None, 100)
    assert [sample.position for sample in kept] == [0, 1, 2, 3, 4]
    assert kept[2] == Sample(1, 2, 4.0, 3.0, 1002, 10, 20, 0.25)


def test_whoever_draws_what_a_job_uses_hears_that_there_is_more(engine: Engine) -> None:
    agent = engine.running()
    engine.monitor.heartbeat(agent.principal, agent.instance, None, samples=TOLD)
    engine.monitor.heartbeat(agent.principal, agent.instance, None)
    with engine.store.read() as unit:
        kinds = [event.kind for event in unit.events.after(engine.owner.project_id, 0, 1000)]
    assert kinds.count(EventKind.JOB_SAMPLED) == 1


def test_samples_are_read_in_pages(engine: Engine) -> None:
    agent = engine.running()
    engine.monitor.heartbeat(agent.principal, agent.instance, None, samples=TOLD)
    first = engine.registry.usage(engine.owner, "1", None, 2)
    rest = engine.registry.usage(engine.owner, "1", (first[-1].attempt, first[-1].position), 10)
    assert [sample.position for sample in first + rest] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("told", [[], [0], [0, 0, 0, 0, 0, 0, -1], [0, 0, 0, 2.0**60, 0, 0, 0], [float("nan")] * 7])
def test_what_is_no_sample_is_refused(engine: Engine, told: list[float]) -> None:
    agent = engine.running()
    with pytest.raises(InvalidRequest):
        engine.monitor.heartbeat(agent.principal, agent.instance, None, samples=[told])


def test_more_samples_than_an_agent_takes_are_not_kept(engine: Engine) -> None:
    agent = engine.running()
    engine.monitor.heartbeat(agent.principal, agent.instance, None, samples=[[10_000, 0, 0, 0, 0, 0, 0]])
    assert engine.registry.usage(engine.owner, "1", None, 10) == []


def test_the_peak_of_a_job_whose_agent_told_none_is_that_of_its_samples(engine: Engine) -> None:
    agent = engine.running()
    engine.monitor.heartbeat(agent.principal, agent.instance, None, samples=TOLD)
    agent.report()
    assert agent.job.used.peak_memory == 1004


def test_queries_know_what_jobs_used(engine: Engine) -> None:
    for size in (100, 300):
        engine.running().report(peak_memory=size * 2**20, cpu_time=size / 10, throttled_time=0.5)
    query = "peak_memory > 200 and cpu_time == 30 and throttled_time < 1"
    asker = Asker(datetime(2026, 11, 21, tzinfo=UTC))
    found = engine.metadata.find(engine.owner, ArtifactKind.JOBS, query, asker, columns=["number"])
    assert [column.values for column in found if column.name == "number"] == [[2.0]]


USED = {"cpu_time": 0.125, "peak_memory": 4096, "read_bytes": 1, "written_bytes": 2, "throttled_time": 0.0}


def test_a_job_that_is_over_before_any_heartbeat_has_a_sample_and_a_history_of_its_report(engine: Engine) -> None:
    agent = engine.running()
    agent.report(download_time=0.0, command_time=0.2, **USED)
    assert engine.registry.usage(engine.owner, "1", None, 10) == [Sample(1, 0, 0.2, 0.125, 4096, 1, 2, 0.0)]
    history = engine.registry.history(engine.owner, "1")
    assert [entry.progress for entry in history] == [None, None, *Progress, None]
    assert [entry.at for entry in history] == sorted(entry.at for entry in history)
    assert [entry.position for entry in history] == [1, 2, 3, 4, 5, 6]


def test_what_heartbeats_have_told_is_not_told_again_by_the_report(engine: Engine) -> None:
    agent = engine.running()
    for progress in (Progress.RUNNING, Progress.UPLOADING):
        engine.monitor.heartbeat(agent.principal, agent.instance, progress, samples=TOLD[:1])
    agent.report(download_time=0.0, command_time=10.0, **USED)
    assert len(engine.registry.usage(engine.owner, "1", None, 10)) == 1
    assert [entry.progress for entry in engine.registry.history(engine.owner, "1")].count(Progress.RUNNING) == 1


def test_a_report_without_a_command_tells_of_none(engine: Engine) -> None:
    agent = engine.running()
    agent.report("input", None, download_time=0.1)
    assert engine.registry.usage(engine.owner, "1", None, 10) == []
    assert len(engine.registry.history(engine.owner, "1")) == 4
