from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.domain.log_tags import MOST_LINE_BYTES, LogTag, parse_line
from acai_jupyter.domain.metadata import ArtifactKind

FILESETS, JOBS = ArtifactKind.FILESETS, ArtifactKind.JOBS


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        ("[ACAI_TAG] fileset model:BERT", LogTag(FILESETS, "model", "BERT")),
        ("[ACAI_TAG] fileset model=BERT", LogTag(FILESETS, "model", "BERT")),
        ("[ACAI_TAG] job model:BERT", LogTag(JOBS, "model", "BERT")),
        ("[ACAI_TAG_NUM] fileset precision:0.5", LogTag(FILESETS, "precision", 0.5)),
        ("[ACAI_TAG_NUM] job loss=1e-3", LogTag(JOBS, "loss", 0.001)),
        ("[ACAI_TAG_NUM] JOB loss = -.5", LogTag(JOBS, "loss", -0.5)),
        ("[ACAI_TAG_NUM] FileSet loss : +2.", LogTag(FILESETS, "loss", 2.0)),
        ("[ACAI_TAG_NUM] job loss: inf", LogTag(JOBS, "loss", math.inf)),
        ("[ACAI_TAG_NUM] job loss: -Infinity", LogTag(JOBS, "loss", -math.inf)),
        ("[ACAI_TAG]\tfileset\tmodel:\tBERT \r", LogTag(FILESETS, "model", "BERT")),
        ("INFO:train: [ACAI_TAG] fileset model:BERT", LogTag(FILESETS, "model", "BERT")),
        ("[ACAI_TAGS] [ACAI_TAG] fileset model:BERT", LogTag(FILESETS, "model", "BERT")),
        ("[ACAI_TAG] fileset url:https://x/?a=b", LogTag(FILESETS, "url", "https://x/?a=b")),
        ("[ACAI_TAG] fileset learning rate:fast", LogTag(FILESETS, "learning rate", "fast")),
        ("[ACAI_TAG] fileset empty:", LogTag(FILESETS, "empty", "")),
        ("[ACAI_TAG] fileset a:0.5", LogTag(FILESETS, "a", "0.5")),
        ("\x1b[32m[ACAI_TAG_NUM] fileset accuracy:0.9\x1b[0m", LogTag(FILESETS, "accuracy", 0.9)),
    ],
)
def test_a_line_sets_a_key_with_either_sign_on_either_target(line: str, tag: LogTag) -> None:
    assert parse_line(line) == tag


def test_nan_is_a_number_in_a_log() -> None:
    tag = parse_line("[ACAI_TAG_NUM] job loss: NaN")
    assert tag is not None and isinstance(tag.value, float) and math.isnan(tag.value)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "epoch 1 loss:0.5",
        "[acai_tag] fileset a:1",
        "[ACAI_TAGS] fileset a:1",
        "ACAI_TAG fileset a:1",
        "[ACAI_TAG",
        "[ACAI_TAG fileset a:1]",
    ],
)
def test_other_lines_are_no_tags(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[ACAI_TAG]", "Not understood"),
        ("[ACAI_TAG] fileset", "Not understood"),
        ("[ACAI_TAG] fileset model", "Not understood"),
        ("[ACAI_TAG] fileset :BERT", "Not understood"),
        ("[ACAI_TAG]fileset model:BERT", "Not understood"),
        ("[ACAI_TAG] model:BERT", "Not understood"),
        ("[ACAI_TAG] model BERT:1", "target of a tag is fileset or job, not 'model'"),
        ("[ACAI_TAG] fileset size:3", "set by the platform"),
        ("[ACAI_TAG] job status:done", "set by the platform"),
        ("[ACAI_TAG] fileset job.x:1", "meaning of its own"),
        ("[ACAI_TAG] fileset a\x07b:1", "control characters"),
        ("[ACAI_TAG] fileset a:x\0y", "NUL"),
        (f"[ACAI_TAG] fileset a:{'x' * 5000}", "too long"),
        (f"[ACAI_TAG] fileset {'x' * 300}:1", "too long"),
    ],
)
def test_a_line_that_means_to_be_a_tag_and_is_none_is_explained(line: str, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says) as caught:
        parse_line(line)
    assert caught.value.message.isprintable() and len(caught.value.message) < 300


@pytest.mark.parametrize(
    "number", ["", "1_000", "٥", "0x1F", "1,5", "5 %", "tensor(0.5)", "1e", "e5", ".", "--1", "nano", "in", "1 2"]
)
def test_a_numeric_tag_takes_nothing_but_a_number(number: str) -> None:
    with pytest.raises(InvalidRequest, match="needs a number"):
        parse_line(f"[ACAI_TAG_NUM] job loss:{number}")


def test_a_very_long_line_is_no_tag() -> None:
    assert parse_line("[ACAI_TAG] fileset a:1" + " " * MOST_LINE_BYTES) is None


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda data: b"[ACAI_TAG_NUM] job " + data + b":" + data))
def test_nothing_that_a_job_prints_breaks_the_reading_of_its_log(data: bytes) -> None:
    try:
        tag = parse_line(data.decode(errors="replace"))
    except InvalidRequest as error:
        assert error.message.isprintable()
    else:
        assert tag is None or isinstance(tag.value, str | float)


@given(st.floats())
def test_every_number_that_python_prints_is_read_back(value: float) -> None:
    tag = parse_line(f"[ACAI_TAG_NUM] job loss:{value}")
    assert tag is not None and (tag.value == value or math.isnan(value))


@pytest.mark.parametrize(
    "line",
    [
        "[ACAI_TAG] fileset" + " " * 8000 + "x",
        "[ACAI_TAG] fileset" + " a" * 4000,
        "[ACAI_TAG] fileset a:" + " " * 8000 + "x",
        "[ACAI_TAG_NUM] job a:" + "1" * 8000 + "x",
        "[ACAI_TAG" * 900,
        "[ACAI_TAG] fileset a:" + "\x1b[" * 4000,
    ],
)
def test_a_line_made_to_backtrack_is_read_at_once(line: str) -> None:
    """One expression for the whole line takes minutes here, which is longer than a test may last."""
    try:
        assert parse_line(line) is None or len(line) <= MOST_LINE_BYTES
    except InvalidRequest as error:
        assert len(error.message) < 300
