from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from acai_jupyter.domain.errors import AcaiError, InvalidQuery
from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.queries import Asker, Condition
from acai_jupyter.domain.query_parser import parse_key, parse_order, parse_query

FILES, FILESETS = ArtifactKind.FILES, ArtifactKind.FILESETS


def parsed(text: str, kind: ArtifactKind = FILESETS) -> Condition:
    return parse_query(text, kind, Asker(datetime(2026, 11, 20, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model", "a comparison such as == or > must follow 'model'"),
        ("model =", "write == to compare"),
        ("model = 1", "write == to compare"),
        ("model ==", "a value is missing"),
        ("model == BERT", "a value is missing: a number, a text in quotes"),
        ("model == model", "a value is missing"),
        ("model == `True`", "a value is missing"),
        ("model == `today`", "a value is missing"),
        ("== 1", "a value is missing"),
        ("1 == 1", "a key is missing"),
        ("1 ==", "a key is missing"),
        ("1", "a comparison must follow"),
        ('model == "BERT', "a text is not closed"),
        ("model == 'BERT\"", "a text is not closed"),
        (r'model == "BERT\"', "a text is not closed"),
        ("`model == 1", "a text is not closed"),
        ("`` == 1", "a text is not closed"),
        ("model == 1_000", "not understood"),
        ("model == ٥", "not understood"),
        ("model == 1.2.3", "not understood"),
        ("model == 0x1F", "not understood"),
        ("model == 1e", "not understood"),
        ("model == 1e999", "too large"),
        ("model == -1e999", "too large"),
        ("x in [1e999]", "too large"),
        ("model == nan", "a value is missing"),
        ("a == 1 b == 1", "'and' or 'or' is missing here"),
        ("a == 1 and", "a value is missing"),
        ("and a == 1", "must follow 'and'"),
        ("(a == 1", r"'\)' is missing here"),
        ("a == 1)", "'and' or 'or' is missing here"),
        ("()", "a value is missing"),
        ("x in 1", "needs a list"),
        ("x in []", "a value is missing"),
        ("x in [1", "'\\]' is missing here"),
        ("x in [1, ]", "a value is missing"),
        ("x not 1", "'in' is missing here"),
        ("foo(x)", "there is no function 'foo'"),
        ("x == foo(1)", "a value is missing"),
        ("isnan()", "a key is missing"),
        ("isnan(1)", "a key is missing"),
        ("isnan(x", r"'\)' is missing here"),
        ("tag(draft)", "a value is missing"),
        ("tag(1)", "takes a text"),
        ("x > today(1, 2)", r"'\)' is missing here"),
        ('x > today("a")', "write today"),
        ("x > time(1)", "write today"),
        ("x > today(today())", r"'\)' is missing here"),
        ("x > today(1e99)", "outside the years"),
        ("x > today(-999999)", "outside the years"),
        ('x > time("yesterday")', "'yesterday' is not a time"),
        ('create_time > "yesterday"', "'yesterday' is not a time"),
        ("a ; b", "not understood"),
        ("a == 1 # x", "not understood"),
        ('x == "a\0"', "NUL"),
        ('x == "\ud800"', "halves of characters"),
        ("job. == 1", "not understood"),
        ("`job.` == 1", "key is empty"),
        ("k" * 251 + " == 1", "at most 250 bytes"),
    ],
)
def test_a_mistake_is_named_with_its_place_in_one_line(text: str, says: str) -> None:
    with pytest.raises(InvalidQuery, match=says) as caught:
        parsed(text)
    assert caught.value.message.isprintable() and len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("(" * 60 + "a == 1" + ")" * 60, "nested more than 20 deep"),
        ("not " * 60 + "a == 1", "nested more than 20 deep"),
        ("~(" * 2000, "nested more than 20 deep"),
        ("(" * 9000, "nested more than 20 deep"),
        ("a > " + "today(" * 1500, "is missing"),
        ("a > " + "time(" * 1500, "is missing"),
        (" and ".join(["a == 1"] * 201), "at most 200 comparisons"),
        ("a in [" + ", ".join(["1"] * 501) + "]", "at most 500 values"),
        (" or ".join(["a in [" + ",".join("1" * 300) + "]"] * 2), "at most 500 values"),
        ("a" * 10_001, "at most 10000 characters"),
        ("a == " + "9" * 9000, "too large"),
        ("a == " + "9" * 9000 + "x", "not understood"),
        ('a == "' + "\\" * 9000, "not closed"),
    ],
)
def test_what_is_too_large_or_too_deep_is_refused_by_an_error_of_ours(text: str, says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        parsed(text)


def test_what_is_just_within_the_bounds_is_read() -> None:
    parsed("(" * 20 + "a == 1" + ")" * 20)
    parsed(" and ".join(["a == 1"] * 200))
    parsed("a in [" + ", ".join(["1"] * 500) + "]")


SIGNS = ["==", "!=", "<", "<=", "=", "(", ")", "[", "]", ",", "&", "~", '"', "`", "\\"]
WORDS = ["a", "job.b", "`c", "d`", "and", "or", "not", "in", "True", "isnan", "has", "tag", "today", "time"]
VALUES = ["1", "-2.5e3", "1e999", "'x'", '"y\\n"']
PIECES = st.sampled_from([*SIGNS, *WORDS, *VALUES])


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=12).map(" ".join) | st.text(max_size=40), st.sampled_from(ArtifactKind))
@example("x>today(1e300)", FILES)
@example("`\n\n` == 1", FILES)
def test_any_text_is_a_query_or_an_error_of_ours(text: str, kind: ArtifactKind) -> None:
    for read in (lambda: parsed(text, kind), lambda: parse_key(text, kind), lambda: parse_order(text, kind)):
        try:
            read()
        except AcaiError as error:
            assert error.code == "invalid_query"
            assert error.message.isprintable()


@pytest.mark.parametrize("text", ["", " ", "job.", "`job.`", "k" * 251, "a\0b", "\ud800"])
def test_what_is_no_key_is_refused_in_orders_and_columns(text: str) -> None:
    for read in (parse_order, parse_key):
        with pytest.raises(InvalidQuery):
            read(text, FILES)
