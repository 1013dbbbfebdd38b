"""The processes that stem from the agent, however far they have strayed from it."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

_MOST_DESCRIPTORS: Final = 255
_ON_LINUX: Final = sys.platform.startswith("linux")
_PR_SET_DUMPABLE: Final = 4
_PR_SET_CHILD_SUBREAPER: Final = 36
_THREADS_FIELD: Final = 17
_START_FIELD: Final = 19
"""Of what follows the name in /proc/<pid>/stat: how many threads a process has, and when it was started."""

_TIME_FIELDS: Final = slice(11, 15)
_PAGES_FIELD: Final = 21
"""Ticks of CPU time, of the process and of those of its children that it has asked how they ended; pages of memory."""

_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_CHILDREN_ARE_TOLD: Final = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists()


class Process(NamedTuple):
    """A line of the process table. When it was started, seconds of CPU time and bytes of memory are only known on Linux."""

    pid: int
    parent: int
    group: int
    dead: bool
    cpu_s: float = 0.0
    memory: int = 0
    start: str = ""


def adopt_orphans() -> bool:
    """Become the parent of what loses its own below us, so that a daemon is found too. False where there is no such thing."""
    return _set_process_option(_PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> bool:
    """Keep the user's other processes, the job's among them, from reading the token in our memory."""
    return _set_process_option(_PR_SET_DUMPABLE, 0)


def last_descriptor() -> int:
    """The greatest file descriptor that this process has open."""
    try:
        return max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    except OSError:  # whose memory is hidden may not look there, in old systems
        return _MOST_DESCRIPTORS


def signal_descendants(number: signal.Signals, group: int) -> None:
    """Send a signal to the job's process group and to every other process that stems from us; nobody gets it twice."""
    living = [process for process in _descendants(group) if not process.dead]
    if any(process.group == group for process in living):
        _send(lambda: os.killpg(group, number))
    for process in living:
        if process.group != group:
            send(process, number)


def send(process: Process, number: signal.Signals) -> None:
    """Send a signal to this very process, where that can be held: else its pid might become another's before the signal."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        _send(lambda: os.kill(process.pid, number))
        return
    try:
        held = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    except OSError:  # this kernel has no such thing, or we have too many files open
        _send(lambda: os.kill(process.pid, number))
        return
    try:
        if start_time(process.pid) == process.start:
            _send(lambda: signal.pidfd_send_signal(held, number))
    finally:
        os.close(held)


def group_lives(group: int) -> bool:
    """Whether the process group has a member."""
    return any(process.group == group and not process.dead for process in _table())


def start_time(pid: int) -> str | None:
    """When a process was started, as its system tells it; with the pid this names one process. None where it has gone."""
    if not _ON_LINUX:
        return _listed("lstart=", "-p", str(pid)).strip() or None
    fields = _fields(pid)
    return fields[_START_FIELD] if fields else None


def is_alive(boot: str, pid: int, start: str) -> bool:
    """Whether the very process runs that was started then, and not another one that was given its id since."""
    if boot != boot_id() or start_time(pid) != start:
        return False
    if _ON_LINUX:
        process = _process(pid)
        return process is not None and not process.dead
    return not _listed("stat=", "-p", str(pid)).startswith("Z")


@functools.lru_cache(maxsize=None)
def boot_id() -> str:
    """Names the time since this machine was started."""
    if _ON_LINUX:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return subprocess.run(["sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, text=True, check=False).stdout.strip()


def descendants() -> list[Process]:
    """The processes that stem from us, as far as their parents tell. One that is begun or ends at this moment may be missing:
    it is for measuring."""
    if not _CHILDREN_ARE_TOLD:
        return _below_us(list(_table()))
    waiting, found = _children(os.getpid()), []
    while waiting:
        pid = waiting.pop()
        process = _process(pid)
        if process is not None:
            found.append(process)
            waiting += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    """The children of all threads of a process. (To look for them in the whole process table takes milliseconds.)"""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_bytes().split())
    return found


def _below_us(table: list[Process]) -> list[Process]:
    found: list[Process] = []
    parents = {os.getpid()}
    while parents:
        children = [process for process in table if process.parent in parents]
        found += children
        parents = {process.pid for process in children}
    return found


def _descendants(group: int) -> list[Process]:
    table = list(_table())
    found = _below_us(table)
    if _ON_LINUX:
        return found
    # Elsewhere nobody adopts: who lost its parent is still known by its group.
    known = {process.pid for process in found}
    return found + [process for process in table if process.group == group and process.pid not in known]


def _table() -> Iterator[Process]:
    if not _ON_LINUX:
        yield from _table_from_ps()
        return
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdecimal()]
    yield from filter(None, map(_process, pids))


def _process(pid: int) -> Process | None:
    fields = _fields(pid)
    if not fields:
        return None
    # While others of its threads still run, a process whose first one has ended already looks like a zombie.
    dead = fields[0] in "ZX" and int(fields[_THREADS_FIELD]) <= 1
    ticks = sum(map(int, fields[_TIME_FIELDS]))
    cpu_s, memory = ticks / _TICKS_A_SECOND, int(fields[_PAGES_FIELD]) * _PAGE_BYTES
    return Process(pid, int(fields[1]), int(fields[2]), dead, cpu_s, memory, fields[_START_FIELD])


def _fields(pid: int) -> list[str] | None:
    """What /proc tells about a process, after its name; None where it has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _table_from_ps() -> Iterator[Process]:
    for line in _listed("pid=,ppid=,pgid=,stat=", "-A").splitlines():
        pid, parent, group, state = line.split(None, 3)
        yield Process(int(pid), int(parent), int(group), state.startswith("Z"))


def _listed(columns: str, *arguments: str) -> str:
    # Times are told alike to everybody who compares them.
    env = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(["ps", *arguments, "-o", columns], capture_output=True, text=True, check=False, env=env).stdout


def _send(tell: Callable[[], None]) -> None:
    try:
        tell()
    except ProcessLookupError:
        pass  # it ended by itself meanwhile
    except PermissionError:
        pass  # it runs as another user (sudo): only that user can end it


def _set_process_option(option: int, value: int) -> bool:
    if not _ON_LINUX:
        return False
    return bool(_c_library().prctl(option, value, 0, 0, 0) == 0)


@functools.cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
