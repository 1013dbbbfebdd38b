"""Control groups of version 2: one hierarchy, of which systemd gives a user a part of their own (delegation)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from acai_jupyter.backends.launchers.limits.cgroups import PERIOD_US, Mount, members, quota_us, remove, sweep, takes_processes
from acai_jupyter.backends.launchers.limits.way import CPU, MEMORY, Orders
from acai_jupyter.domain.resources import Resources


class CgroupV2:
    """Groups below the nearest group of ours that hands controllers down. A group with processes of its own can't, so it is
    mostly the one above our own."""

    name = "cgroup v2"
    whole_cpus = False

    def __init__(self, mounts: Iterable[Mount]) -> None:
        self._base: Path | None = None
        self.can: frozenset[str] = frozenset()
        for mount in mounts:
            if not mount.controllers:
                self._find_base(mount)

    def make(self, group: str, resources: Resources, which: frozenset[str]) -> Orders:
        assert self._base is not None  # it is asked for nothing that it can't
        folder = _limit(self._base, resources, which, group)
        enforced = dict.fromkeys(sorted(which), self.name)
        return Orders(((str(folder / "cgroup.procs"), tuple(enforced)),), read={"v2": str(folder)}, enforced=enforced)

    def members(self, group: str) -> Iterable[int]:
        return members(self._groups(group))

    def sweep(self, is_used: Callable[[str], bool]) -> None:
        sweep([] if self._base is None else [self._base], is_used)

    def remove(self, group: str) -> None:
        remove(self._groups(group))

    def _groups(self, group: str) -> list[Path]:
        return [] if self._base is None else [self._base / group]

    def _find_base(self, mount: Mount) -> None:
        for place in (mount.own, *mount.own.parents):
            handed = frozenset(_words(place / "cgroup.subtree_control") & {CPU, MEMORY})
            if handed and takes_processes(place, partial(_limit, place, Resources(1.0, 64), handed)):
                self._base, self.can = place, handed
                return
            if place == mount.root:
                return


def _limit(parent: Path, resources: Resources, which: frozenset[str], group: str) -> Path:
    folder = parent / group
    folder.mkdir(exist_ok=True)
    if CPU in which:
        _write(folder / "cpu.max", f"{quota_us(resources.cpu)} {PERIOD_US}")
    if MEMORY in which:
        _write(folder / "memory.max", str(resources.memory_mb * 1024 * 1024))
        for name, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            if (folder / name).exists():
                _write(folder / name, value)
    return folder


def _words(path: Path) -> set[str]:
    try:
        return set(path.read_text(encoding="ascii").split())
    except OSError:
        return set()


def _write(path: Path, value: str) -> None:
    path.write_text(value, encoding="ascii")
