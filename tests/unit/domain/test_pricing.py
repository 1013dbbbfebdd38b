from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.pricing import PriceTable, hourly_price, job_cost, microdollars
from acai_jupyter.domain.resources import Resources

CPUS = st.integers(1, 16).map(lambda halves: halves / 2)
MEMORIES = st.integers(2, 32).map(lambda quarters: quarters * 256)


@pytest.mark.parametrize(
    ("cpu", "memory_mb", "minutes", "dollars"),
    [
        (2, 7.4 * 1024, 64.6, 0.09765),
        (2, 7.4 * 1024, 162.2, 0.24519),
        (7.5, 3584, 16.6, 0.08837),
        (8, 3328, 37.4, 0.21800),
        (2.5, 512, 52.6, 0.05975),
        (2.5, 512, 140.4, 0.15949),
    ],
)
def test_tables_2_and_3_of_the_paper_come_out(cpu: float, memory_mb: float, minutes: float, dollars: float) -> None:
    assert job_cost(cpu, memory_mb, minutes * 60) == pytest.approx(dollars, abs=0.00005)


@pytest.mark.parametrize(
    ("resources", "dollars"),
    [
        (Resources(0.5, 512), (0.5 * 0.031611 + 0.5 * 0.004237) * 2 / 3),
        (Resources(8, 8192), (8 * 0.031611 + 8 * 0.004237) * 4 / 3),
        (Resources(4.25, 4352), 4.25 * 0.031611 + 4.25 * 0.004237),
    ],
)
def test_the_unit_price_rises_from_two_thirds_of_the_base_to_four_thirds(resources: Resources, dollars: float) -> None:
    assert hourly_price(resources, PriceTable()) == pytest.approx(dollars, rel=1e-12)


@given(CPUS, MEMORIES, st.floats(0, 1e6))
def test_more_of_anything_costs_more_and_time_costs_in_proportion(cpu: float, memory_mb: int, seconds: float) -> None:
    cost = job_cost(cpu, memory_mb, seconds)
    assert job_cost(cpu, memory_mb, 2 * seconds) == pytest.approx(2 * cost)
    assert job_cost(cpu, memory_mb, 3600) == pytest.approx(hourly_price(Resources(cpu, memory_mb), PriceTable()))
    assert job_cost(cpu + 0.5, memory_mb, 3600) > job_cost(cpu, memory_mb, 3600)
    assert job_cost(cpu, memory_mb + 256, 3600) > job_cost(cpu, memory_mb, 3600)
    assert job_cost(2 * cpu, 2 * memory_mb, 3600) > 2 * job_cost(cpu, memory_mb, 3600)


def test_resources_off_the_grid_and_beyond_it_have_a_price_too() -> None:
    assert job_cost(0.5, 512, 3600) < job_cost(0.7, 600, 3600) < job_cost(1, 768, 3600)
    assert job_cost(16, 16384, 3600) > 2 * job_cost(8, 8192, 3600)


def test_a_gpu_costs_its_own_price() -> None:
    prices = PriceTable(gpu_hour=2.0)
    assert job_cost(1, 1024, 1800, prices, gpu=3) == pytest.approx(job_cost(1, 1024, 1800, prices) + 3.0)


def test_a_platform_with_one_size_gives_it_at_the_base_price() -> None:
    prices = PriceTable(cpu_min=2, cpu_max=2, memory_min_mb=1024, memory_max_mb=1024)
    assert hourly_price(Resources(2, 1024), prices) == pytest.approx(2 * 0.031611 + 0.004237)


def test_money_is_kept_in_whole_microdollars() -> None:
    assert microdollars(0.09765) == 97650
    assert microdollars(0.0000004) == 0
    assert isinstance(microdollars(job_cost(1, 1024, 1)), int)
