"""Quotes and bounds by every interface: Python, REST, the command line."""

from __future__ import annotations

import json

import pytest
from support.commands import Acai

from acai_jupyter.client.client import Client
from acai_jupyter.domain.errors import BoundNotMet, InvalidRequest, ProfileNotFound


@pytest.fixture(scope="module")
def profiled(client: Client) -> Client:
    """A client whose platform knows `echo --n N`."""
    client.profiles.create("Echo", "echo --n {1,2}", cpus=[1], memories_mb=[512], trials=2).wait(120)
    return client


def test_a_job_is_quoted_and_submitted_under_a_bound(profiled: Client) -> None:
    quote = profiled.quote("echo --n 2", name="real", max_time="1h")
    assert quote.met
    assert quote.profile == "Echo"
    assert "cheapest that stays within 3600 s" in quote.why
    assert quote.details["max_time"] == 3600
    jobs = len(profiled.jobs.list())
    job = profiled.jobs.submit("echo --n 2", name="real", max_time="1h", enforce=True).wait(60)
    assert job.status == "FINISHED"
    told = job.details
    assert (told["cpu"], told["memory_mb"], told["timeout"]) == (quote.chosen.cpu, quote.chosen.memory_mb, 3600)
    assert any("profile Echo" in note for note in job.notes)
    assert len(profiled.jobs.list()) == jobs + 1


def test_without_a_profile_or_within_no_bound_nothing_is_submitted(profiled: Client) -> None:
    jobs = len(profiled.jobs.list())
    for ask in (profiled.quote, profiled.jobs.submit):
        with pytest.raises(ProfileNotFound, match=r"nothing is guessed.*acai profile --template-name NAME"):
            ask("date --n 2", max_cost=1.0)
    with pytest.raises(BoundNotMet, match="comes nearest"):
        profiled.jobs.submit("echo --n 2", max_time=0.001)
    with pytest.raises(InvalidRequest, match="confidence goes with a bound"):
        profiled.jobs.submit("echo --n 2", confidence=0.5)
    for bad in ({"max_time": "soon"}, {"max_time": 0}, {"max_cost": -1.0}, {"max_cost": float("nan")}, {"confidence": 2.0}):
        with pytest.raises(InvalidRequest):
            profiled.quote("echo --n 2", **{"max_time": 5, **bad})
    with pytest.raises(TypeError, match="A job has no colour"):
        profiled.quote("echo --n 2", colour="red")
    assert len(profiled.jobs.list()) == jobs


def test_the_command_line_shows_the_choice_and_submits_it(profiled: Client, acai: Acai) -> None:
    jobs = len(profiled.jobs.list())
    code, shown, said = acai("job", "submit", "--max-time", "1h", "--dry-run", "echo --n 2")
    refused, _, why = acai("quote", "--max-time", "1h", "--", "echo", "--m=2")
    assert code == 0, said
    assert "(the cheapest that stays within 3600 s with 90% confidence)" in shown
    assert refused == 1
    assert "nothing is guessed" in why
    assert why.endswith("[profile_not_found]\n")
    assert len(profiled.jobs.list()) == jobs
    _, done, _ = acai("job", "submit", "--max-cost", "1", "--confidence", "0.8", "--enforce", "--json", "echo --n 2")
    assert any("fastest that stays within $1 with 80% confidence" in note for note in json.loads(done)["notes"])


def test_a_grid_is_quoted_and_submitted_under_bounds(profiled: Client, acai: Acai) -> None:
    quote = profiled.quote_grid("echo --n {1,2,3}", max_cost=1.0)
    assert quote.met
    assert "$1 in all" in quote.why
    assert quote.cost_range[0] <= quote.cost <= quote.cost_range[1]
    assert quote.to_frame()["command"].tolist() == ["echo --n 1", "echo --n 2", "echo --n 3"]
    grid = profiled.jobs.submit_grid("echo --n {1,2,3}", max_cost=1.0, max_time="1h", enforce=True).wait(60)
    assert grid.status == "FINISHED"
    assert [job.details["timeout"] is not None for job in grid.jobs] == [True] * 3
    code, shown, _ = acai("grid", "submit", "--max-time", "1h", "--dry-run", "echo --n {1,2}")
    assert (code, shown.count("echo --n")) == (0, 2)
    assert "the cheapest that stays within 3600 s each" in shown
    code, _, said = acai("grid", "submit", "--max-time", "1h", "unknown --n {1,2}")
    assert code == 1
    assert "nothing is guessed" in said
