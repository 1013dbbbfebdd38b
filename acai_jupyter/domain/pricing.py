"""What a job costs (paper 4.3).

The unit price of vCPUs and of memory rises linearly from 2/3 of the base at the least that a job can have to 4/3 at the most;
the base is Google Cloud's N1 in us-east1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from acai_jupyter.domain.resources import Resources

MICRODOLLARS: Final = 1_000_000
"""Micro-dollars in a dollar; money is kept in them."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Base prices in dollars, and the resources at which the unit price is 2/3 and 4/3 of them. Memory in MB."""

    cpu_hour: float = 0.031611
    memory_gib_hour: float = 0.004237
    gpu_hour: float = 0.0
    cpu_min: float = 0.5
    cpu_max: float = 8.0
    memory_min_mb: int = 512
    memory_max_mb: int = 8192


def hourly_price(resources: Resources, prices: PriceTable) -> float:
    """Dollars an hour."""
    cpu_unit = prices.cpu_hour * _factor(resources.cpu, prices.cpu_min, prices.cpu_max)
    memory_unit = prices.memory_gib_hour * _factor(resources.memory_mb, prices.memory_min_mb, prices.memory_max_mb)
    return cpu_unit * resources.cpu + memory_unit * resources.memory_mb / 1024 + prices.gpu_hour * resources.gpu


def job_cost(cpu: float, memory_mb: float, runtime_s: float, prices: PriceTable | None = None, gpu: int = 0) -> float:
    """Dollars, unrounded, of `runtime_s` seconds; also for resources off the grid."""
    resources = Resources(cpu, memory_mb, gpu)  # type: ignore[arg-type]
    return hourly_price(resources, prices or PriceTable()) * runtime_s / 3600


def microdollars(dollars: float) -> int:
    return round(dollars * MICRODOLLARS)


def _factor(value: float, least: float, most: float) -> float:
    if least == most:
        return 1.0  # a platform with one size only gives it at the base price
    return 2 / 3 + (value - least) / (most - least) * 2 / 3
