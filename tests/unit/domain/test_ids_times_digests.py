from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain import clock, digests, ids
from acai_jupyter.domain.digests import PART_SIZE, Digest
from acai_jupyter.domain.errors import AcaiError, InvalidRequest

HEX = "01930a1b2c3d7e8f9a0b1c2d3e4f5a6b"
SHA = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.new_id()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_ids_made_later_sort_later_whatever_thread_makes_them() -> None:
    made = [ids.new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda _: [ids.new_id() for _ in range(500)], range(8)))
    assert all(some == sorted(some) for some in many)
    assert len({one for some in many for one in some}) == 4000


def test_ids_made_together_are_as_different_and_sort_as_those_made_one_by_one() -> None:
    made = [ids.new_id(), *ids.new_ids(5000), ids.new_id()]
    assert made == sorted(set(made))
    assert all((one.version, one.variant) == (7, RFC_4122) for one in made)
    assert ids.new_ids(0) == []


@pytest.mark.parametrize("step", [0, -1_000_000_000])
def test_ids_sort_even_where_the_clock_stands_still_or_is_set_back(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    start = time.time_ns()
    readings = iter(range(100))
    monkeypatch.setattr(time, "time_ns", lambda: start + step * next(readings))
    made = [ids.new_id() for _ in range(100)]
    assert [one.int >> 64 for one in made] == sorted({one.int >> 64 for one in made})


@given(st.sampled_from(ids.Kind), st.uuids())
def test_an_id_is_written_with_its_kind_and_read_back(kind: ids.Kind, value: UUID) -> None:
    assert ids.read(kind, ids.write(kind, value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEX,
        f"file_{HEX}",
        f"job-{HEX}",
        f"JOB_{HEX}",
        f"job_{HEX.upper()}",
        f" job_{HEX}",
        f"job_{HEX}\n",
        f"job_{HEX[:-1]}",
        f"job_{HEX}0",
        f"job_{UUID(HEX)}",
        f"job_{{{HEX[2:]}}}",
        f"job_urn:{HEX[4:]}",
        f"job_{HEX[:8]}-{HEX[9:]}",
        f"job_{HEX[:8]}_{HEX[9:]}",
        f"job_+{HEX[1:]}",
        f"job_ {HEX[1:]}",
        f"job_٣{HEX[1:]}",
        "job_\ud800",
        "job_" + "0" * 9000,
    ],
)
def test_an_id_has_one_form_and_no_other_is_read(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is not the id of a job") as caught:
        ids.read(ids.Kind.JOB, text)
    assert caught.value.message.isprintable() and len(caught.value.message) < 300


def test_an_id_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        ids.read(ids.Kind.FILESET, ids.write(ids.Kind.FILESET_VERSION, UUID(HEX)))


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)).filter(lambda moment: 2 < moment.year < 9998))
def test_a_time_is_written_as_rfc_3339_and_read_back(moment: datetime) -> None:
    at = clock.from_datetime(moment)
    written = clock.write(at)
    assert written.endswith("Z") and len(written) == len("2026-11-20T09:30:00.000000Z")
    assert clock.read(written) == at
    assert clock.to_datetime(at) == moment.astimezone(UTC)  # in UTC: no clock of that place may ever have shown `moment`


def test_times_of_the_first_centuries_keep_their_four_digits() -> None:
    assert clock.write(clock.read("0030-04-03T15:00:00Z")) == "0030-04-03T15:00:00.000000Z"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-20T09:30:00+00:00", "2026-11-20T09:30:00.000000Z"),
        ("2026-11-20 09:30:00+01:00", "2026-11-20T08:30:00.000000Z"),
        ("2026-11-20T09:30:00.5-00:30", "2026-11-20T10:00:00.500000Z"),
        ("2026-11-20T09:30:00.123456789Z", "2026-11-20T09:30:00.123456Z"),
    ],
)
def test_every_form_of_rfc_3339_is_read(text: str, same: str) -> None:
    assert clock.write(clock.read(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "2026-11-20T09:30:00",
        "2026-11-20T09:30Z",
        "20261120T093000Z",
        "2026-W47-5T09:30:00Z",
        "2026-11-20T09:30:00,5Z",
        "2026-11-20x09:30:00Z",
        "2026-11-20T09:30:00+0100",
        "2026-02-30T09:30:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T09:30:60Z",
        "٢026-11-20T09:30:00Z",
        "0000-11-20T09:30:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        " 2026-11-20T09:30:00Z",
        "2026-11-20T09:30:00Z\n",
        "\ud800",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is not a time"):
        clock.read(text)


def test_an_offset_changes_nothing_about_the_moment() -> None:
    moment = datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert clock.from_datetime(moment) == clock.from_datetime(moment.astimezone(UTC))


@given(st.sampled_from(["sha256", "sha256-64m"]), st.binary(min_size=32, max_size=32))
def test_a_digest_is_read_back_as_text_and_as_bytes(kind: str, value: bytes) -> None:
    digest = Digest(kind, value)
    assert Digest.parse(str(digest)) == digest
    assert Digest.from_bytes(digest.to_bytes()) == digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        SHA,
        f"md5:{SHA}",
        f"SHA256:{SHA}",
        f"sha256:{SHA[:-1]}",
        f"sha256:{SHA}0",
        f"sha256:{SHA[:-2]}  ",
        f"sha256:{SHA[:30]}  {SHA[32:]}",
        f"sha256:{SHA[:-1]}g",
        f"sha256:{SHA[:-1]}٣",
        f"sha256:{SHA}\n",
        f"sha256::{SHA[1:]}",
    ],
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is not a digest"):
        Digest.parse(text)


@given(st.text(st.sampled_from("sha256-4m:job_abcdef0 \n٣"), max_size=80))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (lambda t: ids.read(ids.Kind.JOB, t), clock.read, Digest.parse):
        with pytest.raises(AcaiError):
            read(text)


def test_a_small_file_never_passes_for_a_large_one_made_of_the_same_digests() -> None:
    parts = [hashlib.sha256(b"a").digest(), hashlib.sha256(b"b").digest()]
    small, large = digests.of_bytes(b"".join(parts)), digests.composite(parts)
    assert small.value == large.value and small != large and small.to_bytes() != large.to_bytes()
    assert digests.of_bytes(b"hello") == Digest.parse(f"sha256:{SHA}")


@pytest.mark.parametrize(
    ("size", "sizes"),
    [(0, []), (1, [1]), (PART_SIZE, [PART_SIZE]), (PART_SIZE + 1, [PART_SIZE, 1]), (2 * PART_SIZE, [PART_SIZE, PART_SIZE])],
)
def test_parts_are_all_of_one_size_but_the_last(size: int, sizes: list[int]) -> None:
    assert digests.part_sizes(size) == sizes
    assert Digest("sha256", bytes(32)).fits(size) == (size <= PART_SIZE)
    assert Digest("sha256-64m", bytes(32)).fits(size) == (size > PART_SIZE)


@given(st.lists(st.tuples(st.sampled_from(["sha256", "sha256-64m"]), st.binary(min_size=32, max_size=32)), max_size=4))
def test_digests_are_read_together_as_each_alone(parts: list[tuple[str, bytes]]) -> None:
    texts = [str(Digest(kind, value)) for kind, value in parts]
    assert digests.digests_to_bytes(texts) == [Digest.parse(text).to_bytes() for text in texts]


@pytest.mark.parametrize("wrong", ["", "sha256:", f"sha256:{SHA[1:]}", f"sha256:{SHA}0", f"md5:{SHA}", f"sha256:{SHA[:-1]}g"])
def test_one_digest_that_is_none_is_told_among_others(wrong: str) -> None:
    with pytest.raises(InvalidRequest, match="is not a digest"):
        digests.digests_to_bytes([f"sha256:{SHA}", wrong, f"sha256:{SHA}"])
