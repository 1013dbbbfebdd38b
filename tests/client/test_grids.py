"""Grids and chains through the client, with real jobs."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.servers import Server

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import GridNotFound, InvalidRequest, LimitExceeded
from acai_jupyter.domain.pricing import job_cost


def test_a_grid_is_a_table_of_arguments_metrics_and_cost(client: Client) -> None:
    command = "echo [ACAI_TAG_NUM] job score:$(({a,b} + {n}))".replace("{a,b}", "{1,2}").replace("{n}", "{10,20}")
    grid = client.jobs.submit_grid(f"{command}; echo [ACAI_TAG] job row:x", name="sums", output="Sums").wait(60)
    frame = grid.to_frame()
    assert frame["score"].tolist() == [11.0, 21.0, 12.0, 22.0]
    assert [*frame.columns][:3] == ["row", "job", "status"]
    assert [*frame.columns][-4:] == ["reason", "runtime", "cost", "output"]
    assert set(frame["status"]) == {"FINISHED"}
    # Kept in whole micro-dollars, of which a job of a moment may cost none.
    assert list(frame["cost"]) == pytest.approx([job_cost(1.0, 1024, seconds) for seconds in frame["runtime"]], abs=1e-6)
    assert str(frame["score"].dtype) == "float64"
    assert (grid.status, grid.counts) == ("FINISHED", {"FINISHED": 4})
    assert repr(grid).startswith(f"<Grid {grid.number} sums: FINISHED, 4 jobs (4 FINISHED), $0.")
    assert grid.cost == pytest.approx(frame["cost"].sum())


def test_an_argument_called_like_a_metric_keeps_a_name_of_its_own(client: Client) -> None:
    grid = client.jobs.submit_grid("echo [ACAI_TAG_NUM] job rate:5; true --rate {1,2} --status {3,4}").wait(60)
    frame = grid.to_frame()
    assert frame["arg.rate"].tolist() == [1.0, 1.0, 2.0, 2.0]
    assert frame["rate"].tolist() == [5.0] * 4
    assert frame["arg.status"].tolist() == [3.0, 4.0, 3.0, 4.0]


def test_train_then_evaluate_are_two_calls(client: Client) -> None:
    train = client.jobs.submit_grid("echo --depth {2,6} --trees {1,2} > output/model", name="train", output="Model")
    evaluate = client.jobs.submit_grid(
        "cp input/Model/model output/score; wc -c < input/Model/model", input=train.outputs, output="Score", name="evaluate"
    )
    assert evaluate.wait(120).status == "FINISHED"
    assert [str(version) for version in train.outputs] == [job.details["output_version"] for job in train.jobs]
    frame = evaluate.to_frame()
    assert frame[["depth", "trees"]].to_numpy().tolist() == [[2, 1], [2, 2], [6, 1], [6, 2]]
    for job, model in zip(evaluate.jobs, train.outputs, strict=True):
        assert job.details["input"] == str(model)
        (source,) = [node for node in client.provenance.backward(job.details["output_version"]).nodes if node.name == "Model"]
        assert source.reference.endswith(str(model).removeprefix("@"))


def test_a_failed_row_is_retried_alone(client: Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    grid = client.jobs.submit_grid(f"[ {{1,2,3}} != 2 ] || [ -e {gate} ]").wait(60)
    assert (grid.status, grid.counts) == ("FAILED", {"FINISHED": 2, "FAILED": 1})
    before = [job.number for job in grid.jobs]
    gate.touch()
    assert grid.retry().wait(60).counts == {"FINISHED": 3}
    after = [job.number for job in grid.jobs]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]


def test_a_handle_of_a_grid_that_failed_sees_what_others_retry(client: Client, server: Server, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    grid = client.jobs.submit_grid(f"[ {{1,2}} != 2 ] || [ -e {gate} ]").wait(60)
    assert (grid.status, grid.ended) == ("FAILED", True)
    gate.touch()
    client.grids.get(grid.number).jobs[1].retry()
    assert grid.wait(60).counts == {"FINISHED": 2}
    looks = server.settled_log.count(f"/grids/{grid.id}")
    assert (grid.status, grid.wait(60).counts) == ("FINISHED", {"FINISHED": 2})
    assert server.settled_log.count(f"/grids/{grid.id}") == looks


def test_a_kill_ends_all_of_it(client: Client) -> None:
    grid = client.jobs.submit_grid("sleep {600,601,602}")
    follower = client.jobs.submit("true", after=grid)
    assert grid.kill().wait(60).counts == {"KILLED": 3}
    assert (follower.wait(60).status, follower.reason) == ("FAILED", "predecessor")


def test_waiting_has_an_end(client: Client) -> None:
    grid = client.jobs.submit_grid("sleep {600,601}")
    with pytest.raises(TimeoutError, match="still"):
        grid.wait(0.2)
    grid.kill()


def test_a_jobs_output_is_the_input_of_the_next(client: Client) -> None:
    first = client.jobs.submit("echo 1 > output/n", output="Chain")
    second = client.jobs.submit("cat input/Chain/n", input=first, after=[first, first.number])
    assert second.wait(60).logs() == "1\n"
    assert (second.details["input_job"], second.details["after"]) == (first.number, [first.number])
    assert second.details["input"] == first.details["output_version"] or first.output is not None


def test_grids_are_found_again(client: Client) -> None:
    grid = client.jobs.submit_grid(["echo", "{a,b}"], name="found")
    assert client.grids.get(grid.number).id == client.grids.get(grid.id).id == client.grids.get(grid).id == grid.id
    listed = client.grids.list(limit=1)
    assert (listed[0].name, listed.to_frame()["row_count"].tolist()) == ("found", [2])
    assert sorted(job.wait(60).logs() for job in grid.jobs) == ["a\n", "b\n"]


def test_a_list_of_jobs_can_leave_those_of_grids_out(client: Client) -> None:
    alone = client.jobs.submit("true")
    grid = client.jobs.submit_grid("true {1,2}")
    listed = [job.number for job in client.jobs.list(limit=3)]
    assert listed == [*sorted((job.number for job in grid.jobs), reverse=True), alone.number]
    assert next(job.number for job in client.jobs.list(grids=False)) == alone.number


def test_mistakes_are_told_before_anything_starts(client: Client) -> None:
    grid = client.jobs.submit_grid("true {1,2}", output="None")
    before = len(client.jobs.list(limit=10_000))
    with pytest.raises(InvalidRequest, match="submit_grid"):
        client.jobs.submit("true", input=grid.outputs)  # type: ignore[arg-type]
    with pytest.raises(LimitExceeded, match="100,000 jobs"):
        client.jobs.submit_grid("true " + "{0,1,2,3,4,5,6,7,8,9}" * 5)
    with pytest.raises(InvalidRequest, match="no hints"):
        client.jobs.submit_grid("true")
    with pytest.raises(GridNotFound):
        client.grids.get(10_000)
    with pytest.raises(GridNotFound):
        client.grids.get("")
    assert len(client.jobs.list(limit=10_000)) == before
