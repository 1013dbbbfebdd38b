"""Profiles as their users meet them: what is asked for wrongly, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.commands import Acai

from acai_jupyter.client.client import Client
from acai_jupyter.client.profiles import Profile
from acai_jupyter.domain.errors import InvalidName, InvalidRequest, ProfileEnded, TimeoutRequired

TEMPLATE = ["--template-name", "Sleeps", "--command-template", "sleep 0.{1,3}"]


@pytest.fixture(scope="module")
def profile(client: Client) -> Profile:
    return client.profiles.create("Sleeps", "sleep 0.{1,3}", cpus=[1], memories_mb=[600, 1024]).wait(120)


def test_sizes_off_the_grid_are_rounded_up_and_said(client: Client, profile: Profile) -> None:
    """What is learnt is learnt of the resources that the trials had."""
    trials = profile.trials
    assert sorted(set(trials["memory_mb"])) == [768, 1024]
    assert list(trials["memory_mb"]) == [client.jobs.get(number).details["memory_mb"] for number in trials["job"]]
    assert "memory rounded up from 600MB to 768MB" in profile.notes


def test_a_profile_that_is_used_again_says_so(acai: Acai, profile: Profile) -> None:
    assert not any("used again" in note for note in profile.notes)
    code, out, _ = acai("profile", *TEMPLATE, "--budget", "0.01", "--cpus", "2")
    assert (code, "used again: --again profiles anew" in out) == (0, True)


def test_a_handle_is_of_its_own_profile_whatever_takes_its_name_later(client: Client, tmp_path: Path) -> None:
    def profiled(content: str) -> Profile:
        (tmp_path / "nap.py").write_text(content)
        made = client.profiles.create("Own", "python nap.py {1,2}", code=tmp_path, cpus=[1], memories_mb=[512], trials=1)
        return made.wait(60)

    first, second = profiled("1"), profiled("2")
    assert client.profiles.get("Own").details["id"] == second.details["id"] != first.details["id"]
    assert profiled("1").details["id"] == client.profiles.get("Own").details["id"] == first.details["id"]
    job = client.autoprovision("Own", [1]).wait(60)
    assert job.details["code"] == first.details["code"]
    assert second.quote([1]).command == "python nap.py 1"
    with pytest.raises(ProfileEnded):
        second.kill()


@pytest.mark.parametrize("memories", ["inf", "nan", "512,", "lots", "-512"])
def test_memories_that_are_no_sizes_are_refused_in_one_line(acai: Acai, memories: str) -> None:
    code, _, said = acai("profile", *TEMPLATE, "--again", f"--memories={memories}")
    assert (code, said.count("\n")) == (1, 1)
    assert "is not a size: write 2048 (MB), 512MB or 2GiB. [invalid_request]" in said


def test_memories_may_have_units(acai: Acai) -> None:
    words = ["--template-name", "Units", "--command-template", "true {1,2}", "--cpus", "1", "--memories", "512MB, 1GiB"]
    told = json.loads(acai("profile", *words, "--json")[1])
    assert sorted({trial["memory_mb"] for trial in told["jobs"]}) == [512, 1024]


def test_hints_that_are_called_as_columns_are_named_apart(client: Client) -> None:
    made = client.profiles.create("Clash", "true --job {7,8} --cpu {3,4}", cpus=[1], memories_mb=["512MB"]).wait(120)
    trials = made.trials
    assert sorted({*zip(trials["arg.job"], trials["arg.cpu"], strict=True)}) == [(7, 3), (7, 4), (8, 3), (8, 4)]
    assert [client.jobs.get(number).status for number in trials["job"]] == ["FINISHED"] * 4
    assert set(trials["cpu"]) == {1}


def test_hints_of_any_size_have_a_table(client: Client) -> None:
    made = client.profiles.create("Huge", "true {1,99999999999999999999}", cpus=[1], memories_mb=[512]).wait(120)
    assert sorted(made.trials.iloc[:, 0]) == [1, 1e20]


def test_what_is_no_template_is_refused_in_words(client: Client) -> None:
    for template in (None, 5):
        with pytest.raises(InvalidRequest, match="is no command"):
            client.profiles.create("No", template)  # type: ignore[arg-type]


def test_values_may_be_told_one_by_one(profile: Profile) -> None:
    assert profile.predict(iter([2]), 1, 1024) == profile.predict([2], 1, 1024)  # type: ignore[arg-type]
    assert profile.quote(map(float, ["2"])).command == profile.quote([2.0]).command  # type: ignore[arg-type]


def test_a_single_value_is_told_how_it_is_written(profile: Profile) -> None:
    with pytest.raises(InvalidRequest, match=r"values=3 is no list: write values=\[3\]"):
        profile.predict(3, 1, 512)  # type: ignore[arg-type]


def test_a_bound_that_no_job_can_break_is_no_reason_to_refuse_it(client: Client, profile: Profile) -> None:
    job = client.autoprovision(profile.name, [1], max_cost=1e9, enforce=True).wait(60)
    assert (job.status, job.details["timeout"]) == ("FINISHED", 366 * 86400)
    grid = client.jobs.submit_grid("sleep 0.{1,3}", max_cost=1e9, enforce=True).wait(60)
    assert (grid.status, {each.details["timeout"] for each in grid.jobs}) == ("FINISHED", {366 * 86400})


def test_a_bad_name_is_told_as_a_profiles(client: Client) -> None:
    with pytest.raises(InvalidName, match="'a/b' can't name a profile"):
        client.profiles.create("a/b", "true {1,2}")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_told_by_their_name(client: Client, profile: Profile, value: float) -> None:
    for ask in (
        lambda: profile.predict([value], 1, 512),
        lambda: profile.quote([value], max_cost=1.0),
        lambda: client.autoprovision("Sleeps", [value], max_cost=1.0),
    ):
        with pytest.raises(InvalidRequest, match=f"values={value} can't be: give a number"):
            ask()
    with pytest.raises(InvalidRequest, match=f"cpu={value} can't be: give a number"):
        profile.predict([1], value, 512)


def test_values_far_beyond_everything_are_refused_in_every_question(acai: Acai, profile: Profile) -> None:
    for words in (
        ["predict", "--cpu", "1", "--memory", "512"],
        ["autoprovision"],
        ["autoprovision", "--max-cost", "1", "--dry-run"],
    ):
        code, _, said = acai(*words, "--template-name", profile.name, "--values", "1e300")
        assert (code, "so far from what was profiled that nothing can be told" in said) == (1, True), said


def test_under_a_budget_a_chosen_job_takes_a_timeout(client: Client, acai: Acai, profile: Profile) -> None:
    client.projects.set_budget(0.5)
    try:
        with pytest.raises(TimeoutRequired):
            client.autoprovision(profile.name, [1], max_cost=0.01)
        job = client.autoprovision(profile.name, [1], max_cost=0.01, timeout="10m").wait(60)
        assert (job.status, job.details["timeout"]) == ("FINISHED", 600)
        code, out, _ = acai("autoprovision", "--template-name", profile.name, "--values", "1", "--timeout", "5m", "--json")
        assert (code, json.loads(out)["timeout"]) == (0, 300)
    finally:
        client.projects.set_budget(None)
