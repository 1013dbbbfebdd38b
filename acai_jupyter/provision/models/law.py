"""The law in words: how a job's time follows from its arguments and CPUs, as simple as the runs allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from acai_jupyter.provision.models.features import Logs, directions
from acai_jupyter.provision.models.memory import memory_cliff
from acai_jupyter.provision.models.non_negative import non_negative
from acai_jupyter.provision.models.runs import Floats, Role, Runs

_POWERS = (0.0, 0.5, 1.0, 1.5, 2.0)
_PLAIN_POWERS = (0.0, 1.0)
_NOISE = 0.01
"""Relative errors below this tell no law from another."""
_NOTHING = 0.05
"""A share of the time that is not worth a word."""
_LEAST_GROWTH = 2.0
"""An argument must grow by this factor before start-up and work are told apart."""


class Shape(Enum):
    """How the work follows from the CPUs; the value is how many parameters it takes."""

    FLAT = 1
    PERFECT = 2
    SATURATES = 3
    AMDAHL = 4
    RETROGRADE = 5


@dataclass(frozen=True, slots=True)
class Law:
    """seconds = start-up + product of argument^power × work(CPUs).

    `start_up` is None where no argument varied enough to tell it apart. `knee` is the number of CPUs beyond which nothing is
    gained (for RETROGRADE: at which the time is least), `serial` the share of the work, on the fewest CPUs, that more CPUs do not
    shorten.
    """

    start_up: float | None
    powers: tuple[tuple[str, float], ...]
    shape: Shape | None
    cpus: tuple[float, ...]
    knee: float | None
    serial: float
    error: float


def find_law(runs: Runs) -> Law:
    """The simplest law that describes `runs`."""
    cpu = runs.first(Role.CPU)
    arguments = [number for number in runs.numbers(Role.ARGUMENT) if np.ptp(runs.points[:, number]) > 0]
    falls = directions(runs, Logs.of(runs)) < 0
    shares = np.maximum(runs.points, 0) / np.maximum(runs.points.max(axis=0), 1e-12)
    powers = dict.fromkeys(arguments, 1.0)
    best = _best_shape(runs, cpu, _work(shares, powers, falls), arguments)
    for _ in range(2):
        for number in arguments:
            tried = [{**powers, number: power} for power in _POWERS]
            found = [(_best_shape(runs, cpu, _work(shares, one, falls), arguments), one) for one in tried]
            better, better_powers = min(found, key=lambda pair: pair[0].score + _odd(pair[1]) * np.log(len(runs)))
            if better.score + _odd(better_powers) * np.log(len(runs)) < best.score + _odd(powers) * np.log(len(runs)) - 1e-9:
                best, powers = better, better_powers
    named = tuple((runs.columns[n].name, -power if falls[n] else power) for n, power in powers.items())
    cpus = tuple(np.unique(runs.points[:, cpu]).tolist()) if cpu is not None else ()
    return Law(best.start_up, named, best.shape if cpu is not None else None, cpus, best.knee, best.serial, best.error)


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    error: float
    shape: Shape
    start_up: float | None
    knee: float | None
    serial: float


def _work(shares: Floats, powers: dict[int, float], falls: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    work = np.ones(len(shares))
    for number, power in powers.items():
        least = shares[:, number][shares[:, number] > 0].min()
        value = least / np.maximum(shares[:, number], least / 2) if falls[number] else shares[:, number]
        work = work * value**power
    return work


def _odd(powers: dict[int, float]) -> int:
    return sum(power not in _PLAIN_POWERS for power in powers.values())


def _best_shape(runs: Runs, cpu: int | None, work: Floats, arguments: Sequence[int]) -> _Candidate:
    cpus = runs.points[:, cpu] if cpu is not None else np.ones(len(runs))
    apart = bool(arguments) and work.max() >= _LEAST_GROWTH * max(float(work.min()), 1e-12)
    return min((_fit(runs, cpus, work, shape, knee, apart) for shape, knee in _shapes(cpus)), key=lambda one: one.score)


def _shapes(cpus: Floats) -> Iterator[tuple[Shape, float | None]]:
    values = np.unique(cpus)
    yield Shape.FLAT, None
    if len(values) > 1:
        yield Shape.PERFECT, None
    if len(values) > 2:
        yield from ((Shape.SATURATES, float(knee)) for knee in values[1:-1])
        yield Shape.AMDAHL, None
    if len(values) > 3:
        yield Shape.RETROGRADE, None


def _fit(runs: Runs, cpus: Floats, work: Floats, shape: Shape, knee: float | None, apart: bool) -> _Candidate:
    least = cpus.min()
    columns = {
        Shape.FLAT: [work],
        Shape.PERFECT: [work * least / cpus],
        Shape.SATURATES: [work * least / np.minimum(cpus, knee or np.inf)],
        Shape.AMDAHL: [work * least / cpus, work],
        Shape.RETROGRADE: [work * least / cpus, work, work * cpus / least],
    }[shape]
    matrix = np.column_stack([*columns, np.ones(len(runs))] if apart else columns)
    amounts = non_negative(matrix / runs.seconds[:, None], np.ones(len(runs)))
    error = float(np.sqrt(np.mean((matrix @ amounts / runs.seconds - 1) ** 2)))
    count = len(runs)
    score = count * np.log(error**2 + _NOISE**2) + (shape.value + apart) * np.log(max(count, 2))
    start_up = float(amounts[-1]) if apart else None
    if shape is Shape.RETROGRADE and amounts[2] > 0:
        lowest = least * float(np.sqrt(amounts[0] / amounts[2]))
        if lowest >= cpus.max():  # it never turns, so it is Amdahl's
            score = np.inf
        knee = lowest
    serial = float(amounts[1] / max(amounts[0] + amounts[1], 1e-12)) if shape in (Shape.AMDAHL, Shape.RETROGRADE) else 0.0
    return _Candidate(float(score), error, shape, start_up, knee, serial)


def in_words(runs: Runs) -> str:
    """The law of `runs` in a sentence."""
    if len(runs) == 1:
        return f"one run only, {_seconds(runs.seconds[0])}: how it scales is not known"
    law = find_law(runs)
    said = [*_cpu_words(law), *(_argument_words(name, power) for name, power in law.powers)]
    cliff = memory_cliff(runs)
    said += [f"needs {cliff.memory_mb:g} MB ({cliff.why})"] if cliff is not None else []
    if law.start_up is None:
        said.append("start-up is not told apart from work")
    elif law.start_up > _NOTHING * float(runs.seconds.min()):
        said.append(f"{_seconds(law.start_up)} start-up")
    else:
        said.append("no start-up to speak of")
    return "; ".join(said)


def _cpu_words(law: Law) -> list[str]:
    if law.shape is None:
        return []
    first, last = law.cpus[0], law.cpus[-1]
    if law.shape is Shape.FLAT:
        return [f"the same on {first:g} to {last:g} CPUs"]
    if law.shape is Shape.PERFECT:
        return [f"{_falls(first, last)}"]
    if law.shape is Shape.SATURATES:
        return [f"{_falls(first, law.knee or last)}, nothing after {law.knee:g}"]
    if law.shape is Shape.AMDAHL:
        return [f"falls from {first:g} to {last:g} CPUs, but {law.serial:.0%} of the work (on {first:g}) does not get faster"]
    return [f"falls from {first:g} to about {law.knee:.2g} CPUs, slower again after that"]


def _falls(first: float, last: float) -> str:
    """Work that is divided by the CPUs."""
    if abs(last / first - 2) < 1e-9:
        return f"halves from {first:g} to {last:g} CPUs"
    return f"halves with every doubling from {first:g} to {last:g} CPUs"


def _argument_words(name: str, power: float) -> str:
    known = {
        0.0: f"{name} does not matter",
        1.0: f"proportional to {name}",
        2.0: f"grows with the square of {name}",
        0.5: f"grows with the root of {name}",
        -1.0: f"inverse to {name}",
    }
    return known.get(power, f"follows {name}^{power:g}")


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"
