"""Without control groups: whole CPUs by affinity, memory by a limit on what each process may allocate."""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable

from acai_jupyter.backends.launchers.limits.way import CPU, MEMORY, Orders
from acai_jupyter.domain.resources import Resources


class WithoutGroups:
    """`taken` tells which CPUs other jobs were given, one entry a job and CPU."""

    name = "affinity and rlimit"
    whole_cpus = True

    def __init__(self, taken: Callable[[], Iterable[int]]) -> None:
        self._taken = taken
        on_linux = sys.platform.startswith("linux")  # elsewhere there is no affinity, and no limit on data that is kept to
        self.can = frozenset({CPU, MEMORY}) if on_linux else frozenset()

    def make(self, group: str, resources: Resources, which: frozenset[str]) -> Orders:
        return Orders(
            cpus=self._free_cpus(math.ceil(resources.cpu)) if CPU in which else None,
            data_bytes=resources.memory_mb * 1024 * 1024 if MEMORY in which else None,
            enforced={name: how for name, how in ((CPU, "affinity"), (MEMORY, "rlimit")) if name in which},
        )

    def members(self, group: str) -> Iterable[int]:
        return ()

    def sweep(self, is_used: Callable[[str], bool]) -> None:
        """Nothing is left."""

    def remove(self, group: str) -> None:
        """Nothing outlives the processes."""

    def _free_cpus(self, count: int) -> tuple[int, ...]:
        """Those that the fewest jobs have."""
        given = Counter(self._taken())
        own = sorted(os.sched_getaffinity(0), key=lambda cpu: (given[cpu], cpu))
        return tuple(sorted(own[:count]))
