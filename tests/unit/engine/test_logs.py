"""Logs: by byte offset, kept for good, and what they say about the job."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engine import Engine
from support.faulty_store import FaultyStore

from acai_jupyter.domain.errors import AgentSuperseded, Forbidden, InvalidRequest, JobNotFound, StoreUnavailable
from acai_jupyter.domain.metadata import MOST_KEYS_AN_ARTIFACT, ArtifactKind, Value
from acai_jupyter.engine.logs import MOST_APPEND_BYTES

TAGS = b"[ACAI_TAG] fileset model:BERT\n[ACAI_TAG_NUM] job loss=0.5\nplain\n"


def whole(engine: Engine, number: int = 1) -> bytes:
    return engine.logs.read(engine.owner, str(number), 0).data


def values(engine: Engine, number: int = 1) -> dict[str, Value]:
    return engine.metadata.get(engine.owner, ArtifactKind.JOBS, str(number)).values


def notes(engine: Engine) -> list[str]:
    return list(engine.registry.get(engine.owner, "1").job.notes)


def points(engine: Engine) -> list[tuple[str, int, float]]:
    return [(point.key, point.position, point.value) for point in engine.metrics.page(engine.owner, "1", None, None, 10_000)]


def test_what_is_appended_is_read_again_byte_by_byte(engine: Engine) -> None:
    agent = engine.running()
    data = bytes(range(256)) * 3
    assert agent.log(data[:300], 0) == 300
    assert agent.log(data[300:], 300) == 768
    assert whole(engine) == data


def test_overlap_is_ignored(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"abc", 0)
    assert agent.log(b"abc", 0) == 3
    assert agent.log(b"bcd", 1) == 4
    assert agent.log(b"a", 0) == 4
    assert whole(engine) == b"abcd"


def test_after_a_gap_nothing_is_taken_and_the_agent_learns_where_to_go_on(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"abc", 0)
    assert agent.log(b"zzz", 5) == 3
    assert whole(engine) == b"abc"


def test_pieces_that_cannot_be_are_refused(engine: Engine) -> None:
    agent = engine.running()
    for offset, data in ((0, b"x" * (MOST_APPEND_BYTES + 1)), (-1, b"x")):
        with pytest.raises(InvalidRequest):
            agent.log(data, offset)
    with pytest.raises(Forbidden):
        engine.logs.append(engine.owner, 0, b"x")
    assert whole(engine) == b""


def test_an_ended_jobs_log_takes_no_more(engine: Engine) -> None:
    agent = engine.running()
    agent.report()
    with pytest.raises(AgentSuperseded):
        agent.log(b"late", 0)


@pytest.mark.parametrize(
    ("offset", "limit", "data"), [(0, 4, b"aaab"), (2, 3, b"abb"), (3, 99, b"bbb"), (6, 9, b""), (99, 9, b"")]
)
def test_a_piece_is_read_from_any_offset(engine: Engine, offset: int, limit: int, data: bytes) -> None:
    agent = engine.running()
    agent.log(b"aaa", 0)
    agent.log(b"bbb", 3)
    chunk = engine.logs.read(engine.owner, "1", offset, limit)
    assert (chunk.data, chunk.size, chunk.complete) == (data, 6, False)


def test_a_log_is_complete_when_its_job_has_ended_and_its_end_is_read(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"abc")
    agent.report()
    assert [engine.logs.read(engine.owner, "1", 0, limit).complete for limit in (2, 3)] == [False, True]
    assert engine.logs.read(engine.owner, "1", 3).complete


def test_a_job_without_a_word_has_an_empty_log_and_an_unknown_one_none(engine: Engine) -> None:
    engine.running().report()
    chunk = engine.logs.read(engine.owner, "1", 0)
    assert (chunk.data, chunk.size, chunk.complete) == (b"", 0, True)
    with pytest.raises(JobNotFound):
        engine.logs.read(engine.owner, "2", 0)


def test_tags_are_taken_while_the_job_runs(engine: Engine) -> None:
    agent = engine.running()
    agent.log(TAGS)
    assert values(engine) == {"model": "BERT", "loss": 0.5}


def test_numbers_keep_their_history(engine: Engine) -> None:
    agent = engine.running()
    for loss in (0.5, 0.25, math.inf):
        agent.log(f"[ACAI_TAG_NUM] JOB loss:{loss}\r".encode())
    assert points(engine) == [("loss", 1, 0.5), ("loss", 2, 0.25), ("loss", 3, math.inf)]
    assert values(engine) == {"loss": math.inf}


def test_a_line_that_comes_in_pieces_is_one_tag(engine: Engine) -> None:
    agent = engine.running()
    for piece in (b"[ACAI_", b"TAG_NUM] job lo", b"ss=0.", b"5"):
        agent.log(piece)
        assert values(engine) == {}
    agent.log(b"\n")
    assert values(engine) == {"loss": 0.5}


def test_a_last_line_without_its_end_counts_when_the_job_ends(engine: Engine) -> None:
    agent = engine.running(output="Model")
    agent.log(b"done\n[ACAI_TAG_NUM] fileset accuracy:0.9")
    agent.report(output_upload=agent.output({"m": b"1"}))
    assert engine.metadata.get(engine.owner, ArtifactKind.FILESETS, "Model:1").values == {"accuracy": 0.9}
    assert points(engine) == [("accuracy", 1, 0.9)]


def test_a_tag_that_is_not_understood_is_told_to_the_user_and_stops_nothing(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"[ACAI_TAG_NUM] job loss:bad\n[ACAI_TAG] world key:1\n[ACAI_TAG] job status:x\n[ACAI_TAG] job ok:1\n")
    assert values(engine) == {"ok": "1"}
    said = notes(engine)
    assert len(said) == 3
    assert "needs a number" in said[0]
    assert "fileset or job" in said[1]
    assert "set by the platform" in said[2]


def test_notes_are_bounded(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"".join(b"[ACAI_TAG] world key%d:1 %s\n" % (n, b"x" * 500) for n in range(50)))
    assert len(notes(engine)) <= 20
    assert all(len(note) <= 300 for note in notes(engine))


def test_a_line_too_long_is_no_tag(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"[ACAI_TAG] job long:" + b"x" * 9000 + b"\n[ACAI_TAG] job short:1\n")
    agent.log(b"[ACAI_TAG] job slow:" + b"x" * 5000)
    agent.log(b"x" * 5000 + b"\n")
    assert values(engine) == {"short": "1"}


def test_more_keys_than_an_artifact_may_have_are_left_out_and_the_others_stay(engine: Engine) -> None:
    agent = engine.running()
    agent.log(b"".join(b"[ACAI_TAG_NUM] job key%d=%d\n" % (n, n) for n in range(MOST_KEYS_AN_ARTIFACT + 5)))
    assert len(values(engine)) == MOST_KEYS_AN_ARTIFACT
    assert len(points(engine)) == MOST_KEYS_AN_ARTIFACT
    assert "others were left out" in notes(engine)[0]


def test_log_and_tags_are_taken_together_or_not_at_all(engine: Engine) -> None:
    agent = engine.running()
    for step in range(1, 50):
        failing = engine.another(FaultyStore(engine.store, step))  # type: ignore[arg-type]
        try:
            failing.logs.append(agent.principal, 0, TAGS)
        except StoreUnavailable:
            assert (whole(engine), values(engine), points(engine)) == (b"", {}, [])
        else:
            break
    assert step > 5
    assert (whole(engine), values(engine)) == (TAGS, {"model": "BERT", "loss": 0.5})


LINES = st.lists(
    st.sampled_from([b"[ACAI_TAG_NUM] job loss:%d", b"[ACAI_TAG] fileset model:m%d", b"noise %d", b"\xff\x00%d", b"\r%d", b"%d"]),
    max_size=8,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=6))
def test_however_a_log_is_cut_and_repeated_it_is_the_same_log(
    engine: Engine, lines: list[bytes], sends: list[tuple[int, int]]
) -> None:
    data = b"".join(line % number + b"\n" for number, line in enumerate(lines))
    agent = engine.running()
    number = agent.job.number
    for offset, size in sends:
        agent.log(data[offset : offset + size], offset)
    while (known := agent.printed) < len(data):
        agent.log(data[known : known + 37], known)
    assert whole(engine, number) == data
    expected: dict[str, Value] = {}
    for place, line in enumerate(lines):
        if b"loss" in line:
            expected["loss"] = float(place)
        if b"model" in line:
            expected["model"] = f"m{place}"
    assert values(engine, number) == expected
    agent.report()
