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
    (listed,) = json.loads(acai("grid", "ls", "--json")[1])
    assert listed == {key: value for key, value in told.items() if key != "rows"}
    code, out, _ = acai("grid", "submit", "--wait", "--format", "csv", "true {0,3}")
    assert (code, out.count("FINISHED")) == (0, 2)


COMMAND = ["train.py", "--output", "model.pkl", "--name", "7", "--epoch=5", "--n", "5", "--json", "--help", "--", "x"]


@pytest.mark.parametrize("before", [[], ["--"]], ids=["bare", "dashes"])
def test_from_the_first_word_of_a_jobs_command_on_no_option_is_ours(acai: Acai, before: list[str]) -> None:
    code, out, _ = acai("job", "submit", "--json", "--name", "mine", *before, *COMMAND)
    told = json.loads(out)
    assert (code, told["name"], told["output"], told["command"]) == (0, "mine", None, COMMAND)
    code, out, _ = acai("grid", "submit", "--json", "--name", "ours", *before, "echo", "--name", "{1,2}")
    told = json.loads(out)
    assert (code, told["name"], [row["name"] for row in told["rows"]]) == (0, "ours", [1, 2])


@pytest.mark.parametrize("verb", [["job", "submit"], ["quote"], ["grid", "submit"]], ids=" ".join)
def test_words_behind_a_command_in_quotes_are_refused_and_told_where_they_belong(acai: Acai, verb: list[str]) -> None:
    code, out, said = acai(*verb, "python train.py", "--output", "Model", "more.py")
    assert (code, out) == (2, "")
    assert "'more.py' follows it: what is the command's comes into the same quotes" in said
    assert f"acai {' '.join(verb)} --help" in said
    code, out, said = acai(*verb, "--outptu", "Model", "python train.py")
    assert (code, out) == (2, "")
    assert f"unrecognized arguments: --outptu; options of the job's command come behind its first word (see acai {' '.join(verb)}"
