from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.metadata import ArtifactKind
from acai_jupyter.domain.queries import (
    And,
    Asker,
    Comparison,
    Condition,
    Has,
    IsNan,
    Key,
    Not,
    OneOf,
    Operator,
    Or,
    Ordering,
    Tagged,
)
from acai_jupyter.domain.query_parser import parse_order, parse_query

FILES, FILESETS, JOBS = ArtifactKind.FILES, ArtifactKind.FILESETS, ArtifactKind.JOBS
EST = timezone(timedelta(hours=-5))
MIDNIGHT = datetime(2026, 11, 20, tzinfo=EST)
A, B, C = (Comparison(Key(name), Operator.EQUAL, 1.0) for name in "abc")


def parsed(text: str, kind: ArtifactKind = FILESETS) -> Condition:
    return parse_query(text, kind, Asker(MIDNIGHT))


def compared(name: str, operator: str, value: str | float | bool | datetime, of_job: bool = False) -> Comparison:
    return Comparison(Key(name, of_job), Operator(operator), value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", And(())),
        (" \n\t", And(())),
        ('model == "BERT"', compared("model", "==", "BERT")),
        ("model=='BERT'", compared("model", "==", "BERT")),
        ("precision > 0.5", compared("precision", ">", 0.5)),
        ("precision>-.5e1", compared("precision", ">", -5.0)),
        ("done != True", compared("done", "!=", True)),
        ("done == false", compared("done", "==", False)),
        ("0.5 < precision", compared("precision", ">", 0.5)),
        ("1 >= precision", compared("precision", "<=", 1.0)),
        ('"BERT" == model', compared("model", "==", "BERT")),
        ("0 < x <= 1", And((compared("x", ">", 0.0), compared("x", "<=", 1.0)))),
        ('job.creator == "John"', compared("creator", "==", "John", of_job=True)),
        ("job.a.b == 1", compared("a.b", "==", 1.0, of_job=True)),
        ("`job.learning rate` < 1", compared("learning rate", "<", 1.0, of_job=True)),
        ("`learning rate` < 1", compared("learning rate", "<", 1.0)),
        ("`True` == 1", compared("True", "==", 1.0)),
        ("größe == 1", compared("größe", "==", 1.0)),
        ('name in ["a", "b"]', OneOf(Key("name"), ("a", "b"))),
        ("x in (1, 2.5)", OneOf(Key("x"), (1.0, 2.5))),
        ("x not in [1]", Not(OneOf(Key("x"), (1.0,)))),
        ("isnan(loss)", IsNan(Key("loss"))),
        ("isnan(job.loss)", IsNan(Key("loss", of_job=True))),
        ("has(`a b`)", Has(Key("a b"))),
        ("isnan == 1", compared("isnan", "==", 1.0)),
        ("today == 1", compared("today", "==", 1.0)),
        ('tag("draft")', Tagged("draft")),
        (r'x == "a\"b\\c\n\td\q"', compared("x", "==", 'a"b\\c\n\td\\q')),
        (r"x == 'it\'s'", compared("x", "==", "it's")),
        ('x == "größe 大小"', compared("x", "==", "größe 大小")),
        ("create_time >= today()", compared("create_time", ">=", MIDNIGHT)),
        ("create_time >= today(-7)", compared("create_time", ">=", MIDNIGHT - timedelta(days=7))),
        ("create_time < today(.5)", compared("create_time", "<", MIDNIGHT + timedelta(hours=12))),
        ('create_time >= "2026-11-01"', compared("create_time", ">=", datetime(2026, 11, 1, tzinfo=EST))),
        ('"2026-11-01" <= create_time', compared("create_time", ">=", datetime(2026, 11, 1, tzinfo=EST))),
        ('x >= time("2026-11-01 09:30")', compared("x", ">=", datetime(2026, 11, 1, 9, 30, tzinfo=EST))),
        ('x >= time("2026-11-01T09:30:00Z")', compared("x", ">=", datetime(2026, 11, 1, 9, 30, tzinfo=UTC))),
        ('job.end_time < "2026-11-01"', compared("end_time", "<", datetime(2026, 11, 1, tzinfo=EST), of_job=True)),
        ('description == "2026-11-01"', compared("description", "==", "2026-11-01")),
    ],
)
def test_every_form_of_a_test_is_read(text: str, meant: Condition) -> None:
    assert parsed(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a == 1 and b == 1", And((A, B))),
        ("a == 1 & b == 1", And((A, B))),
        ("a == 1 or b == 1 and c == 1", Or((A, And((B, C))))),
        ("(a == 1 or b == 1) and c == 1", And((Or((A, B)), C))),
        ("(a == 1) | (b == 1)", Or((A, B))),
        ("not a == 1 and b == 1", And((Not(A), B))),
        ("~(a == 1 and b == 1)", Not(And((A, B)))),
        ("not not a == 1", Not(Not(A))),
        ("((a == 1))", A),
    ],
)
def test_not_binds_closer_than_and_and_and_closer_than_or(text: str, meant: Condition) -> None:
    assert parsed(text) == meant


def test_the_query_of_the_paper_is_one_line() -> None:
    text = 'job.creator == "John" and model == "BERT" and precision > 0.5 and create_time >= today()'
    assert parsed(text) == And(
        (
            compared("creator", "==", "John", of_job=True),
            compared("model", "==", "BERT"),
            compared("precision", ">", 0.5),
            compared("create_time", ">=", MIDNIGHT),
        )
    )


def test_among_jobs_the_word_job_adds_nothing() -> None:
    assert parsed('job.creator == "John"', JOBS) == compared("creator", "==", "John")


NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda name: name not in ("and", "or", "not", "in", "true", "false"))
VALUES = st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
TESTS = st.builds(Comparison, st.builds(Key, NAMES, st.booleans()), st.sampled_from(Operator), VALUES)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


def written(condition: Condition) -> str:
    if isinstance(condition, Not):
        return f"not ({written(condition.inner)})"
    if isinstance(condition, And | Or):
        word = " and " if isinstance(condition, And) else " or "
        return word.join(f"({written(part)})" for part in condition.parts)
    assert isinstance(condition, Comparison)
    return f"{condition.key} {condition.operator} {condition.value}"


@given(CONDITIONS)
def test_a_condition_that_is_written_out_is_read_back_as_the_same(condition: Condition) -> None:
    assert parsed(written(condition)) == condition


@pytest.mark.parametrize(
    ("text", "ordering"),
    [
        ("accuracy", Ordering(Key("accuracy"), False)),
        ("-accuracy", Ordering(Key("accuracy"), True)),
        ("-job.cost", Ordering(Key("cost", of_job=True), True)),
        (" - `learning rate` ", Ordering(Key("learning rate"), True)),
    ],
)
def test_an_order_is_a_key_with_or_without_a_minus(text: str, ordering: Ordering) -> None:
    assert parse_order(text, FILESETS) == ordering
