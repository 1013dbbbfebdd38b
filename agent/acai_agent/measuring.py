"""Reading many files for their digests: small ones one after the other, as threads would only get in each other's way there;
large ones, and those of a slow disk, on several."""

from __future__ import annotations

import time
from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from acai_agent.contract import PART_SIZE
from acai_agent.parallel import Stop, for_each
from acai_agent.sources import LocalFile, Measured, measure, measure_in_parts, measure_small, size_of

_SMALL: Final = 64 * 1024
_BATCH: Final = 128
_SLOW_S: Final = 0.0005
"""Where a small file takes longer than this, others can be read while the disk is waited for."""


class _Task(NamedTuple):
    """A file to read: its place among all, and whether its bytes are kept."""

    at: int
    file: LocalFile
    keep: bool

    def run(self) -> tuple[int, Measured]:
        return self.at, measure_small(self.file) if self.keep else measure(self.file)


def measure_all(files: Sequence[LocalFile], room: int, largest: int, threads: int, stop: Stop) -> list[Measured]:
    """Every file with its digest, in the files' order. The bytes of files of at most `largest` are kept, as long as there is
    `room` for them. Raises FileUnreadable, FileChanged, Cancelled."""
    small: list[_Task] = []
    single: list[_Task] = []
    in_parts: list[_Task] = []
    for at, file in enumerate(files):
        size = size_of(file)
        keep = size <= min(largest, room)
        if keep:
            room -= size
        parted = size > PART_SIZE and not isinstance(file.source, bytes)
        (small if size <= _SMALL else in_parts if parted else single).append(_Task(at, file, keep))
    measured = _measure_small(small, threads, stop)
    measured += for_each(_Task.run, single, threads, stop)
    # One file after the other, each on all threads.
    measured += [
        (at, measure_in_parts(file, lambda work, parts: for_each(work, parts, threads, stop))) for at, file, _ in in_parts
    ]
    return [item for _, item in (measured if small and not single and not in_parts else sorted(measured, key=itemgetter(0)))]


def _measure_small(tasks: Sequence[_Task], threads: int, stop: Stop) -> list[tuple[int, Measured]]:
    batches = [tasks[first : first + _BATCH] for first in range(0, len(tasks), _BATCH)]
    done: list[tuple[int, Measured]] = []
    slow = False
    while batches and not slow:
        stop.check()
        begun = time.perf_counter()
        batch = batches.pop(0)
        done += _run(batch)
        slow = time.perf_counter() - begun > _SLOW_S * len(batch)
    for some in for_each(_run, batches, threads, stop):
        done += some
    return done


def _run(batch: Sequence[_Task]) -> list[tuple[int, Measured]]:
    return [task.run() for task in batch]
