"""What of this machine is ours to give to jobs: a container often has less than the machine it is on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from acai_jupyter.backends.launchers.limits.cgroups import Mount, own_mounts

_MB: Final = 1024 * 1024
_HOLDS_S: Final = 10.0


class Machine:
    """What there is, looked up again only after a while: every job asks, and it hardly ever changes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._found: tuple[float, int] | None = None
        self._looked_at = 0.0

    def look(self) -> tuple[float, int]:
        """CPUs, and MB of memory."""
        now = self._clock()
        if self._found is None or now - self._looked_at > _HOLDS_S:
            self._found, self._looked_at = (machine_cpus(), machine_memory_mb()), now
        return self._found


def machine_cpus() -> float:
    """CPUs that this process may use at once."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([float(count), *(limit for mount in own_mounts() for limit in _cpu_limits(mount))])


def machine_memory_mb() -> int:
    """MB of memory that this process and its children may have."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return min([pages * page_bytes, *(limit for mount in own_mounts() for limit in _memory_limits(mount))]) // _MB


def _groups(mount: Mount) -> list[Path]:
    """Our own group, and those around it: each of them may hold us."""
    return [place for place in (mount.own, *mount.own.parents) if place.is_relative_to(mount.root)]


def _cpu_limits(mount: Mount) -> list[float]:
    found = []
    for place in _groups(mount):
        if mount.controllers:
            words = [_read(place / "cpu.cfs_quota_us"), _read(place / "cpu.cfs_period_us")]
        else:
            words = _read(place / "cpu.max").split()
        if len(words) == 2 and all(word.isdecimal() for word in words) and int(words[1]):
            found.append(int(words[0]) / int(words[1]))
    return found


def _memory_limits(mount: Mount) -> list[int]:
    name = "memory.limit_in_bytes" if mount.controllers else "memory.max"
    return [int(text) for text in (_read(place / name) for place in _groups(mount)) if text.isdecimal()]


def _read(path: Path) -> str:
    """What stands in a file, nothing where there is none; no limit is `max` or a negative number."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
