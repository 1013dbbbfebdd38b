"""Reading many files for their digests: small ones one after the other, as threads would only get in each other's way there;
large ones, and those of a slow disk, on several."""

from __future__ import annotations

import time
from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from acai_agent.parallel import Stop, for_each
from acai_agent.sources import LocalFile, Measured, measure, measure_small, size_of

_SMALL: Final = 64 * 1024
_BATCH: Final = 128
_SLOW_S: Final = 0.0005
"""Where a small file takes longer than this, others can be read while the disk is waited for."""


class _Task(NamedTuple):
    """A file to read, and whether its bytes are kept."""

    file: LocalFile
    keep: bool

    def run(self) -> Measured:
        return measure_small(self.file) if self.keep else measure(self.file)


def measure_all(files: Sequence[LocalFile], room: int, largest: int, threads: int, stop: Stop) -> list[Measured]:
    """Every file with its digest, in the files' order. The bytes of files of at most `largest` are kept, as long as there is
    `room` for them. Raises FileUnreadable, FileChanged, Cancelled."""
    small: list[tuple[int, _Task]] = []
    large: list[tuple[int, _Task]] = []
    for at, file in enumerate(files):
        size = size_of(file)
        keep = size <= min(largest, room)
        if keep:
            room -= size
        (small if size <= _SMALL else large).append((at, _Task(file, keep)))
    measured = _measure_small(small, threads, stop)
    read = for_each(_Task.run, [task for _, task in large], threads, stop)
    measured += [(large[number][0], item) for number, item in enumerate(read)]
    return [item for _, item in sorted(measured, key=itemgetter(0))] if large else [item for _, item in measured]


def _measure_small(tasks: Sequence[tuple[int, _Task]], threads: int, stop: Stop) -> list[tuple[int, Measured]]:
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


def _run(batch: Sequence[tuple[int, _Task]]) -> list[tuple[int, Measured]]:
    return [(at, task.run()) for at, task in batch]
