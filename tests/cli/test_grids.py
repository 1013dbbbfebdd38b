"""`acai grid`, and commands whose own options look like ours."""

from __future__ import annotations

import json

import pytest
from support.commands import Acai


def test_waiting_for_a_grid_shows_it_and_tells_by_the_exit_code_whether_all_finished(acai: Acai) -> None:
    code, out, _ = acai("grid", "submit", "--wait", "--json", "exit {0,3}")
    told = json.loads(out)
    assert (code, told["counts"], len(told["rows"])) == (1, {"FINISHED": 1, "FAILED": 1}, 2)
    code, out, _ = acai("grid", "wait", str(told["number"]))
    assert (code, out.splitlines()[0].split()[:3]) == (1, ["row", "job", "status"])
    code, out, _ = acai("grid", "submit", "--wait", "--format", "csv", "true {0,3}")
    assert (code, out.count("FINISHED")) == (0, 2)


@pytest.mark.parametrize(
    "words", [["echo", "--n", "5"], ["python train.py", "--in", "x"], ["train.py", "--epoch=5", "--prio", "3"]]
)
@pytest.mark.parametrize("verb", [["job", "submit"], ["quote"], ["grid", "submit"]], ids=" ".join)
def test_an_option_of_the_jobs_command_is_never_taken_for_ours_cut_short(acai: Acai, verb: list[str], words: list[str]) -> None:
    code, out, said = acai(*verb, *words)
    assert (code, out) == (2, "")
    assert f"unrecognized arguments: {' '.join(words[1:])}; if it belongs to the job's command, write that in quotes" in said


def test_after_two_dashes_every_word_is_the_jobs(acai: Acai) -> None:
    code, out, _ = acai("job", "submit", "--json", "--name", "mine", "--", "echo", "--name", "5")
    told = json.loads(out)
    assert (code, told["name"], told["command"]) == (0, "mine", ["echo", "--name", "5"])
