"""What both versions of Linux' control groups share: where they are mounted, and how a group is made and removed."""

from __future__ import annotations

import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PERIOD_US: Final = 100_000
"""The period in which a share of CPU time is given."""

_OLD_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Mount:
    """A hierarchy of control groups, and our own place in it. `controllers` is empty for version 2."""

    root: Path
    own: Path
    controllers: frozenset[str]


def mounts(mountinfo: str, groups: str) -> Iterator[Mount]:
    """The hierarchies of this process, from /proc/self/mountinfo and /proc/self/cgroup."""
    places = {names: path for _, names, path in (line.split(":", 2) for line in groups.splitlines() if line.count(":") >= 2)}
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3 or kind[0] not in ("cgroup", "cgroup2"):
            continue
        options = frozenset(kind[2].split(",")) if kind[0] == "cgroup" else frozenset[str]()
        place = _place(places, options)
        if place is not None:
            below = Path("/", place).relative_to("/")
            hidden = Path(fields[3]).relative_to("/")
            if below.is_relative_to(hidden):
                below = below.relative_to(hidden)
            yield Mount(Path(fields[4]), Path(fields[4]) / below, options)


def _place(places: dict[str, str], options: frozenset[str]) -> str | None:
    if not options:
        return places.get("")
    return next((path for names, path in places.items() if names and set(names.split(",")) <= options), None)


def own_mounts() -> list[Mount]:
    """The hierarchies of this process; none where there is no such thing."""
    try:
        mountinfo, groups = (Path(f"/proc/self/{name}").read_text(encoding="utf-8") for name in ("mountinfo", "cgroup"))
    except OSError:
        return []
    return list(mounts(mountinfo, groups))


def takes_processes(folder: Path, try_it: Callable[[str], object]) -> bool:
    """Whether a group may be made below `folder`, `try_it` works on it by its name, and a process may enter it."""
    name = f"acai-probe-{uuid.uuid4().hex}"
    try:
        try_it(name)
        entered = subprocess.run(["/bin/sh", "-c", 'echo 0 > "$0"', str(folder / name / "cgroup.procs")], capture_output=True)
        return entered.returncode == 0
    except OSError:
        return False
    finally:
        remove([folder / name], quietly=True)


def members(folders: Iterable[Path]) -> set[int]:
    """The processes in these groups."""
    found: set[int] = set()
    for folder in folders:
        try:
            found.update(int(pid) for pid in (folder / "cgroup.procs").read_text(encoding="ascii").split())
        except OSError:
            continue  # the group has gone
    return found


def remove(folders: Iterable[Path], quietly: bool = False) -> None:
    """Remove groups, those that are there. Raises OSError where a process lives in one, unless `quietly`."""
    for folder in folders:
        try:
            folder.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            if not quietly:
                raise


def sweep(parents: Iterable[Path], is_used: Callable[[str], bool]) -> None:
    """Remove the groups that agents have left below `parents` which died for good, with their platform perhaps. A young one may
    be about to be entered, by a job of another platform; one with a process in it can't be removed."""
    for parent in parents:
        for group in parent.glob("acai-*"):
            try:
                old = time.time() - group.stat().st_mtime > _OLD_S
            except FileNotFoundError:
                continue
            if old and not is_used(group.name):
                remove([group], quietly=True)


def quota_us(cpu: float) -> int:
    """The CPU time of a period."""
    return max(1000, int(cpu * PERIOD_US))
