"""Queries as tables with stable types, and metadata."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import (
    FileNotFound,
    FilesetNotFound,
    InvalidQuery,
    InvalidReference,
    InvalidRequest,
    JobNotFound,
)

WHEN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def models(client: Client) -> None:
    scores = {"BERT": 0.9, "GPT": 0.7, "T5": float("nan"), "LSTM": 0.5}
    for name, precision in scores.items():
        client.files.upload(name.encode(), f"/models/{name}", fileset=name)
        given = {"model": name, "precision": precision, "released": name != "T5", "trained": WHEN}
        client.metadata.set(name, given, tags=["baseline"] if name == "BERT" else [])
    job = client.jobs.submit("mkdir -p output; echo m > output/m", output="Trained").wait(60)
    assert job.status == "FINISHED"


def test_the_example_of_the_design(client: Client) -> None:
    me = client.whoami().name
    found = client.find("filesets", 'model == "BERT" and precision > 0.5', order_by="-precision", limit=10, columns=["precision"])
    assert found["precision"].tolist() == [0.9]
    trained = client.find("filesets", f'job.creator == "{me}"', columns=["reference", "job.number"])
    assert trained["reference"].tolist() == ["Trained:1"]


def test_columns_keep_their_types_also_without_rows(client: Client) -> None:
    columns = ["name", "version", "size", "create_time", "model", "precision", "released", "trained", "job.cost"]
    full = client.find("filesets", "precision > 0", columns=columns)
    none = client.find("filesets", "precision > 2", columns=columns)
    types = {"name": "string", "version": "Int64", "size": "Int64", "create_time": "datetime64[us, UTC]"}
    assert {name: str(full[name].dtype) for name in types} == types
    assert {name: str(none[name].dtype) for name in types} == types
    assert list(none.columns) == list(full.columns)
    assert len(none) == 0
    assert str(full["precision"].dtype) == "float64"
    assert full["trained"].tolist() == [WHEN] * 3
    for kind in ("files", "filesets", "jobs"):
        assert list(client.find(kind, "size > 1e15" if kind != "jobs" else 'name == "none"').columns)


def test_order_limit_and_latest(client: Client) -> None:
    assert client.find("filesets", "precision > 0", order_by="precision")["model"].tolist() == ["LSTM", "GPT", "BERT"]
    assert client.find("filesets", "precision > 0", order_by=["-precision"], limit=1)["model"].tolist() == ["BERT"]
    for n in range(3):
        client.files.upload(str(n).encode(), "/versions", fileset="Versions")
    query = 'name == "Versions"'
    assert (client.count("filesets", query), client.count("filesets", query, latest=True)) == (3, 1)
    assert client.find("filesets", query, latest=True)["version"].tolist() == [3]


def test_counts_and_extremes(client: Client) -> None:
    assert client.count("filesets", "precision > 0.6") == 2
    assert (client.max("filesets", "precision"), client.min("filesets", "precision")) == (0.9, 0.5)
    assert client.max("filesets", "precision", 'model == "none"') is None
    assert client.min("filesets", "trained") == WHEN
    assert client.count("filesets", "isnan(precision)") == 1
    assert client.count("filesets", "create_time >= today()") >= 4


def test_what_is_set_is_what_is_read(client: Client) -> None:
    values = {"text": "ü\n\"'", "int": 3, "float": 0.1, "yes": True, "nan": math.nan, "inf": -math.inf, "time": WHEN}
    client.files.upload(b"m", "/meta")
    read = client.metadata.set("/meta", values, tags=["a", "b"])
    assert client.metadata.get("/meta").tags == read.tags == ("a", "b")
    assert math.isnan(read.values.pop("nan"))
    assert read.values == {name: value for name, value in values.items() if name != "nan"}
    assert read["size"] == 1
    assert client.metadata.set("/meta", tags="whole").tags == ("a", "b", "whole")
    assert client.metadata.unset("/meta", tags="whole").tags == ("a", "b")
    client.metadata.unset("/meta", "text", tags=["a", "never"])
    assert "text" not in client.metadata.get("/meta").values
    assert client.metadata.get("/meta").tags == ("b",)


def test_numbers_of_numpy_and_times_of_pandas_are_taken(client: Client) -> None:
    given = {"f": np.float32(0.5), "i": np.int64(3), "b": np.bool_(True), "t": pd.Timestamp(WHEN)}
    assert client.metadata.set("BERT", given).values.items() >= {"f": 0.5, "i": 3.0, "b": True, "t": WHEN}.items()


def test_a_target_may_be_what_the_client_returned(client: Client) -> None:
    job = client.jobs.submit("true")
    for target in (
        client.files.get("/models/BERT"),
        client.filesets.get("BERT"),
        job,
        job.number,
        job.id,
        "/models/BERT",
        "@BERT",
    ):
        client.metadata.set(target, {"seen": True})
        assert client.metadata.get(target)["seen"] is True


@pytest.mark.parametrize(
    "query",
    [
        *("precision >", "== 3", "precision > 0.5 and", "(precision > 1", "precision = 1", "precision >> 1"),
        *('model == "open', "model == BERT'", "1 < 2 < 3", "not", "precision > 0.5; drop table jobs", "a" * 100_000, "\0"),
        *("today() > today()", "f(x)", "((((((((((" * 100),
    ],
)
def test_queries_that_cant_be_read(client: Client, query: str) -> None:
    with pytest.raises(InvalidQuery) as raised:
        client.find("filesets", query)
    assert "\n" not in raised.value.message
    assert len(raised.value.message) < 1000


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda client: client.find("cakes"), InvalidRequest),
        (lambda client: client.count("cakes"), InvalidRequest),
        (lambda client: client.find("files", limit=-1), InvalidQuery),
        (lambda client: client.find("files", order_by=""), InvalidQuery),
        (lambda client: client.max("files", ""), InvalidQuery),
        (lambda client: client.metadata.get("/nothing"), FileNotFound),
        (lambda client: client.metadata.get("Nothing"), FilesetNotFound),
        (lambda client: client.metadata.get(10**9), JobNotFound),
        (lambda client: client.metadata.get(""), InvalidReference),
        (lambda client: client.metadata.set("BERT", {"size": 3}), InvalidRequest),
        (lambda client: client.metadata.set("BERT", {"true": 3}), InvalidRequest),
        (lambda client: client.metadata.set("BERT", {"x": [1, 2]}), InvalidRequest),
        (lambda client: client.metadata.set("BERT", {"x": None}), InvalidRequest),
        (lambda client: client.metadata.set("BERT", {"x": datetime(2026, 1, 1)}), InvalidRequest),
        (lambda client: client.metadata.set("BERT", tags=[""]), InvalidRequest),
    ],
)
def test_mistakes_change_nothing(client: Client, call: object, error: type[Exception]) -> None:
    before = client.metadata.get("BERT")
    with pytest.raises(error):
        call(client)  # type: ignore[operator]
    assert client.metadata.get("BERT") == before
