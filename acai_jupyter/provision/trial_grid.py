"""The grid of a profile's trials, cut to what the launcher can hold and enforce."""

from __future__ import annotations

from acai_jupyter.domain.errors import ResourcesOutOfBounds
from acai_jupyter.domain.profiles import ProfileRequest
from acai_jupyter.domain.resources import Bounds, Resources, cpus_in_words, on_grid
from acai_jupyter.ports.launcher import Capacity


def explored(
    wanted: ProfileRequest, capacity: Capacity, bounds: Bounds
) -> tuple[tuple[float, ...], tuple[int, ...], tuple[str, ...]]:
    """The CPUs and memories to try, and in words what was cut.

    Raises ResourcesOutOfBounds where nothing is left.
    """
    notes: list[str] = []
    by_cpu = [on_grid(Resources(cpu, bounds.memory_min_mb), bounds) for cpu in wanted.cpus]
    by_memory = [on_grid(Resources(bounds.cpu_min, memory_mb), bounds) for memory_mb in wanted.memories_mb]
    notes += [note for rounded in (*by_cpu, *by_memory) for note in rounded.said]
    all_cpus = {rounded.resources.cpu for rounded in by_cpu}
    all_memories = {rounded.resources.memory_mb for rounded in by_memory}
    cpus = sorted(cpu for cpu in all_cpus if cpu <= capacity.cpu)
    memories = sorted(memory_mb for memory_mb in all_memories if memory_mb <= capacity.memory_mb)
    if not cpus or not memories:
        raise ResourcesOutOfBounds(
            f"No trial fits here: there are {cpus_in_words(capacity.cpu)} and {capacity.memory_mb} MB."
            " Give fewer with cpus and memories."
        )
    if len(cpus) < len(all_cpus):
        notes.append(f"no trials on more than {cpus_in_words(capacity.cpu)}: there are no more here")
    if len(memories) < len(all_memories):
        notes.append(f"no trials with more than {capacity.memory_mb} MB: there is no more here")
    if (capacity.whole_cpus or "cpu" not in capacity.enforced) and any(cpu % 1 for cpu in cpus):
        whole = sorted({max(round(cpu), 1) if cpu % 1 else int(cpu) for cpu in cpus})
        notes.append("no trials on parts of a CPU: they can't be enforced here")
        cpus = [float(cpu) for cpu in whole if cpu <= capacity.cpu]
    if "memory" not in capacity.enforced and len(memories) > 1:
        notes.append(f"all trials with {memories[-1]} MB: limits on memory can't be enforced here, so others teach nothing")
        memories = memories[-1:]
    return tuple(cpus), tuple(memories), tuple(notes)
