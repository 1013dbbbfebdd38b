"""Resources of a job: vCPU, memory, GPUs, and the grid on which they are given (paper 4.2.4)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.errors import InvalidRequest, ResourcesOutOfBounds
from acai_jupyter.domain.texts import shown

_SIZE: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)(?: ?([KMGT])i?B?)?", re.IGNORECASE | re.ASCII)
_UNITS_IN_MB: Final = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0 * 1024.0}
_DURATION: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)(?: ?(s|m|min|h|d))?", re.IGNORECASE | re.ASCII)
_UNITS_IN_SECONDS: Final = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LEAST_SECONDS: Final = 0.001
MOST_SECONDS: Final = 366 * 86400.0
"""No duration is longer."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a job is given: vCPUs, memory in MB (MiB), GPUs."""

    cpu: float
    memory_mb: int
    gpu: int = 0

    def __str__(self) -> str:
        gpus = f", {self.gpu} GPU{'s' if self.gpu > 1 else ''}" if self.gpu else ""
        return f"{cpus_in_words(self.cpu)}, {self.memory_mb} MB{gpus}"


def cpus_in_words(count: float) -> str:
    """So many CPUs, in words."""
    return f"{count:g} CPU{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The grid on which resources are given. CPUs are vCPUs, memory is in MB."""

    cpu_min: float = 0.5
    cpu_max: float = 8.0
    cpu_step: float = 0.5
    memory_min_mb: int = 512
    memory_max_mb: int = 8192
    memory_step_mb: int = 256
    gpu_max: int = 0


@dataclass(frozen=True, slots=True)
class Rounded:
    """Resources on the grid, and in words what was rounded up to reach it."""

    resources: Resources
    said: tuple[str, ...]


def on_grid(wanted: Resources, bounds: Bounds) -> Rounded:
    """`wanted`, rounded up to the grid.

    Raises ResourcesOutOfBounds where it lies outside.
    """
    if not bounds.cpu_min <= wanted.cpu <= bounds.cpu_max:
        raise ResourcesOutOfBounds(
            f"cpu={shown(wanted.cpu)} is out of bounds: ask for {bounds.cpu_min:g} to {bounds.cpu_max:g} vCPU."
        )
    if not bounds.memory_min_mb <= wanted.memory_mb <= bounds.memory_max_mb:
        raise ResourcesOutOfBounds(
            f"memory={shown(wanted.memory_mb)}MB is out of bounds: ask for {bounds.memory_min_mb}MB to {bounds.memory_max_mb}MB."
        )
    if not 0 <= wanted.gpu <= bounds.gpu_max:
        raise ResourcesOutOfBounds(f"gpu={shown(wanted.gpu)} is out of bounds: a job gets at most {bounds.gpu_max} here.")
    cpu = _up(wanted.cpu, bounds.cpu_min, bounds.cpu_max, bounds.cpu_step)
    memory = int(_up(wanted.memory_mb, bounds.memory_min_mb, bounds.memory_max_mb, bounds.memory_step_mb))
    said = []
    if not math.isclose(cpu, wanted.cpu):
        said.append(f"cpu rounded up from {wanted.cpu:g} to {cpu:g}")
    if memory != wanted.memory_mb:
        said.append(f"memory rounded up from {wanted.memory_mb}MB to {memory}MB")
    return Rounded(Resources(cpu, memory, wanted.gpu), tuple(said))


def parse_memory(text: str | int | float) -> int:
    """Memory in MB (MiB) from `2048`, `"2GiB"`, `"512MB"`; a plain number is MB. Fractions of a MB are rounded up.

    Raises InvalidRequest for anything else.
    """
    match = _SIZE.fullmatch(_written(text))
    if not match:
        raise InvalidRequest(f"memory={shown(text)} is not a size: write 2048 (MB), 512MB or 2GiB.")
    return math.ceil(float(match[1]) * _UNITS_IN_MB[(match[2] or "M").upper()])


def parse_duration(text: str | int | float) -> float:
    """Seconds from `90`, `"90s"`, `"20m"`, `"2h"`, `"1d"`; a plain number is seconds.

    Raises InvalidRequest for anything else, for less than a millisecond and for more than a year.
    """
    match = _DURATION.fullmatch(_written(text))
    if not match:
        raise InvalidRequest(f"{shown(text)} is not a duration: write 90 (seconds), 90s, 20m, 2h or 1d.")
    seconds = float(match[1]) * _UNITS_IN_SECONDS[(match[2] or "s").lower()]
    if not _LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise InvalidRequest(f"{shown(text)} is out of bounds: a duration lies between a millisecond and 366 days.")
    return seconds


def _written(given: str | int | float) -> str:
    """A number as people would write it; what has no such form (NaN, 1e99) comes out as something that is refused."""
    return given if isinstance(given, str) else shown(given)


def _up(value: float, least: float, most: float, step: float) -> float:
    # A sliver of tolerance keeps 0.30000000000000004 from costing a whole step; the most is always on the grid.
    return min(round(least + math.ceil((value - least) / step - 1e-9) * step, 9), most)
