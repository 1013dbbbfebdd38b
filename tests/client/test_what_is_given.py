"""What people give to the client besides texts: numbers of numpy, spans of time, generators, records, and what can't be meant."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from acai_jupyter.client.client import Client
from acai_jupyter.client.predictions import Prediction
from acai_jupyter.client.records import FilesetSummary, record
from acai_jupyter.domain.errors import AcaiError, InvalidRequest


def summary(client: Client, name: str) -> FilesetSummary:
    return next(one for one in client.filesets.list() if one.name == name)


def test_numbers_of_numpy_and_spans_of_time_are_numbers(client: Client) -> None:
    given: dict[str, Any] = {
        "cpu": np.int64(1),
        "memory": np.int64(512),
        "priority": np.int64(2),
        "timeout": timedelta(minutes=1),
    }
    job = client.jobs.submit("true", **given)
    assert (job.details["cpu"], job.details["memory_mb"], job.details["timeout"]) == (1, 512, 60)
    assert len(client.find("jobs", limit=np.int64(1))) == 1
    assert len(client.jobs.list(limit=np.int64(1))) == 1
    given = client.jobs.submit("true", env={"SEED": np.int64(3), "RATE": 0.5}).details["env"]
    assert given == {"SEED": "3", "RATE": "0.5"}
    client.metadata.set(job, {"seed": np.int64(7), "score": np.array(0.5)})
    assert (client.metadata.get(job)["seed"], client.metadata.get(job)["score"]) == (7, 0.5)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.jobs.submit(b"true"),
        lambda client: client.jobs.submit("true", env={"A": None}),
        lambda client: client.jobs.submit("true", env={"A": b"x"}),
        lambda client: client.jobs.submit("true", env={"A": [1]}),
        lambda client: client.jobs.submit("true", cpu=object()),
        lambda client: client.jobs.list(limit=-1),
        lambda client: client.files.list("/", limit=-1),
        lambda client: client.grids.list(limit=-1),
        lambda client: client.metadata.set("Given", {"t": np.array([1, 2])}),
        lambda client: client.projects.set_budget("5"),
        lambda client: client.find("jobs", limit=-1),
    ],
)
def test_what_can_not_be_meant_is_refused_in_words(client: Client, ask: Any) -> None:
    with pytest.raises(AcaiError) as refused:
        ask(client)
    assert refused.value.code in {"invalid_request", "invalid_input", "invalid_query"}


def test_a_summary_means_the_version_that_it_tells_of(client: Client) -> None:
    client.files.upload(b"1", "/given/a", fileset="Given")
    first = summary(client, "Given")
    client.files.upload(b"2", "/given/a", fileset="Given")
    assert client.jobs.submit("true", input=first).details["input"] == "Given:1"
    client.metadata.set(first, {"seen": True})
    assert client.metadata.get("Given:1").values == {"seen": True}
    assert client.metadata.get("Given:2").values == {}
    assert str(client.filesets.get(first)) == "Given:1"
    assert client.filesets.files(first)[0].version == 1
    assert client.jobs.submit("true", code=first).details["code"] == "@Given:1"
    assert list(client.provenance.backward(first).to_networkx()) == ["Given:1"]


def test_a_generator_of_references_is_as_good_as_a_list(client: Client, tmp_path: Any) -> None:
    client.files.upload(b"1", "/gen/a")
    client.files.upload(b"2", "/gen/b")
    assert client.filesets.create("Gen", (f"/gen/{name}" for name in "ab")).file_count == 2
    assert len(client.files.download((f"/gen/{name}" for name in "ab"), tmp_path)) == 2
    first = client.jobs.submit("true")
    assert client.jobs.submit("true", after=(job for job in [first])).wait(60).status == "FINISHED"


def test_two_handles_of_a_job_are_equal_and_none_can_be_pickled(client: Client) -> None:
    job = client.jobs.submit("true")
    assert client.jobs.get(job.number) == job
    assert len({job, client.jobs.get(job.id)}) == 1
    assert job != client.jobs.submit("true")
    with pytest.raises(TypeError, match=r"connect\(\) where it is needed"):
        pickle.dumps(job)


def test_rows_that_were_left_out_are_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        client.files.upload(str(number).encode(), f"/cut/{number}")
    three = 'path in ["/cut/0", "/cut/1", "/cut/2"]'
    assert client.find("files", three, limit=3).attrs["truncated"] is False
    cut = client.find("files", three, limit=2)
    assert (len(cut), cut.attrs["truncated"]) == (2, True)
    monkeypatch.setattr("acai_jupyter.client.search.MOST_ROWS", 2)
    with pytest.warns(UserWarning, match="More than 2 match") as told:
        assert len(client.find("files", three)) == 2
    assert told[0].filename == __file__


def test_columns_keep_their_types_where_nothing_was_found(client: Client) -> None:
    client.files.upload(b"1", "/typed/a", fileset="Typed")
    client.metadata.set("Typed", {"n": 1.5, "which": "a"})
    columns = ["n", "which", "name"]
    found = client.find("filesets", 'name == "Typed"', columns=columns)
    nothing = client.find("filesets", 'name == "Nobody"', columns=columns)
    assert (len(found), len(nothing)) == (1, 0)
    assert list(found.dtypes) == list(nothing.dtypes)
    assert list(pd.concat([found, nothing]).dtypes) == list(found.dtypes)


def test_a_prediction_of_a_newer_platform_is_read_and_shown_as_a_range() -> None:
    told = {"cpu": 1, "memory_mb": 512, "runtime": 60, "runtime_low": 50, "runtime_high": 70}
    told |= {"cost": 0.1, "cost_low": 0.09, "cost_high": 0.12, "extrapolation": False, "of_tomorrow": 1}
    assert "90 %" in repr(record(Prediction, told))


def test_metadata_shows_itself_a_key_a_line(client: Client) -> None:
    client.files.upload(b"1", "/shown/a", fileset="Shown")
    lines = repr(client.metadata.set("Shown", {"model": "BERT"}, tags=["best"])).splitlines()
    assert lines[0] == "model = 'BERT'"
    assert lines[-1] == "tags: best"
    assert "name = 'Shown'" in lines


def test_a_limit_below_nothing_is_told_by_its_name(client: Client) -> None:
    with pytest.raises(InvalidRequest, match="limit=-1 can't be"):
        client.jobs.list(limit=-1)
