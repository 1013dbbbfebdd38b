from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import AcaiError, InvalidRequest
from acai_jupyter.domain.metadata import (
    BUILT_IN,
    PREDEFINED,
    ArtifactKind,
    ValueType,
    check_key,
    check_tag,
    check_value,
    is_finite,
    type_of,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "stored", "type_"),
    [
        ("BERT", "BERT", ValueType.TEXT),
        ("", "", ValueType.TEXT),
        ("größe\n大小", "größe\n大小", ValueType.TEXT),
        ("x" * 4096, "x" * 4096, ValueType.TEXT),
        (3, 3.0, ValueType.NUMBER),
        (-0.5, -0.5, ValueType.NUMBER),
        (10**300, 1e300, ValueType.NUMBER),
        (math.inf, math.inf, ValueType.NUMBER),
        (True, True, ValueType.BOOLEAN),
        (False, False, ValueType.BOOLEAN),
        (NOON, NOON, ValueType.TIME),
        (datetime(2026, 11, 20, 13, tzinfo=timezone(timedelta(hours=1))), NOON, ValueType.TIME),
        (pandas.Timestamp("2026-11-20T12:00:00.000000001Z"), NOON, ValueType.TIME),
        (numpy.float64(0.5), 0.5, ValueType.NUMBER),
    ],
)
def test_a_value_keeps_its_type(value: object, stored: object, type_: ValueType) -> None:
    checked = check_value("key", value)
    assert checked == stored and type(checked) is type(stored)
    assert type_of(checked) is type_


def test_nan_is_kept_and_takes_part_in_no_range() -> None:
    kept = check_value("loss", math.nan)
    assert isinstance(kept, float) and math.isnan(kept)
    assert [is_finite(value) for value in (1.0, math.nan, math.inf, -math.inf)] == [True, False, False, False]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "can't be NoneType"),
        ([1], "can't be list"),
        ({"a": 1}, "can't be dict"),
        (b"x", "can't be bytes"),
        (1j, "can't be complex"),
        (datetime(2026, 11, 20), "a time with a zone"),
        (pandas.NaT, "a time with a zone"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "outside the years"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), "outside the years"),
        (10**400, "too large for a double"),
        ("x" * 4097, "too long"),
        ("a\0b", "NUL"),
        ("a\ud800b", "not valid Unicode"),
    ],
)
def test_what_no_metadata_can_be_is_refused(value: object, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        check_value("key", value)


@pytest.mark.parametrize("key", ["accuracy", "Größe", "learning rate", "a.b", "2x", "x:y", "a=b", "jobs.x", "status", "k" * 250])
def test_a_key_of_a_file_set_is_any_short_printable_text(key: str) -> None:
    assert check_key(key, ArtifactKind.FILESETS) == key


@pytest.mark.parametrize("key", ["", " a", "a ", "a`b", "a\nb", "a\0", "\x1b[1m", "\ud800", "k" * 251, "ä" * 126])
def test_what_is_no_label_is_neither_key_nor_tag(key: str) -> None:
    for check in (check_tag, lambda label: check_key(label, ArtifactKind.JOBS)):
        with pytest.raises(InvalidRequest) as caught:
            check(key)
        assert caught.value.message.isprintable() and len(caught.value.message) < 300


@pytest.mark.parametrize("kind", ArtifactKind)
def test_what_the_platform_sets_can_not_be_set_by_people(kind: ArtifactKind) -> None:
    for key in [*BUILT_IN[kind], "id", "reference", "tags"]:
        with pytest.raises(InvalidRequest, match="is set by the platform"):
            check_key(key, kind)


@pytest.mark.parametrize("key", ["and", "or", "not", "in", "True", "false", "job.x", "job."])
def test_words_of_the_query_language_are_no_keys(key: str) -> None:
    with pytest.raises(InvalidRequest, match="meaning of its own in queries"):
        check_key(key, ArtifactKind.FILESETS)


@given(st.text(max_size=300))
def test_any_text_is_a_key_or_an_error_of_ours(text: str) -> None:
    for kind in ArtifactKind:
        try:
            check_key(text, kind).encode()
        except AcaiError as error:
            assert error.message.isprintable()


@pytest.mark.parametrize("kind", ArtifactKind)
def test_the_predefined_keys_are_keys_that_people_may_set(kind: ArtifactKind) -> None:
    assert all(check_key(key, kind) == key for key in PREDEFINED)
