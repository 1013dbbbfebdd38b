"""What is said about the law of a job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.job_curves import CPU, EPOCHS, MEMORY, measured

from acai_jupyter.provision.models.law import Shape, find_law, in_words

CPUS = (0.5, 1, 2, 4, 8)
WORK: dict[str, tuple[Callable[[float], float], Shape, float | None]] = {
    "flat": (lambda cpu: 1.0, Shape.FLAT, None),
    "perfect": (lambda cpu: 1 / cpu, Shape.PERFECT, None),
    "nothing after 2": (lambda cpu: 1 / min(cpu, 2), Shape.SATURATES, 2),
    "nothing after 4": (lambda cpu: 1 / min(cpu, 4), Shape.SATURATES, 4),
    "a tenth serial": (lambda cpu: 0.1 + 0.9 / cpu, Shape.AMDAHL, None),
    "a third serial": (lambda cpu: 1 / 3 + 2 / 3 / cpu, Shape.AMDAHL, None),
    "slower after 4": (lambda cpu: 0.1 + 1 / cpu + 0.06 * cpu, Shape.RETROGRADE, 4.1),
}
CURVES = [(name, start_up) for start_up in (0.0, 1.3, 20.0) for name in WORK][:20]


def named_correctly(name: str, start_up: float, seed: int) -> bool:
    work, shape, knee = WORK[name]
    law = find_law(
        measured([EPOCHS, CPU], [(1, 2, 5, 10), CPUS], lambda epochs, cpu: start_up + 4 * epochs * work(cpu), 0.02, seed)
    )
    assert law.start_up is not None
    return (
        law.shape is shape
        and (knee is None or law.knee == pytest.approx(knee, rel=0.2))
        and law.start_up == pytest.approx(start_up, rel=0.15, abs=0.3)
        and law.powers == (("epochs", 1.0),)
    )


def test_of_twenty_curves_with_a_known_law_and_start_up_at_least_eighteen_are_named_correctly() -> None:
    right = [named_correctly(name, start_up, seed) for seed, (name, start_up) in enumerate(CURVES)]
    assert len(right) == 20
    assert sum(right) >= 18, [curve for curve, good in zip(CURVES, right, strict=True) if not good]


def test_a_job_that_stops_gaining_is_told_in_plain_words() -> None:
    runs = measured([EPOCHS, CPU], [(1, 2, 5), (1, 2, 4, 8)], lambda epochs, cpu: 1.3 + 4 * epochs / min(cpu, 2))
    assert in_words(runs) == "halves from 1 to 2 CPUs, nothing after 2; proportional to epochs; 1.3 s start-up"


def test_without_an_argument_start_up_is_not_claimed() -> None:
    words = in_words(measured([CPU], [CPUS], lambda cpu: 2 + 8 / cpu))
    assert "start-up is not told apart from work" in words
    assert "does not get faster" in words


@pytest.mark.parametrize(
    ("power", "words"),
    [
        (2, "grows with the square of epochs"),
        (0.5, "grows with the root of epochs"),
        (0, "epochs does not matter"),
        (-1, "inverse to epochs"),
    ],
)
def test_an_argument_s_power_is_named(power: float, words: str) -> None:
    assert words in in_words(measured([EPOCHS, CPU], [(1, 2, 4, 8, 16), CPUS], lambda epochs, cpu: 5 * epochs**power / cpu, 0.01))


def test_memory_that_does_not_matter_does_not_hide_the_law() -> None:
    runs = measured(
        [EPOCHS, CPU, MEMORY], [(1, 2, 5), (0.5, 1, 2), (512, 1024, 2048)], lambda epochs, cpu, memory: 3 + epochs / cpu, 0.02
    )
    assert in_words(runs).startswith("halves with every doubling from 0.5 to 2 CPUs; proportional to epochs; ")
    assert find_law(runs).start_up == pytest.approx(3, rel=0.1)


def test_one_run_says_that_scaling_is_unknown() -> None:
    assert (
        in_words(measured([EPOCHS, CPU], [(1,), (1,)], lambda epochs, cpu: 3.2))
        == "one run only, 3.2 s: how it scales is not known"
    )


def test_an_argument_that_is_zero_somewhere_has_a_law_too() -> None:
    law = find_law(measured([EPOCHS, CPU], [(0, 1, 2, 5), CPUS], lambda epochs, cpu: 2 + 4 * epochs / cpu, 0.01))
    assert law.start_up == pytest.approx(2, rel=0.1)
    assert law.shape is Shape.PERFECT


def test_a_memory_cliff_is_said() -> None:
    runs = measured([CPU, MEMORY], [CPUS, (512, 1024, 2048)], lambda cpu, memory: (8 if memory < 1024 else 1) * 10 / cpu)
    assert "needs 1024 MB (with 512 MB it was 8.0 times as slow as with 1024 MB)" in in_words(runs)
