"""A launcher's double: it keeps what it was given to launch, and its agents are what a test says they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acai_jupyter.domain.errors import InvalidRequest
from acai_jupyter.ports.launcher import Capacity, LaunchSpec, Observation, Sign

ALIVE = Observation(Sign.ALIVE)
GONE = Observation(Sign.GONE)


class StandInLauncher:
    """Handles name job, attempt, rank and how often that was launched. `refusals` are raised by the next launches.
    `salvageable` says whether dead agents leave anything."""

    def __init__(self) -> None:
        self.launched: dict[str, LaunchSpec] = {}
        self.seen: dict[str, Observation] = {}
        self.killed: list[tuple[str, bool]] = []
        self.cleaned: list[str] = []
        self.refusals: list[Exception] = []
        self.kill_refusals: list[Exception] = []
        self.clean_refusals: list[Exception] = []
        self.salvageable = False
        self.place = Capacity(1000.0, 1_000_000, 0, frozenset({"cpu", "memory"}))
        self.on_launch: Callable[[LaunchSpec], None] = lambda spec: None

    @property
    def specs(self) -> list[LaunchSpec]:
        """What was launched, in order."""
        return list(self.launched.values())

    @property
    def handles(self) -> list[str]:
        return list(self.launched)

    def capacity(self) -> Capacity:
        return self.place

    def launch(self, spec: LaunchSpec) -> str:
        if self.refusals:
            raise self.refusals.pop(0)
        if spec.salvage is not None and (not self.salvageable or self.launched[spec.salvage].salvage is not None):
            raise InvalidRequest("There is nothing (more) to salvage.")
        handle = f"{spec.job_id.hex}/{spec.attempt}/{spec.rank}/{len(self.launched)}"
        self.launched[handle] = spec
        self.on_launch(spec)
        return handle

    def poll(self, handles: Sequence[str]) -> list[Observation]:
        return [self.seen.get(handle, ALIVE) for handle in handles]

    def kill(self, handle: str, force: bool) -> None:
        if self.kill_refusals:
            raise self.kill_refusals.pop(0)
        self.killed.append((handle, force))

    def clean(self, handle: str) -> None:
        if self.clean_refusals:
            raise self.clean_refusals.pop(0)
        self.cleaned.append(handle)

    def close(self) -> None:
        """Nothing is held."""
