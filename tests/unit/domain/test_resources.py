from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import AcaiError, InvalidRequest, ResourcesOutOfBounds
from acai_jupyter.domain.resources import Bounds, Resources, on_grid, parse_duration, parse_memory

NUMBERS_OF_PYTHON_ONLY = [
    "",
    " ",
    " 5 ",
    "5 ",
    "\n5",
    "1_000",
    "٥",
    "５",
    "+5",
    "-5",
    "1e3",
    ".5",
    "5.",
    "0x10",
    "nan",
    "inf",
    "1,5",
    "9" * 400,
]
BOUNDS = Bounds()
TOO_LONG_TO_WRITE = pytest.param(10**5000, id="10**5000")


@pytest.mark.parametrize(
    ("written", "megabytes"),
    [
        (2048, 2048),
        (2048.0, 2048),
        (0.5, 1),
        ("2048", 2048),
        ("512MB", 512),
        ("512 MiB", 512),
        ("512m", 512),
        ("2GiB", 2048),
        ("2GB", 2048),
        ("2g", 2048),
        ("1.5GiB", 1536),
        ("0.0001GiB", 1),
        ("1TiB", 1048576),
        ("1KB", 1),
        ("1025KiB", 2),
        ("0", 0),
    ],
)
def test_memory_is_written_in_megabytes_or_with_a_unit_and_rounded_up(written: str | float, megabytes: int) -> None:
    assert parse_memory(written) == megabytes


@pytest.mark.parametrize("written", [*NUMBERS_OF_PYTHON_ONLY, "2\u212a", "2 X", "2GiBs", "GiB", "2  GiB", "2\u00a0GiB", "512B"])
def test_what_is_no_size_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequest, match="is not a size") as caught:
        parse_memory(written)
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -1, 1e99, 10**30, TOO_LONG_TO_WRITE, True])
def test_a_number_that_is_no_size_is_refused(number: float) -> None:
    with pytest.raises(InvalidRequest, match="is not a size"):
        parse_memory(number)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90),
        (0.5, 0.5),
        ("90", 90),
        ("90s", 90),
        ("20m", 1200),
        ("20 min", 1200),
        ("2h", 7200),
        ("2H", 7200),
        ("1.5h", 5400),
        ("366d", 31622400),
    ],
)
def test_a_duration_is_written_in_seconds_or_with_a_unit(written: str | float, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written", [*NUMBERS_OF_PYTHON_ONLY, "2\u017f", "2 weeks", "1h30m", "h", math.nan, math.inf, -1, 1e99, TOO_LONG_TO_WRITE]
)
def test_what_is_no_duration_is_refused(written: str | float) -> None:
    with pytest.raises(InvalidRequest, match="is not a duration"):
        parse_duration(written)


@pytest.mark.parametrize("written", [0, "0", "0.0h", "0.0000001", "367d", 10**14])
def test_a_duration_has_bounds(written: str | float) -> None:
    with pytest.raises(InvalidRequest, match="between a millisecond and 366 days"):
        parse_duration(written)


@given(st.text(st.sampled_from("0123456789.٣_ \u212a\u017fkKmMgGtTiIbBsShHdD+-e"), max_size=12))
def test_any_text_is_a_number_or_an_error_of_ours(text: str) -> None:
    for read in (parse_memory, parse_duration):
        try:
            assert math.isfinite(read(text))
        except AcaiError as error:
            assert error.message.isprintable()


@given(st.floats(0.5, 8), st.integers(512, 8192))
def test_what_lies_between_the_steps_is_rounded_up_to_the_next_one_and_said(cpu: float, memory: int) -> None:
    rounded = on_grid(Resources(cpu, memory), BOUNDS)
    given_cpu, given_memory = rounded.resources.cpu, rounded.resources.memory_mb
    assert given_cpu * 2 == int(given_cpu * 2) and cpu - 1e-6 <= given_cpu < cpu + 0.5
    assert given_memory % 256 == 0 and memory <= given_memory < memory + 256
    assert any("memory" in said for said in rounded.said) == (given_memory != memory)
    assert any("cpu" in said for said in rounded.said) == (not math.isclose(cpu, given_cpu))


def test_the_words_say_from_what_to_what() -> None:
    rounded = on_grid(Resources(1.2, 2000), BOUNDS)
    assert rounded.resources == Resources(1.5, 2048)
    assert rounded.said == ("cpu rounded up from 1.2 to 1.5", "memory rounded up from 2000MB to 2048MB")


@pytest.mark.parametrize(("step", "cpu"), [(0.1, 1.2), (0.1, 0.8), (0.3, 1.1)])
def test_a_step_that_a_double_can_not_hold_moves_nothing_that_is_on_the_grid(step: float, cpu: float) -> None:
    rounded = on_grid(Resources(cpu, 512), Bounds(cpu_step=step))
    assert rounded.resources.cpu == cpu
    assert rounded.said == ()


def test_the_most_is_on_the_grid_whatever_the_step() -> None:
    rounded = on_grid(Resources(7.9, 8100), Bounds(cpu_step=1.0, memory_step_mb=1000))
    assert rounded.resources == Resources(8.0, 8192)


@pytest.mark.parametrize(
    "wanted",
    [
        Resources(0, 1024),
        Resources(0.49, 1024),
        Resources(8.01, 1024),
        Resources(-1, 1024),
        Resources(math.nan, 1024),
        Resources(math.inf, 1024),
        Resources(10**400, 1024),
        Resources(1, 511),
        Resources(1, 8193),
        Resources(1, 10**5000),
        Resources(1, 1024, 1),
        Resources(1, 1024, -1),
    ],
)
def test_resources_outside_the_bounds_are_refused_with_the_bounds(wanted: Resources) -> None:
    with pytest.raises(ResourcesOutOfBounds, match=r"ask for [0-9.]+(MB)? to [0-9.]+(MB)?|at most 0") as caught:
        on_grid(wanted, BOUNDS)
    assert len(caught.value.message) < 300
