"""How the words of a command line are read, before there is a client: where options may stand, and how they may be written."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest
from hypothesis import example
from hypothesis import given as each_of
from hypothesis import strategies as st

from acai_jupyter.client.commands.command import UsageMistake
from acai_jupyter.client.commands.table import COMMANDS, new_parser

OPTIONS = [["--limit", "3"], ["--latest"], ["--order-by", "-size"], ["--columns=a,b"]]
WORDS = st.sampled_from(["size > 1", "-size > 1", "-1", "-.5", "--", "--json x", "-", "a", "--latest", "--limit"])


def read(*words: str) -> Namespace:
    parsed = new_parser("acai").parse_args(words)
    assert isinstance(parsed, Namespace)
    return parsed


def test_every_argument_says_what_it_is_for() -> None:
    assert [(one.words, given.names) for one in COMMANDS for given in one.arguments if not given.options.get("help")] == []


def test_options_stand_before_between_and_behind_the_others() -> None:
    for words in (["--limit", "1", "jobs", "a", "b"], ["jobs", "--limit", "1", "a", "b"], ["jobs", "a", "--limit=1", "b"]):
        parsed = read("find", *words)
        assert (parsed.kind, parsed.query, parsed.limit) == ("jobs", ["a", "b"], 1)
    assert read("put", "x/", "--fileset", "Line", "/x/").paths == ["x/", "/x/"]
    assert read("get", "/a", "--to", "b", "/c").references == ["/a", "/c"]
    assert read("meta", "Line:1", "--json", "x=1").values == ["x=1"]
    assert read("rm", "/m/1", "--json", "-R", "/m/2").references == ["/m/1", "/m/2"]
    assert read("autoprovision", "--values", "100", "-2", "--template-name", "t").values == [100, -2]


@each_of(st.permutations(OPTIONS), st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_wherever_options_stand_they_mean_the_same(options: list[list[str]], places: list[int]) -> None:
    words: list[list[str]] = [["files"], ["size > 1"], ["and"], ["-size < 9"]]
    for option, place in zip(options, places, strict=True):
        words.insert(place, option)
    parsed = read("find", *(word for several in words for word in several))
    assert (parsed.kind, parsed.query) == ("files", ["size > 1", "and", "-size < 9"])
    assert (parsed.limit, parsed.latest, parsed.order_by, parsed.columns) == (3, True, "-size", "a,b")


@each_of(st.lists(WORDS, min_size=1, max_size=5))
@example(["a", "--", "--", "b"])
def test_behind_two_dashes_and_in_a_jobs_command_every_word_is_kept(words: list[str]) -> None:
    plain = [word for word in words if word != "--"]
    assert read("count", "jobs", "--", *plain).query == plain
    assert read("job", "submit", "--wait", "--", *words).command == words
    assert read("job", "submit", "--wait", "run", *words).command == ["run", *words]


def test_behind_a_command_in_quotes_options_are_ours_again() -> None:
    parsed = read("job", "submit", "python train.py --output x", "--output", "Model", "--wait")
    assert (parsed.command, parsed.output, parsed.wait) == (["python train.py --output x"], "Model", True)
    parsed = read("grid", "submit", "--name", "g", "--", "echo {1,2} more", "--output", "x")
    assert (parsed.command, parsed.output) == (["echo {1,2} more", "--output", "x"], None)


def test_a_program_whose_path_has_a_blank_is_a_program(tmp_path: Path) -> None:
    program = tmp_path / "my tools"
    program.touch(mode=0o700)
    assert read("job", "submit", str(program), "--output", "x").command == [str(program), "--output", "x"]


def test_words_of_an_option_may_be_joined_by_underscores_as_in_the_paper() -> None:
    words = ["--output_path", "/x/", "--input_job=3", "--max_time", "1h", "--dry_run"]
    parsed = read("job", "submit", *words, "run", "--dry_run")
    assert (parsed.output_path, parsed.input_job, parsed.max_time, parsed.dry_run) == ("/x/", "3", "1h", True)
    assert parsed.command == ["run", "--dry_run"]
    assert read("find", "jobs", "--order_by", "-runtime").order_by == "-runtime"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["find", "jobs", "--limti", "1"], "unrecognized arguments: --limti (see acai find --help)"),
        (["ls", "/a/", "/b/"], "unrecognized arguments: /b/ (see acai ls --help)"),
        (["rm", "-x", "/a"], "unrecognized arguments: -x (see acai rm --help)"),
        (["get", "--to"], "argument --to: expected one argument (see acai get --help)"),
        (["get", "--to", "--json", "/x"], "argument --to: expected one argument (see acai get --help)"),
        (["find", "jobs", "--lim", "1"], "--lim"),
        (["fileset", "create", "Name"], "required: references (see acai fileset create --help)"),
        (["job", "submit", "--wait"], "required: command (see acai job submit --help)"),
        (["job"], "required: VERB (see acai job --help)"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else None,
)
def test_a_mistake_points_to_the_help_of_its_verb(words: list[str], said: str) -> None:
    with pytest.raises(UsageMistake) as mistake:
        read(*words)
    assert said in str(mistake.value)
