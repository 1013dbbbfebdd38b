"""A user's command starts at most once, whatever is done to agents at the moment of the claim: two machines have launched the
same attempt, and agents are killed, stopped, and left without an answer. Real agents, and the engine's own claim."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.engine import Agent, Engine
from support.waiting import wait_for

from acai_jupyter.backends.launchers.process import ProcessLauncher
from acai_jupyter.domain.errors import AgentSuperseded
from acai_jupyter.domain.ids import Kind, read, write
from acai_jupyter.engine.settings import EngineSettings
from acai_jupyter.ports.launcher import LaunchSpec, Sign
from tests.agent.stand_in import TOKEN, StandIn
from tests.agent.stand_in_lake import Refused
from tests.contracts.threads import together
from tests.faults.conftest import FULL

ROUNDS = 125 if FULL else 4
"""With two agents each, for 40 seeds in full: 10,000 agents."""

DEEDS = ("nothing", "kill", "stop", "lose", "drop")


class Claims(StandIn):
    """The engine decides who has the job; `before` and `after` are done when an agent asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.agent: Agent | None = None
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def _claim(self, body: dict[str, Any]) -> dict[str, Any]:
        assert self.agent is not None
        self.before()
        try:
            self.agent.engine.monitor.claim(self.agent.principal, read(Kind.AGENT, body["instance"]))
        except AgentSuperseded as error:
            raise Refused(409, error.code, error.message) from error
        finally:
            self.after()
        return self.manifest


@pytest.fixture
def platform() -> Iterator[Claims]:
    claims = Claims()
    claims.start()
    yield claims
    claims.stop()


@pytest.fixture
def launchers(tmp_path: Path) -> Iterator[list[ProcessLauncher]]:
    """Two machines: neither sees what the other has started."""
    made = [ProcessLauncher(tmp_path / name / "jobs", []) for name in ("here", "there")]
    yield made
    for launcher in made:
        launcher.close()


class Round:
    """One job, launched twice."""

    def __init__(self, platform: Claims, engine: Engine, launchers: list[ProcessLauncher], folder: Path) -> None:
        engine.submit()
        engine.tick()
        launched = engine.launcher.specs[-1]
        platform.agent = Agent(engine, launched)
        self._ran = folder / launched.job_id.hex
        platform.manifest |= {"job": write(Kind.JOB, launched.job_id), "command": ["/bin/sh", "-c", f"echo x >> {self._ran}"]}
        config = {**launched.config, "url": platform.url, "token": TOKEN, "servers": None}
        self._spec = LaunchSpec(launched.job_id, 1, 0, launched.resources, None, None, config)
        self._launchers = launchers
        self._folders = [folder / name / "jobs" / launched.job_id.hex / "1" / "0" for name in ("here", "there")]
        self._platform = platform
        self._stopped: set[int] = set()
        self.killed = False

    def once(self, deed: str, target: int) -> Callable[[], None]:
        """Does something the first time that it is called."""
        left = [deed]
        return lambda: self._do(left.pop(), target) if left else None

    def _do(self, deed: str, target: int) -> None:
        """To one of the two agents, or to an answer."""
        if deed in ("lose", "drop"):
            self._platform.fail("/agent/claim", deed)
        elif deed != "nothing" and (pid := self._pid(target)):
            self.killed = self.killed or deed == "kill"
            self._stopped |= {target} if deed == "stop" else set()
            try:
                os.kill(pid, signal.SIGKILL if deed == "kill" else signal.SIGSTOP)
            except ProcessLookupError:
                return  # it has left already

    def play(self) -> int:
        """Launch both, let them go on, and see how often the command was started."""
        handles = together([lambda launcher=launcher: launcher.launch(self._spec) for launcher in self._launchers])
        for target, (launcher, handle) in enumerate(zip(self._launchers, handles, strict=True)):
            wait_for(lambda at=target, by=launcher, of=handle: at in self._stopped or by.poll([of])[0].sign is Sign.GONE)
        for target in self._stopped:
            try:
                os.kill(self._pid(target), signal.SIGCONT)
            except ProcessLookupError:
                continue
        for launcher, handle in zip(self._launchers, handles, strict=True):
            wait_for(lambda by=launcher, of=handle: by.poll([of])[0].sign is Sign.GONE)
        for launcher, handle in zip(self._launchers, handles, strict=True):
            launcher.clean(handle)
        return len(self._ran.read_text()) // 2 if self._ran.exists() else 0

    def _pid(self, target: int) -> int:
        try:
            return int(json.loads((self._folders[target] / "agent.json").read_text())["pid"])
        except FileNotFoundError:
            return 0


def test_no_command_starts_twice_whatever_is_done_to_agents_at_their_claim(
    platform: Claims, launchers: list[ProcessLauncher], store_url: str, tmp_path: Path, seed: int
) -> None:
    engine = Engine(tmp_path, store_url, EngineSettings(quota=ROUNDS))
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        platform.forgive()
        attempt = Round(platform, engine, launchers, tmp_path)
        first, second = ((chance.choice(DEEDS), chance.randrange(2)) for _ in range(2))
        platform.before, platform.after = attempt.once(*first), attempt.once(*second)
        starts = attempt.play()
        assert starts <= 1, (first, second)
        assert starts == 1 or attempt.killed, (first, second)
    engine.store.close()
