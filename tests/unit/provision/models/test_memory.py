"""What runs teach about memory."""

from __future__ import annotations

import pytest
from support.job_curves import CPU, EPOCHS, MEMORY, measured

from acai_jupyter.provision.models.memory import MemoryRun, memory_cliff, memory_need


def test_a_peak_is_needed_with_a_margin() -> None:
    need = memory_need([MemoryRun((1,), 2048, 800), MemoryRun((5,), 2048, 800)], [5])
    assert need is not None
    assert 800 < need.memory_mb < 1000
    assert "peak is about 800 MB" in need.why


def test_a_peak_that_grows_with_an_argument_is_carried_on() -> None:
    runs = [MemoryRun((rows, epochs), 8192, 200 + 3 * rows) for rows in (100, 200, 400) for epochs in (1, 5)]
    need = memory_need(runs, [1000, 5])
    assert need is not None
    assert need.memory_mb == pytest.approx(1.1 * 3200, rel=0.05)


def test_the_highest_peak_seen_is_never_undercut() -> None:
    need = memory_need([MemoryRun((1,), 2048, 500), MemoryRun((1,), 2048, 900), MemoryRun((1,), 2048, 510)], [1])
    assert need is not None
    assert need.memory_mb > 900


def test_a_kill_for_memory_raises_the_need_above_its_limit() -> None:
    need = memory_need([MemoryRun((1,), 512, None, killed=True)], [1])
    assert need is not None
    assert need.memory_mb == 640
    assert need.why == "a trial was killed for memory at 512 MB"


def test_a_larger_limit_that_was_enough_is_all_that_a_kill_asks_for() -> None:
    need = memory_need([MemoryRun((1,), 512, None, killed=True), MemoryRun((1,), 576, None)], [1])
    assert need is not None
    assert need.memory_mb == 576


def test_a_run_that_was_stopped_raises_the_need_of_larger_work_and_shows_nothing_to_be_enough() -> None:
    runs = [MemoryRun((1,), 2048, 100), MemoryRun((2,), 2048, 1500, cut=True)]
    found = [memory_need(runs, [value]) for value in (1, 2, 8)]
    assert [need and round(need.memory_mb) for need in found] == [110, 1650, 1650]
    killed = [MemoryRun((1,), 512, None, killed=True), MemoryRun((1,), 576, None, cut=True)]
    need = memory_need(killed, [1])
    assert need is not None
    assert need.memory_mb == 640


def test_a_kill_says_nothing_of_smaller_work() -> None:
    assert memory_need([MemoryRun((100,), 512, None, killed=True)], [10]) is None
    assert memory_need([MemoryRun((100,), 512, None, killed=True)], [100]) is not None
    assert memory_need([MemoryRun((100,), 512, None, killed=True)], [1000]) is not None


def test_runs_that_tell_nothing_of_memory_need_nothing() -> None:
    assert memory_need([MemoryRun((1,), 512, None)], [1]) is None
    assert memory_need([], [1]) is None


def test_a_job_without_arguments_has_a_need_too() -> None:
    need = memory_need([MemoryRun((), 2048, 700)], [])
    assert need is not None
    assert need.memory_mb == pytest.approx(770)


def test_an_argument_of_zero_does_no_harm() -> None:
    need = memory_need([MemoryRun((0,), 2048, 300), MemoryRun((0,), 2048, 310)], [0])
    assert need is not None
    assert 310 < need.memory_mb < 400


def test_a_cliff_is_noticed_where_only_memory_differs() -> None:
    runs = measured(
        [EPOCHS, CPU, MEMORY],
        [(1, 2), (1, 2), (512, 1024, 2048)],
        lambda epochs, cpu, memory: epochs / cpu * (8 if memory < 1024 else 1),
        0.05,
    )
    cliff = memory_cliff(runs)
    assert cliff is not None
    assert cliff.memory_mb == 1024
    assert "with 512 MB it was" in cliff.why


def test_a_cliff_that_only_large_work_meets_counts() -> None:
    runs = measured(
        [EPOCHS, MEMORY], [(1, 10), (512, 1024, 2048)], lambda epochs, memory: epochs * (5 if memory < 150 * epochs else 1)
    )
    cliff = memory_cliff(runs)
    assert cliff is not None
    assert cliff.memory_mb == 2048


def test_a_slope_or_noise_is_no_cliff() -> None:
    assert (
        memory_cliff(measured([CPU, MEMORY], [(1, 2), (512, 1024, 2048)], lambda cpu, memory: 10 / cpu * memory**-0.2, 0.1))
        is None
    )
    assert memory_cliff(measured([CPU], [(1, 2)], lambda cpu: 10 / cpu)) is None


@pytest.mark.parametrize(("slow_runs", "found"), [(1, False), (2, True)])
def test_a_straggler_is_no_cliff_but_two_are(slow_runs: int, found: bool) -> None:
    runs = measured([CPU, MEMORY], [(0.5, 1, 2), (512, 1024)], lambda cpu, memory: 10 / cpu)
    runs.seconds[[0, 2][:slow_runs]] *= 1.6
    assert (memory_cliff(runs) is not None) is found


def test_where_runs_differ_for_no_reason_only_more_than_that_is_a_cliff() -> None:
    def found(seed: int, slower: float) -> bool:
        """Short runs on a busy machine, each off by a quarter or more."""
        runs = measured(
            [EPOCHS, CPU, MEMORY],
            [(1, 2, 5), (0.5, 1, 2), (512, 1024, 2048)],
            lambda epochs, cpu, memory: epochs / cpu * (slower if memory < 1024 else 1),
            0.25,
            seed,
        )
        return memory_cliff(runs) is not None

    assert sum(found(seed, slower=1) for seed in range(40)) <= 4  # 24 of them, if chance did not count
    assert all(found(seed, slower=4) for seed in range(40))
