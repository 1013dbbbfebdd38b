"""One way of holding a job to its resources, and what an agent is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from acai_jupyter.domain.resources import Resources

CPU: Final = "cpu"
MEMORY: Final = "memory"


@dataclass(frozen=True, slots=True)
class Orders:
    """What a job's agent does so that the command is held. `enter` are files that the command's process writes itself into,
    with what each of them enforces; `read` are folders of control groups from which use is read, by what is read there."""

    enter: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cpus: tuple[int, ...] | None = None
    data_bytes: int | None = None
    read: dict[str, str] = field(default_factory=dict)
    enforced: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "enter": [[path, list(enforces)] for path, enforces in self.enter],
            "cpus": None if self.cpus is None else list(self.cpus),
            "data_bytes": self.data_bytes,
            "read": self.read,
            "enforced": self.enforced,
        }


class Way(Protocol):
    """What a machine offers. `can` are the resources that it was tried with; it is asked for no others."""

    name: str
    can: frozenset[str]
    whole_cpus: bool

    def make(self, group: str, resources: Resources, which: frozenset[str]) -> Orders:
        """Prepare the limits of one attempt; `group` names it. Making them again changes nothing. Raises OSError."""
        ...

    def members(self, group: str) -> Iterable[int]:
        """The pids of the attempt's processes, as far as this way knows them."""
        ...

    def sweep(self, is_used: Callable[[str], bool]) -> None:
        """Remove what attempts have left that nobody looks after any more; not those of which `is_used` says so."""
        ...

    def remove(self, group: str) -> None:
        """Forget an attempt whose processes have ended. Raises OSError where some have not."""
        ...
