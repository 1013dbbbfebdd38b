"""Which way holds which resource on this machine, and all of them as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from acai_jupyter.backends.launchers.limits.cgroup_v1 import CgroupV1
from acai_jupyter.backends.launchers.limits.cgroup_v2 import CgroupV2
from acai_jupyter.backends.launchers.limits.cgroups import own_mounts
from acai_jupyter.backends.launchers.limits.way import CPU, MEMORY, Orders, Way
from acai_jupyter.backends.launchers.limits.without_groups import WithoutGroups
from acai_jupyter.domain.resources import Resources


def machine_ways(taken: Callable[[], Iterable[int]]) -> list[Way]:
    """The ways of this machine, the best first. Each is found out by trying it."""
    mounts = own_mounts()
    return [CgroupV2(mounts), CgroupV1(mounts), WithoutGroups(taken)]


class Limits:
    """Each resource is held by the first way that can. `find` is called at first use: it tries things."""

    def __init__(self, find: Callable[[], Iterable[Way]]) -> None:
        self._find = find

    @cached_property
    def _by_resource(self) -> Mapping[str, Way]:
        ways = list(self._find())
        found = {what: next((way for way in ways if what in way.can), None) for what in (CPU, MEMORY)}
        return {what: way for what, way in found.items() if way is not None}

    @property
    def enforced(self) -> frozenset[str]:
        """The resources that a job can't exceed."""
        return frozenset(self._by_resource)

    @property
    def whole_cpus(self) -> bool:
        """Whether a share of a CPU can't be held, and is rounded up."""
        way = self._by_resource.get(CPU)
        return way is not None and way.whole_cpus

    def make(self, group: str, resources: Resources) -> Orders:
        """Prepare the limits of one attempt. Raises OSError."""
        all_orders = Orders()
        for way, which in self._ways():
            own = way.make(group, resources, which)
            all_orders = Orders(
                enter=all_orders.enter + own.enter,
                cpus=own.cpus if own.cpus is not None else all_orders.cpus,
                data_bytes=own.data_bytes if own.data_bytes is not None else all_orders.data_bytes,
                read=all_orders.read | own.read,
                enforced=all_orders.enforced | own.enforced,
            )
        return replace(all_orders, enforced=dict(sorted(all_orders.enforced.items())))

    def members(self, group: str) -> set[int]:
        """The pids of an attempt's processes, as far as anything knows them."""
        return {pid for way, _ in self._ways() for pid in way.members(group)}

    def remove(self, group: str) -> None:
        """Forget an attempt whose processes have ended. Raises OSError where some have not."""
        for way, _ in self._ways():
            way.remove(group)

    def _ways(self) -> list[tuple[Way, frozenset[str]]]:
        found: list[Way] = []
        for way in self._by_resource.values():
            if way not in found:
                found.append(way)
        return [(way, frozenset(what for what, by in self._by_resource.items() if by is way)) for way in found]
