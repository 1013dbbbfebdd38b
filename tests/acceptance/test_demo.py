"""The demo notebook, run from top to bottom in a real kernel of a live Jupyter Server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from run_demo import jupyter_server
from run_notebook import run_notebook

import acai_jupyter as acai
from acai_jupyter.client.client import Client


@dataclass(frozen=True)
class Demo:
    """What the notebook left, and what its cells showed."""

    client: Client
    cells: int
    shown: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    shown: list[str] = []
    with jupyter_server(folder) as (server, token):
        count = run_notebook(folder / "notebooks" / "demo.ipynb", server, token, on_output=shown.append)
        with acai.connect(home=str(folder / "home")) as client:
            yield Demo(client, count, "".join(shown))
        log = (folder / "server.log").read_text()
        assert "Traceback" not in log
        assert client._transport._token
        assert client._transport._token not in log
        assert token not in log.replace("?token=...", "")


def test_every_cell_runs_and_four_jobs_finish(demo: Demo) -> None:
    assert demo.cells > 10
    jobs = list(reversed(demo.client.jobs.list()))
    assert [(job.name, job.status) for job in jobs] == [
        ("prepare", "FINISHED"),
        ("logistic regression", "FINISHED"),
        ("support vectors", "FINISHED"),
        ("random forest", "FINISHED"),
    ]
    assert all(job.runtime and job.cost for job in jobs)
    assert all("[ACAI_TAG_NUM] fileset accuracy:" in job.logs() for job in jobs[1:])


def test_the_leaderboard_is_sorted_and_the_best_model_is_good(demo: Demo) -> None:
    board = demo.client.find("filesets", "accuracy > 0.9", order_by="-accuracy", columns=["model", "accuracy"])
    assert sorted(board["model"]) == ["LogisticRegression", "RandomForestClassifier", "SVC"]
    assert board["accuracy"].is_monotonic_decreasing
    assert board["accuracy"][0] > 0.97
    assert f"{board['reference'][0]}: " in demo.shown
    assert "digits are read correctly" in demo.shown


def test_the_trace_leads_back_to_the_raw_file(demo: Demo) -> None:
    client = demo.client
    best = client.find("filesets", "accuracy > 0.9", order_by="-accuracy")["reference"][0]
    graph = client.provenance.trace(best).to_networkx()
    assert set(graph) == {"Digits:1", "DigitsSplit:1", best}
    assert list(graph.predecessors(best)) == ["DigitsSplit:1"]
    assert list(graph.predecessors("DigitsSplit:1")) == ["Digits:1"]
    assert graph.edges["DigitsSplit:1", best]["kind"] == "job"
    (raw,) = client.filesets.files("Digits:1")
    assert raw.path == "/digits/digits.csv.gz"
    assert f"Digits:1 → DigitsSplit:1 → {best}" in demo.shown


def test_the_best_model_reads_the_digits_again(demo: Demo, tmp_path: Path) -> None:
    import pickle

    best = demo.client.find("filesets", "accuracy > 0.9", order_by="-accuracy")["reference"][0]
    (path,) = demo.client.files.download(f"/Model/model.pkl@{best}", tmp_path / "model.pkl")
    assert pickle.loads(path.read_bytes()).n_features_in_ == 64
