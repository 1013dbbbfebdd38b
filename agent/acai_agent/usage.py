"""What the command and its children use: read from control groups where the job has some, else summed over its processes."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Optional

from acai_agent.processes import Process, descendants

_ON_LINUX: Final = sys.platform.startswith("linux")
_MILLION: Final = 1_000_000
_BILLION: Final = 1_000_000_000
_WORDS: Final = (b"MemoryError", b"Cannot allocate memory", b"std::bad_alloc", b"out of memory", b"OutOfMemory")
"""How programs say that an allocation was refused."""


class Use(NamedTuple):
    """So far: seconds of CPU time, bytes of memory at this moment, bytes read from and written to disks, and seconds for which
    the limit on CPUs has held the job up."""

    cpu_s: float = 0.0
    memory: int = 0
    read: int = 0
    written: int = 0
    throttled_s: float = 0.0


class Meter:
    """Of one command. `groups` are folders of control groups by what is read there: `v2`, `cpu v1`, `cpuacct v1`, `memory v1`."""

    def __init__(self, groups: Mapping[str, str]) -> None:
        self._groups = {name: Path(path) for name, path in groups.items()}
        self._last = Use()
        self._machine_kills = _machine_kills()

    def measure(self) -> Use:
        """What is used; the sums never fall, also where a process that counted has ended."""
        processes = descendants() if _ON_LINUX else []
        read, written = self._disk(processes)
        last = self._last
        self._last = Use(
            max(last.cpu_s, self._cpu_s(processes)),
            self._memory(processes),
            max(last.read, read),
            max(last.written, written),
            max(last.throttled_s, self._throttled_s()),
        )
        return self._last

    def largest(self) -> int:
        """Bytes of memory that the largest of the processes that have ended ever had."""
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return largest * 1024 if _ON_LINUX else largest

    def memory_of_processes(self) -> int:
        """Bytes that the processes have, what they share counted once. Dear: the system walks through their pages."""
        return sum(_shared_fairly(process) for process in descendants())

    def memory_ran_out(self, signal: Optional[int], last_words: bytes, data_limited: bool) -> bool:
        """Whether a command that did not end well met the end of its memory. `last_words` is the end of its log."""
        if self.killed_for_memory():
            return True
        if signal == 9 and _machine_kills() > self._machine_kills:
            return True  # the machine's own memory has run out
        return data_limited and any(word in last_words for word in _WORDS)

    def killed_for_memory(self) -> int:
        """How many processes of the job's group the system has ended for its memory."""
        return self._count("v2", "memory.events", "oom_kill") + self._count("memory v1", "memory.oom_control", "oom_kill")

    def remove_groups(self) -> None:
        """The command has ended: its groups are of no use any more. The launcher removes what we can't."""
        for folder in self._groups.values():
            try:
                folder.rmdir()
            except OSError:
                continue

    def _cpu_s(self, processes: Iterable[Process]) -> float:
        if "v2" in self._groups:
            return self._count("v2", "cpu.stat", "usage_usec") / _MILLION
        if "cpuacct v1" in self._groups:
            return _number(self._groups["cpuacct v1"] / "cpuacct.usage") / _BILLION
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime + sum(process.cpu_s for process in processes)

    def _memory(self, processes: Iterable[Process]) -> int:
        """Without what only caches files that nobody has open: the system takes that back when it likes."""
        if (self._groups.get("v2", Path()) / "memory.current").is_file():
            return max(0, _number(self._groups["v2"] / "memory.current") - self._count("v2", "memory.stat", "inactive_file"))
        if "memory v1" in self._groups:
            cached = self._count("memory v1", "memory.stat", "total_inactive_file")
            return max(0, _number(self._groups["memory v1"] / "memory.usage_in_bytes") - cached)
        return sum(process.memory for process in processes)

    def _throttled_s(self) -> float:
        if "v2" in self._groups:
            return self._count("v2", "cpu.stat", "throttled_usec") / _MILLION
        return self._count("cpu v1", "cpu.stat", "throttled_time") / _BILLION

    def _disk(self, processes: Iterable[Process]) -> tuple[int, int]:
        found = [_pairs(Path(f"/proc/{process.pid}/io")) for process in processes]
        return sum(one.get("read_bytes", 0) for one in found), sum(one.get("write_bytes", 0) for one in found)

    def _count(self, group: str, file: str, name: str) -> int:
        return _named(self._groups[group] / file, name) if group in self._groups else 0


def _shared_fairly(process: Process) -> int:
    return _pairs(Path(f"/proc/{process.pid}/smaps_rollup")).get("Pss", 0) * 1024


def _machine_kills() -> int:
    return _named(Path("/proc/vmstat"), "oom_kill")


def _named(path: Path, name: str) -> int:
    """The number in the line `name number` of a file; 0 where there is none, or no file that may be read."""
    try:
        _, _, rest = (b"\n" + path.read_bytes()).partition(b"\n%s " % name.encode())
    except OSError:
        return 0
    words = rest.split(maxsplit=1)
    return int(words[0]) if words and words[0].isdigit() else 0


def _pairs(path: Path) -> dict[str, int]:
    """The lines `name: number` of a file; nothing where it has gone or may not be read."""
    found: dict[str, int] = {}
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdecimal():
            found[name] = int(words[0])
    return found


def _number(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def last_bytes(path: Path, most: int = 4096) -> bytes:
    """The end of a file; nothing where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read()
    except OSError:
        return b""
