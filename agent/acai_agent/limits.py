"""Holding the command to its resources, as the launcher has prepared it: what its process does between fork and exec."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Optional

from acai_agent.contract import ContractBroken
from acai_agent.notes import note

_CPU: Final = "cpu"
_MEMORY: Final = "memory"


class Limits(NamedTuple):
    """`enter` are files that the process writes itself into, with what each enforces. `read` are the groups from which use is
    read, by what is read there. `enforced` says in words by what each resource is held."""

    enter: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cpus: Optional[frozenset[int]] = None
    data_bytes: Optional[int] = None
    read: Mapping[str, str] = MappingProxyType({})
    enforced: Mapping[str, str] = MappingProxyType({})


def read_limits(told: Any) -> Limits:
    """What the launcher told; no limits where it told none. Raises ContractBroken."""
    if told is None:
        return Limits()
    try:
        return Limits(
            enter=tuple((str(path), tuple(map(str, enforces))) for path, enforces in told["enter"]),
            cpus=None if told["cpus"] is None else frozenset(map(int, told["cpus"])),
            data_bytes=None if told["data_bytes"] is None else int(told["data_bytes"]),
            read={str(name): str(path) for name, path in told["read"].items()},
            enforced={str(name): str(how) for name, how in told["enforced"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ContractBroken("The agent was not told its limits as it knows them.") from None


class Gate:
    """What a process goes through on its way to the command. It says on a pipe what held: nothing it can't do keeps the
    command from running, but it is not called enforced then."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._reader, self._writer = os.pipe()
        self._steps: list[tuple[Callable[[], object], tuple[str, ...]]] = []
        self._files: list[int] = []
        for path, enforces in limits.enter:
            self._add_group(path, enforces)
        if limits.cpus is not None and hasattr(os, "sched_setaffinity"):
            cpus = limits.cpus
            self._steps.append((lambda: os.sched_setaffinity(0, cpus), (_CPU,)))
        if limits.data_bytes is not None:
            most = (limits.data_bytes, limits.data_bytes)
            self._steps.append((lambda: resource.setrlimit(resource.RLIMIT_DATA, most), (_MEMORY,)))

    def _add_group(self, path: str, enforces: tuple[str, ...]) -> None:
        try:
            file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as error:
            note(f"The job can't enter {path}: {error.strerror}")
            return
        self._files.append(file)
        self._steps.append((lambda: os.write(file, b"0"), enforces))

    def pass_through(self) -> None:
        """Called in the child. Only system calls: other threads may hold any lock of ours at the fork."""
        for place, (step, _) in enumerate(self._steps):
            try:
                step()
            except (OSError, ValueError):
                continue
            os.write(self._writer, bytes((place,)))

    def close(self) -> dict[str, str]:
        """By what each resource is held. Called once the command runs."""
        os.close(self._writer)
        held = set(os.read(self._reader, 4096)) if self._steps else set()
        for descriptor in (self._reader, *self._files):
            os.close(descriptor)
        names = {name for place, (_, enforces) in enumerate(self._steps) if place in held for name in enforces}
        missing = sorted(set(self._limits.enforced) - names)
        if missing:
            note(f"The job is not held to its {' and '.join(missing)}.")
        return {name: how for name, how in self._limits.enforced.items() if name in names}
