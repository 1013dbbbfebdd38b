"""Control groups of version 1: a hierarchy a controller."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

from acai_jupyter.backends.launchers.limits.cgroups import PERIOD_US, Mount, members, quota_us, remove, sweep, takes_processes
from acai_jupyter.backends.launchers.limits.way import CPU, MEMORY, Orders
from acai_jupyter.domain.resources import Resources

_FOR_USE: Final = "cpuacct"


class CgroupV1:
    """Groups directly below our own, so that what holds us holds jobs too."""

    name = "cgroup v1"
    whole_cpus = False

    def __init__(self, mounts: Iterable[Mount]) -> None:
        found = {controller: mount.own for mount in mounts for controller in mount.controllers}
        self._folders: dict[str, Path] = {
            controller: found[controller]
            for controller in (CPU, MEMORY, _FOR_USE)
            if controller in found
            and takes_processes(found[controller], partial(_limit, found[controller], controller, Resources(1.0, 64)))
        }
        self.can: frozenset[str] = frozenset(self._folders) - {_FOR_USE}

    def make(self, group: str, resources: Resources, which: frozenset[str]) -> Orders:
        enter: list[tuple[str, tuple[str, ...]]] = []
        read: dict[str, str] = {}
        for controller in sorted(which | ({_FOR_USE} & self._folders.keys())):
            folder = _limit(self._folders[controller], controller, resources, group)
            enter.append((str(folder / "cgroup.procs"), () if controller == _FOR_USE else (controller,)))
            read[f"{controller} v1"] = str(folder)
        return Orders(enter=tuple(enter), read=read, enforced=dict.fromkeys(sorted(which), self.name))

    def members(self, group: str) -> Iterable[int]:
        return members(self._groups(group))

    def sweep(self, is_used: Callable[[str], bool]) -> None:
        sweep(self._folders.values(), is_used)

    def remove(self, group: str) -> None:
        remove(self._groups(group))

    def _groups(self, group: str) -> list[Path]:
        return [folder / group for folder in self._folders.values()]


def _limit(parent: Path, controller: str, resources: Resources, group: str) -> Path:
    folder = parent / group
    folder.mkdir(exist_ok=True)
    if controller == CPU:
        _write(folder / "cpu.cfs_period_us", PERIOD_US)
        _write(folder / "cpu.cfs_quota_us", quota_us(resources.cpu))
    elif controller == MEMORY:
        most = resources.memory_mb * 1024 * 1024
        _write(folder / "memory.limit_in_bytes", most)
        with_swap = folder / "memory.memsw.limit_in_bytes"
        if with_swap.exists():
            _write(with_swap, most)
    return folder


def _write(path: Path, value: int) -> None:
    path.write_text(str(value), encoding="ascii")
