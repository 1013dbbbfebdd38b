"""How much memory a job needs: from peaks, from kills for memory, and from cliffs, where less memory makes it much slower."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from acai_jupyter.provision.models.non_negative import non_negative
from acai_jupyter.provision.models.runs import Floats, Role, Runs

_MARGIN = 1.1
"""Peaks differ from run to run by so much."""
_BEYOND_KILL = 1.25
"""A job that was killed at a limit needs at least so many times that limit, unless more is known."""
_CLIFF, _SEEN_ONCE = 1.5, 2.0
"""Slower by this factor with the next smaller memory, nothing else changed, is a cliff; more where it was seen only once."""
_BEYOND_NOISE = 3.0
"""Nothing is faster for having less memory: where runs are, so many times that spread is no cliff yet."""


@dataclass(frozen=True, slots=True)
class MemoryRun:
    """What a run tells of memory: its arguments, its limit, its peak if measured, and whether it was killed for memory. One that
    was stopped before its end (`cut`) needed its peak at least, and maybe more."""

    values: tuple[float, ...]
    limit_mb: float
    peak_mb: float | None
    killed: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """The least memory to give, and why, in words."""

    memory_mb: float
    why: str


def memory_need(runs: Sequence[MemoryRun], values: Sequence[float]) -> Need | None:
    """What a job with the arguments `values` needs, None where the runs tell nothing.

    Peaks are carried on as a sum of parts that grow with the arguments; a kill raises the need above its limit for every job that
    is at least as large in every argument, and the peak of a run that was stopped before its end raises it to that.
    """
    asked = np.asarray(values, dtype=np.float64)
    whole = [run for run in runs if not run.cut]
    found = _by_peaks(whole, asked), _by_kills(whole, asked), _by_cut_runs(runs, asked)
    needs = [need for need in found if need is not None]
    return max(needs, key=lambda need: need.memory_mb, default=None)


def _by_peaks(runs: Sequence[MemoryRun], asked: Floats) -> Need | None:
    seen = [(run.values, run.peak_mb) for run in runs if run.peak_mb is not None and not run.killed]
    if not seen:
        return None
    points = np.array([point for point, _ in seen], dtype=np.float64).reshape(len(seen), len(asked))
    peaks = np.array([peak for _, peak in seen], dtype=np.float64)
    scale = np.maximum(points.max(axis=0, initial=0.0), 1e-12)
    matrix = _parts(points / scale)
    amounts = non_negative(matrix / peaks[:, None], np.ones(len(peaks)))
    over = max(float((peaks / np.maximum(matrix @ amounts, 1e-9)).max()), 1.0)
    need = float((_parts(asked[None] / scale) @ amounts)[0]) * over * _MARGIN
    return Need(need, f"its peak is about {need / _MARGIN:.0f} MB (measured: {peaks.min():.0f} to {peaks.max():.0f} MB)")


def _parts(shares: Floats) -> Floats:
    product = [shares.prod(axis=1)] if shares.shape[1] > 1 else []
    return np.column_stack([np.ones(len(shares)), *shares.T, *product])


def _by_kills(runs: Sequence[MemoryRun], asked: Floats) -> Need | None:
    limits = [run.limit_mb for run in runs if run.killed and (asked >= np.asarray(run.values)).all()]
    if not limits:
        return None
    worst = max(limits)
    enough = [run.limit_mb for run in runs if not run.killed and run.limit_mb > worst and (asked <= np.asarray(run.values)).all()]
    need = min([worst * _BEYOND_KILL, *enough])
    return Need(need, f"a trial was killed for memory at {worst:.0f} MB")


def _by_cut_runs(runs: Sequence[MemoryRun], asked: Floats) -> Need | None:
    peaks = [run.peak_mb for run in runs if run.cut and run.peak_mb is not None and (asked >= np.asarray(run.values)).all()]
    if not peaks:
        return None
    return Need(max(peaks) * _MARGIN, f"a trial that was stopped before its end had used {max(peaks):.0f} MB")


def memory_cliff(runs: Runs) -> Need | None:
    """The memory below which a job of these runs falls off a cliff, None where there is none.

    Only runs that differ in nothing but memory are compared. Memory below the upper side of the highest cliff is never to be
    recommended: nobody knows where between its sides it is.
    """
    memory = runs.first(Role.MEMORY)
    if memory is None:
        return None
    rest = np.delete(runs.points, memory, axis=1)
    steps: dict[tuple[float, float], list[float]] = {}
    for row in np.unique(rest, axis=0):
        same = np.flatnonzero((rest == row).all(axis=1))
        means = {
            float(size): float(np.median(runs.seconds[same[runs.points[same, memory] == size]]))
            for size in runs.points[same, memory]
        }
        for less, more in pairwise(sorted(means)):
            steps.setdefault((less, more), []).append(means[less] / means[more])
    noise = _noise([ratio for ratios in steps.values() for ratio in ratios])
    cliffs = [(more, less, max(ratios)) for (less, more), ratios in steps.items() if _falls_off(ratios, noise)]
    if not cliffs:
        return None
    more, less, ratio = max(cliffs)
    return Need(more, f"with {less:.0f} MB it was {ratio:.1f} times as slow as with {more:.0f} MB")


def _noise(ratios: Sequence[float]) -> float:
    """How much runs differ for no reason, as a logarithm: by what some are faster with less memory."""
    faster = np.log([ratio for ratio in ratios if ratio < 1])
    return float(np.sqrt(np.mean(faster**2))) if faster.size else 0.0


def _falls_off(ratios: Sequence[float], noise: float) -> bool:
    """Most of the runs do, or two of them, or one by far. A single straggler is no cliff, and neither is what may be chance."""
    chance = math.exp(_BEYOND_NOISE * noise)
    of_most = math.exp(_BEYOND_NOISE * noise / math.sqrt(len(ratios)))
    two, one = max(_CLIFF, chance), max(_SEEN_ONCE, chance)
    all_of_them = len(ratios) > 1 and float(np.median(ratios)) >= max(_CLIFF, of_most)
    return all_of_them or max(ratios) >= one or sum(ratio >= two for ratio in ratios) > 1
