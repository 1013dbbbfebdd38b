"""Jobs as live handles."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job
from acai_jupyter.domain.errors import (
    EmptyCommand,
    FileNotFound,
    FilesetNotFound,
    InvalidName,
    InvalidReference,
    InvalidRequest,
    JobEnded,
    JobNotEnded,
    JobNotFound,
    ResourcesOutOfBounds,
)


@pytest.fixture(scope="module", autouse=True)
def data(client: Client) -> None:
    client.files.upload(b"one\ntwo\n", "/data/lines.txt", fileset="Data")


@pytest.fixture
def waiting(client: Client, tmp_path: Path) -> Job:
    """A job that runs until `tmp_path/gate` is there."""
    return client.jobs.submit(f"echo started; while [ ! -e '{tmp_path}/gate' ]; do sleep 0.05; done; echo ended", name="waits")


def test_a_job_turns_its_input_into_a_version_of_its_output(client: Client, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "count.py").write_text("print(sum(1 for _ in open('input/data/lines.txt')), file=open('output/n', 'w'))")
    command = ["python", "count.py"]
    job = client.jobs.submit(command, name="counts", input="Data:1", output="Count", code=tmp_path / "code", cpu=1, memory="1GiB")
    assert job.wait(60) is job
    assert (job.status, job.ended, job.exit_code, job.exit_status, job.reason) == ("FINISHED", True, 0, 0, None)
    assert job.output is not None
    assert (job.output.reference, job.output.job) == ("Count:1", job.id)
    assert client.files.open("/Count/n@Count:1").read() == b"2\n"
    assert job.runtime is not None
    assert job.cost is not None
    assert next(iter(job.history().status)) == "QUEUED"
    assert job.details["command"] == command
    assert [path.name for path in job.download(tmp_path / "got")] == ["n"]
    assert [path.name for path in job.download(tmp_path / "code again", files="code")] == ["count.py"]


def test_a_job_that_fails_says_why_and_keeps_what_it_wrote(client: Client, tmp_path: Path) -> None:
    job = client.jobs.submit("mkdir -p output; echo half > output/part; echo sorry >&2; exit 3", output="Never").wait(60)
    assert (job.status, job.exit_code, job.exit_status, job.reason) == ("FAILED", 3, 3, "exit code")
    assert job.output is None
    assert job.logs() == "sorry\n"
    assert [path.read_text() for path in job.download(tmp_path)] == ["half\n"]
    with pytest.raises(FilesetNotFound):
        client.filesets.get("Never")
    again = job.retry()
    assert again.details["retry_of"] == job.number
    assert again.wait(60).status == "FAILED"


def test_a_handle_is_live(client: Client, waiting: Job, tmp_path: Path) -> None:
    lines = waiting.logs(follow=True)
    assert next(lines) == "started"
    assert waiting.status == "RUNNING"
    with pytest.raises(JobNotEnded):
        waiting.retry()
    (tmp_path / "gate").touch()
    assert list(lines) == ["ended"]
    assert waiting.wait(60).status == "FINISHED"
    assert repr(waiting).startswith(f"<Job {waiting.number} waits: FINISHED")


def test_killing(client: Client, waiting: Job) -> None:
    next(waiting.logs(follow=True))
    assert waiting.kill() is waiting
    assert waiting.wait(60).status == "KILLED"
    with pytest.raises(JobEnded, match="KILLED"):
        waiting.kill()


def test_waiting_has_a_bound_and_ends_for_all_who_wait(client: Client, waiting: Job, tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match=f"Job {waiting.number} is still"):
        waiting.wait(0.2)
    seen: list[str] = []
    others = [threading.Thread(target=lambda: seen.append(client.jobs.get(waiting.number).wait(60).status)) for _ in range(5)]
    for other in others:
        other.start()
    (tmp_path / "gate").touch()
    for other in others:
        other.join()
    assert seen == ["FINISHED"] * 5


def test_metrics_are_a_table_of_numbers(client: Client) -> None:
    job = client.jobs.submit("for n in 3 2 1; do echo [ACAI_TAG_NUM] job loss=$n; done; echo [ACAI_TAG] job model:BERT").wait(60)
    metrics = job.metrics()
    assert metrics["value"].tolist() == [3.0, 2.0, 1.0]
    assert metrics["step"].tolist() == [1.0, 2.0, 3.0]
    assert [*metrics.columns] == ["key", "step", "time", "value"]
    assert metrics["time"].is_monotonic_increasing
    none = client.jobs.submit("true").wait(60).metrics()
    assert dict(none.dtypes) == dict(metrics.dtypes)
    assert client.metadata.get(job)["loss"] == 1.0
    assert client.metadata.get(job.number)["model"] == "BERT"


def test_one_series_is_read_alone_and_curves_are_thinned(client: Client) -> None:
    loop = "import sys; [print(f'[ACAI_TAG_NUM] job step:{10*n}\\n[ACAI_TAG_NUM] job loss:{n}') for n in range(1, 301)]"
    job = client.jobs.submit(["python", "-c", f"{loop}; print('[ACAI_TAG_NUM] job acc:inf')"]).wait(60)
    assert job.metrics("acc")["value"].tolist() == [float("inf")]
    assert len(job.metrics()) == 301
    curves = job.curves(most=50)
    assert [*curves] == ["acc", "loss"]
    assert (curves["loss"][0], curves["loss"][-1]) == ((10, 1), (3000, 300))
    assert 40 <= len(curves["loss"]) <= 51


def test_jobs_are_found_by_number_by_id_and_in_lists(client: Client) -> None:
    jobs = [client.jobs.submit("true", name=f"listed {n}").wait(60) for n in range(3)]
    assert client.jobs.get(jobs[0].number).id == client.jobs.get(jobs[0].id).id == client.jobs.get(jobs[0]).id == jobs[0].id
    listed = client.jobs.list(limit=3)
    assert [job.name for job in listed] == ["listed 2", "listed 1", "listed 0"]
    assert len(client.jobs.list(status=["QUEUED", "RUNNING"])) == 0
    assert {job.status for job in client.jobs.list(status="finished")} == {"FINISHED"}
    assert len(client.jobs.list(limit=0)) == 0
    full, none = listed.to_frame(), client.jobs.list(status="QUEUED").to_frame()
    assert dict(full.dtypes) == dict(none.dtypes)
    assert str(full["number"].dtype) == "Int64"


def test_resources_off_the_grid_are_rounded_up_and_said(client: Client) -> None:
    job = client.jobs.submit("true", cpu=0.7, memory=600)
    assert (job.details["cpu"], job.details["memory_mb"]) == (1.0, 768)
    assert any("0.7" in note for note in job.notes)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"command": ""}, EmptyCommand),
        ({"command": "  \n"}, EmptyCommand),
        ({"command": []}, EmptyCommand),
        ({"command": [" "]}, EmptyCommand),
        ({"command": "x\0y"}, InvalidRequest),
        ({"command": None}, InvalidRequest),
        ({"command": 5}, InvalidRequest),
        ({"cpu": 0}, ResourcesOutOfBounds),
        ({"cpu": 9}, ResourcesOutOfBounds),
        ({"cpu": float("nan")}, ResourcesOutOfBounds),
        ({"cpu": float("inf")}, ResourcesOutOfBounds),
        ({"memory": "1TB"}, ResourcesOutOfBounds),
        ({"memory": "much"}, InvalidRequest),
        ({"gpu": 1}, ResourcesOutOfBounds),
        ({"timeout": "soon"}, InvalidRequest),
        ({"timeout": -1}, InvalidRequest),
        ({"input": "Nothing"}, FilesetNotFound),
        ({"input": "Data:9"}, FilesetNotFound),
        ({"input": "/data/"}, InvalidReference),
        ({"output": "Bad name"}, InvalidName),
        ({"output_path": "/x/"}, InvalidRequest),
        ({"output": "X", "output_path": "../x"}, InvalidReference),
        ({"code": "nowhere/"}, FileNotFound),
        ({"code": ""}, FileNotFound),
        ({"code": "@Nothing"}, FilesetNotFound),
        ({"env": {"1": "x"}}, InvalidRequest),
        ({"env": {"ACAI_URL": "x"}}, InvalidRequest),
        ({"name": "x" * 300}, InvalidRequest),
        ({"priority": 10**6}, InvalidRequest),
    ],
)
def test_a_job_that_cant_be_is_not_submitted(client: Client, wanted: dict[str, object], error: type[Exception]) -> None:
    before = client.count("jobs")
    with pytest.raises(error):
        client.jobs.submit(**{"command": "true", **wanted})  # type: ignore[arg-type]
    assert client.count("jobs") == before


@pytest.mark.parametrize("job", [0, 10**6, "x", "", "job_x", "1/../2", "..", "job_" + "0" * 32])
def test_an_unknown_job(client: Client, job: int | str) -> None:
    with pytest.raises((JobNotFound, InvalidRequest)):
        client.jobs.get(job)


def test_code_is_uploaded_once_and_never_rubbish(client: Client, tmp_path: Path) -> None:
    for name in ("main.py", ".git/config", "__pycache__/x.pyc", "pkg/__init__.py", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    jobs = [client.jobs.submit("find . -type f | sort", code=str(tmp_path)).wait(60) for _ in range(2)]
    assert jobs[0].details["code"] == jobs[1].details["code"]
    assert "./main.py" in jobs[0].logs()
    assert "./pkg/__init__.py" in jobs[0].logs()
    assert ".git" not in jobs[0].logs()
    assert ".venv" not in jobs[0].logs()
    with pytest.raises(FileNotFound, match="no code"):
        client.jobs.submit("true", code=[])


def test_two_quick_jobs_of_one_output_get_two_versions(client: Client) -> None:
    jobs = [client.jobs.submit(f"mkdir -p output; echo {n} > output/x", output="Race") for n in range(4)]
    assert {job.wait(60).status for job in jobs} == {"FINISHED"}
    assert sorted(job.output.version for job in jobs if job.output) == [1, 2, 3, 4]
