"""Templates: hints in braces, literal braces doubled."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acai_jupyter.domain.errors import InvalidRequest, LimitExceeded
from acai_jupyter.domain.templates import Trial, parse_template, trials

PAPER = "python train.py --epoch {1,2,5} --batch-size {256,1024} --learning-rate 0.001"


def test_the_paper_s_template_has_two_hints_named_by_their_flags() -> None:
    template = parse_template(PAPER)
    assert [(hint.name, hint.values) for hint in template.hints] == [("epoch", (1, 2, 5)), ("batch-size", (256, 1024))]
    assert template.combinations == 6


def test_the_paper_s_values_make_its_command() -> None:
    template = parse_template(PAPER)
    assert template.command([100, 256]) == "python train.py --epoch 100 --batch-size 256 --learning-rate 0.001"
    assert template.command(["100", " 256 "]) == template.command([100.0, 256])


def test_the_paper_s_grid_has_a_trial_for_every_combination() -> None:
    grid = trials(parse_template(PAPER), (0.5, 1, 2), (512, 1024, 2048))
    assert len(grid) == len(set(grid)) == 54
    assert grid[0] == Trial(("1", "256"), 0.5, 512)
    assert grid[-1] == Trial(("5", "1024"), 2, 2048)


def test_values_reach_the_command_as_they_were_written() -> None:
    template = parse_template("train --rate {0.0010,1e-2}")
    assert [template.command(values) for values in template.expand()] == ["train --rate 0.0010", "train --rate 1e-2"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("train --epoch {1,2}", "epoch"),
        ("train --epoch={1,2}", "epoch"),
        ("train -n {1,2}", "n"),
        ("train model.epochs={1,2}", "model.epochs"),
        ("train --epoch '{1,2}'", "epoch"),
        ("EPOCHS={1,2} python train.py", "EPOCHS"),
        ("{1,2}", "value1"),
        ("train --range 5-{1,2}", "value1"),
    ],
)
def test_a_hint_is_called_by_what_stands_before_it(text: str, name: str) -> None:
    assert parse_template(text).hints[0].name == name


def test_hints_after_the_same_flag_have_different_names() -> None:
    names = [hint.name for hint in parse_template("train --size {1,2} --size {3,4} {5,6}").hints]
    assert names == ["size", "size-2", "value3"]


def test_no_name_is_given_twice_whatever_the_flags_are_called() -> None:
    names = [hint.name for hint in parse_template("train --lr {1,2} --lr-3 {3,4} --lr {5,6}").hints]
    assert names == ["lr", "lr-3", "lr-4"]


@given(st.lists(st.sampled_from(["--a", "--a-2", "--a-3", "--a-2-3", "--value2", ""]), min_size=1, max_size=6))
@settings(max_examples=50)
def test_every_hint_has_a_name_of_its_own(flags: list[str]) -> None:
    hints = parse_template(" ".join(f"{flag} {{1,2}}" for flag in flags)).hints
    assert len({hint.name for hint in hints}) == len(flags)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("awk '{{print $1}}' --n {1,2}", "awk '{print $1}' --n 1"),
        ('train --json \'{{"a": {{"b": 1}}}}\' --n {1,2}', 'train --json \'{"a": {"b": 1}}\' --n 1'),
        ("echo ${{HOME}} {1,2}", "echo ${HOME} 1"),
        ("echo {{1,2}} {1,2}", "echo {1,2} 1"),
        ("echo {1,2}}}", "echo 1}"),
        ("echo {{{1,2}", "echo {1"),
    ],
)
def test_doubled_braces_are_literal(text: str, command: str) -> None:
    template = parse_template(text)
    assert len(template.hints) == 1
    assert template.command([1]) == command


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("python train.py", "has no hints"),
        ("", "has no hints"),
        ("awk '{{print}}'", "has no hints"),
        ("train --epoch {5}", "one value.*without braces"),
        ("train --epoch {}", "no number"),
        ("train --epoch {1,}", "no number"),
        ("train --model {bert,gpt}", r"\(model\) holds 'bert', which is no number.*doubled"),
        ("echo ${HOME}", "no number.*doubled"),
        ("train --epoch {-1,2}", "at least 0"),
        ("train --epoch {nan,2}", "no number"),
        ("train --epoch {inf,2}", "no number"),
        ("train --epoch {1e999,2}", "no number"),
        ("train --epoch {1,2,1.0}", "twice"),
        ("train --epoch {1,2", "does not close"),
        ("train --epoch {1,{2,3}}", "does not close"),
        ("train --epoch 1,2}", "closes nothing"),
        ("train --epoch {1,2} }", "closes nothing"),
    ],
)
def test_what_is_no_template_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        parse_template(text)


@pytest.mark.parametrize(
    ("text", "command", "values"),
    [
        ("train --n {1,2}", "train --n 7", (7,)),
        ("train --n {1,2}  ", "  train\t--n  7\n", (7,)),
        ("train \\\n  --n {1,2}", "train --n 7", (7,)),
        ("train --n {1,2}", "tr\\\nain --n 7", (7,)),
        ("train --n {1,2}", "train --n7", None),
        ("train --n {1,2}", "train\n--n 7", None),
        ("train --n {1,2}", "train\\  --n 7", None),
        ("train 'a  b' {1,2}", "train  'a  b'  7", (7,)),
        ("train 'a  b' {1,2}", "train 'a b' 7", None),
        ('train "a  b" {1,2}', 'train "a b" 7', None),
        ("sh <<E\n  n={1,2}\nE", "sh <<E\n n=7\nE", None),
        ("train --rate {1,5}e-4", "train --rate 3e-4", (3,)),
        ("train {1,2}-{3,4}", "train 5-6.5", (5, 6.5)),
        ("train {1,2}.5", "train 2.5", (2,)),
        ("train {1,2}{3,4}", "train 12", (1, 2)),
        ("train {1,2}{3,4}", "train 123", None),  # 1 and 23, or 12 and 3
        ("train {1,2}0{3,4}", "train 1002", None),
        ("train --n {1,2}", "train --n 1e999", None),
        ("train --n {1,2}", "train --n -1", None),
    ],
)
def test_a_command_is_one_of_a_template_where_there_is_one_way_to_read_it_so(
    text: str, command: str, values: tuple[float, ...] | None
) -> None:
    assert parse_template(text).values_in(command) == values


def test_many_hints_without_text_between_them_are_compared_without_trying_every_way() -> None:
    template = parse_template("x " + "{1,2}" * 20)
    assert template.values_in("x " + "1" * 2000 + "y") is None
    assert template.values_in("x " + "1" * 20) == (1,) * 20


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(0, 1e300), min_size=2, max_size=2))
def test_the_values_that_were_filled_in_are_found_again(values: list[float]) -> None:
    template = parse_template(PAPER)
    command = template.command(values)
    assert template.values_in(command) == tuple(float(format(value, ".15g")) for value in values)
    assert template.longest_word in command


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3]])
def test_another_count_of_values_is_refused_with_their_names(values: list[float]) -> None:
    with pytest.raises(InvalidRequest, match=rf"takes 2 values \(epoch, batch-size\), not {len(values)}"):
        parse_template(PAPER).command(values)


@pytest.mark.parametrize("value", ["many", "", "-1", "1; rm -rf /", "nan", float("inf"), -0.5])
def test_a_value_that_is_no_number_never_reaches_the_command(value: str | float) -> None:
    with pytest.raises(InvalidRequest, match=r"epoch=.*no number"):
        parse_template(PAPER).command([value, 256])


def test_ten_thousand_combinations_are_refused_with_their_count() -> None:
    hundred = ",".join(str(number) for number in range(100))
    template = parse_template(f"train --a {{{hundred}}} --b {{{hundred}}}")
    with pytest.raises(
        LimitExceeded,
        match=r"90,000 trials \(100 a × 100 b × 3 cpu × 3 memory\), which cost \$47\.40 .*; 1,000 are allowed",
    ):
        trials(template, (0.5, 1, 2), (512, 1024, 2048))


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="ab {}$'\"", max_size=30))
def test_any_text_stays_itself_when_its_braces_are_doubled(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert parse_template(f"{doubled} {{1,2}}").command([1]) == f"{text} 1"


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="a{},12 -", max_size=30))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    try:
        template = parse_template(text)
    except InvalidRequest:
        return
    assert len(template.parts) == len(template.hints) + 1
    assert len(list(template.expand())) == template.combinations
