"""Processes of this machine, named so that a reused pid or a reboot is never mistaken for what we started."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_ON_LINUX: Final = sys.platform.startswith("linux")
_THREADS_FIELD: Final = 17
_START_FIELD: Final = 19
"""Of what follows the name in /proc/<pid>/stat: how many threads a process has, and when it was started."""

_LONGEST_END_S: Final = 5.0
_LOOK_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class ProcessName:
    """One process, of all that ever ran on this machine: its pid was given to others before, and will be again."""

    boot: str
    pid: int
    start: str


@dataclass(frozen=True, slots=True)
class Process:
    """A line of the process table. A dead one is a zombie: it has ended, and its parent has not asked how."""

    pid: int
    parent: int
    group: int
    session: int
    start: str
    dead: bool


def name_of(pid: int) -> ProcessName | None:
    """The name of the process that has `pid` now, None where there is none."""
    process = _look(pid)
    return None if process is None else ProcessName(boot_id(), pid, process.start)


def is_alive(name: ProcessName) -> bool:
    """Whether this very process runs. Raises OSError where that can't be told now."""
    process = _find(name)
    return process is not None and not process.dead


def exists(name: ProcessName) -> bool:
    """Whether this very process runs, or has ended and not been laid to rest: its pid is nobody else's yet."""
    return _find(name) is not None


def lay_to_rest(name: ProcessName) -> int | None:
    """How a process ended that we started ourselves: its exit code, or minus the signal. None where nobody can know."""
    process = _find(name)
    if process is None or not process.dead or process.parent != os.getpid():
        return None
    try:
        pid, status = os.waitpid(name.pid, os.WNOHANG)
    except ChildProcessError:
        return None  # another thread was faster
    return os.waitstatus_to_exitcode(status) if pid else None


class Children:
    """The processes that this one has started: each must be asked how it ended, or it stays in the table as a zombie."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[ProcessName, int | None] = {}

    def add(self, name: ProcessName) -> None:
        with self._lock:
            self._codes[name] = None

    def lay_to_rest(self) -> None:
        """Ask all that have ended. Only a failure is remembered: it is a crash, which somebody will ask about."""
        with self._lock:
            for name in [name for name, code in self._codes.items() if code is None]:
                with suppress(OSError):  # who can't be looked at now is asked another time
                    self._lay_to_rest(name)

    def _lay_to_rest(self, name: ProcessName) -> None:
        code = lay_to_rest(name)
        if code:
            self._codes[name] = code
        elif code == 0 or not exists(name):
            del self._codes[name]

    def take_code(self, name: ProcessName) -> int | None:
        """With which failure one ended; told once. None where there was none, or it was not started here."""
        self.lay_to_rest()  # it may have ended just now
        with self._lock:
            code = self._codes.get(name)
            if code is not None:
                del self._codes[name]
            return code


def send(name: ProcessName, number: signal.Signals) -> bool:
    """Send a signal to this very process; False where it has ended, or is another user's."""
    if sys.platform != "linux":
        return is_alive(name) and _told(lambda: os.kill(name.pid, number))
    try:
        descriptor = os.pidfd_open(name.pid)
    except OSError as error:
        if error.errno in (errno.ESRCH, errno.ENOENT, errno.EINVAL):  # it has gone, or its number is that of a thread by now
            return False
        raise
    try:
        # The descriptor holds the process: between the look and the signal its pid can't become another's.
        return is_alive(name) and _told(lambda: signal.pidfd_send_signal(descriptor, number))
    finally:
        os.close(descriptor)


def end_with_descendants(names: Sequence[ProcessName], others: Callable[[list[Process]], Iterable[Process]]) -> None:
    """End processes by force, with all that stem from them, and with those that `others` picks from the process table. Of
    `names` each stems from the one before, as long as that lives."""
    # Stopped, they can neither start anything new nor make something of their children's end.
    for name in names:
        send(name, signal.SIGSTOP)
    deadline = time.monotonic() + _LONGEST_END_S
    stopped: set[ProcessName] = set()
    while time.monotonic() < deadline:
        found = _doomed(names, others)
        if not found:
            break
        # Who dies takes along the trace of its children: first all are stopped, until there are no new ones.
        how = signal.SIGKILL if found <= stopped else signal.SIGSTOP
        for one in found if how is signal.SIGKILL else found - stopped:
            send(one, how)
        stopped |= found
        if how is signal.SIGKILL:
            time.sleep(_LOOK_S)
    for one in [*stopped, *reversed(names)]:
        send(one, signal.SIGKILL)
    while any(is_alive(name) for name in names) and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
    for name in names:
        lay_to_rest(name)


def _doomed(names: Sequence[ProcessName], others: Callable[[list[Process]], Iterable[Process]]) -> set[ProcessName]:
    """The living that are to end with these processes, without them and us."""
    table = list(_table())
    kept = {os.getpid(), *(name.pid for name in names)}
    found = [process for name in names for process in _descendants(name, table)]
    return {
        ProcessName(boot_id(), process.pid, process.start)
        for process in [*found, *others(table)]
        if not process.dead and process.pid not in kept
    }


def environment_of(pid: int) -> frozenset[bytes]:
    """The environment with which a process was started, as `NAME=value`; empty where it may not be read, or has none."""
    try:
        return frozenset(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:
        return frozenset()


@cache
def boot_id() -> str:
    """Names the time since this machine was started."""
    if _ON_LINUX:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return _output("sysctl", "-n", "kern.bootsessionuuid").strip()


def _find(name: ProcessName) -> Process | None:
    process = _look(name.pid) if name.boot == boot_id() else None
    return process if process is not None and process.start == name.start else None


def _descendants(name: ProcessName, table: list[Process]) -> list[Process]:
    if not is_alive(name):
        return []
    found = [process for process in table if process.session == name.pid]
    parents = {name.pid}
    while parents:
        children = [process for process in table if process.parent in parents]
        found += children
        parents = {process.pid for process in children}
    return found


def _table() -> Iterator[Process]:
    if not _ON_LINUX:
        yield from _listed("-A")
        return
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdecimal()]
    for pid in pids:
        process = _look(pid)
        if process is not None:
            yield process


def _look(pid: int) -> Process | None:
    """Raises OSError where nobody can look now: that this process has too many files open says nothing of another."""
    if not _ON_LINUX:
        return next(_listed("-p", str(pid)), None)
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    fields = text.rpartition(")")[2].split()
    state, parent, group, session = fields[:4]
    # While others of its threads still run, a process whose first one has ended already looks like a zombie.
    dead = state in "ZX" and int(fields[_THREADS_FIELD]) <= 1
    return Process(pid, int(parent), int(group), int(session), fields[_START_FIELD], dead)


def _listed(*which: str) -> Iterator[Process]:
    """The process table where there is no /proc. Its `ps` knows no sessions; a leader's group stands for its session."""
    for line in _output("ps", *which, "-o", "pid=,ppid=,pgid=,stat=,lstart=").splitlines():
        pid, parent, group, state, start = line.split(None, 4)
        yield Process(int(pid), int(parent), int(group), int(group), start.strip(), state.startswith("Z"))


def _output(*command: str) -> str:
    # Times are told alike to everybody who compares them.
    env = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env).stdout


def _told(tell: Callable[[], None]) -> bool:
    try:
        tell()
    except (ProcessLookupError, PermissionError):
        return False
    return True
