"""The launcher: gives a job's agent a place to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from acai_jupyter.domain.resources import Resources


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the launcher can hold and enforce. `enforced` names the resources that a job can't exceed; `whole_cpus` says that
    a share of a CPU is rounded up to a whole one."""

    cpu: float
    memory_mb: int
    gpu: int
    enforced: frozenset[str]
    whole_cpus: bool = False


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """One agent of one attempt. `config` is what the agent is told, its token included; it must reach the agent alone.

    `salvage` is the handle of an agent that died: the new one brings home what that one left, and runs nothing.
    """

    job_id: UUID
    attempt: int
    rank: int
    resources: Resources
    image: str | None
    python: str | None
    config: dict[str, object]
    salvage: str | None = None


class Sign(StrEnum):
    """What the launcher sees of an agent."""

    ALIVE = "alive"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of an agent. `report` is what it left behind without having delivered it, `detail` says how it died."""

    sign: Sign
    report: str | None = None
    detail: str | None = None
    out_of_memory: bool = False


class Launcher(Protocol):
    """Runs agents. What it starts goes on when this process ends; another server of the platform finds it by its handle."""

    def capacity(self) -> Capacity: ...

    def launch(self, spec: LaunchSpec) -> str:
        """Start an agent; returns a handle. Launching one attempt again does not start a second agent where names allow
        it, and never makes a second one run the user's command: the claim decides. Nothing of a dead agent's job runs any
        more when another begins to salvage what it left.

        Raises Unavailable where it may work later, InvalidInput where it never will: there is nothing to salvage, or it was
        tried.
        """
        ...

    def poll(self, handles: Sequence[str]) -> list[Observation]:
        """What became of these agents, in order."""
        ...

    def kill(self, handle: str, force: bool) -> None:
        """Ask the agent to end its job, or (`force`) end both at once. Never ends what it did not start."""
        ...

    def clean(self, handle: str) -> None:
        """Remove what the attempt left, once its job has ended."""
        ...

    def close(self) -> None:
        """Let go of what serves this process; jobs go on."""
        ...
