"""A user's command starts at most once, whatever is done to agents at the moment of the claim: two machines have launched the
same attempt, and agents are killed, stopped, and left without an answer. Real agents, and the engine's own claim."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.attempts import is_alive
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

HITS = 125 if FULL else 5
"""How many kills and pauses must meet a living agent: for 40 seeds and two databases, 10,000."""

MOMENTS = 4
DEEDS = ("nothing", "kill", "stop", "stop", "lose", "drop")


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
        self._one_by_one = threading.Lock()
        self._stopped: set[int] = set()
        self._killed: set[int] = set()
        self.hits = 0

    @property
    def killed(self) -> bool:
        return bool(self._killed)

    def one_of(self, deeds: list[tuple[str, int]]) -> Callable[[], None]:
        """Does the next one of them whenever it is called."""
        left = list(deeds)

        def do() -> None:
            with self._one_by_one:
                if left:
                    self._do(*left.pop(0))

        return do

    def _do(self, deed: str, target: int) -> None:
        """To one of the two agents, or to an answer."""
        if deed in ("lose", "drop"):
            self._platform.fail("/agent/claim", deed)
        elif deed == "kill" and target not in self._killed:
            self._hit(target, signal.SIGKILL, self._killed)
        elif deed == "stop" and target not in self._killed | self._stopped:
            self._hit(target, signal.SIGSTOP, self._stopped)

    def _hit(self, target: int, number: signal.Signals, those: set[int]) -> None:
        """Counts where the agent lives, and asks or has asked for its job."""
        pid = self._pid(target)
        if not pid or not is_alive(pid):
            return
        those.add(target)
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return  # it has just left
        self.hits += 1

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
    engine = Engine(tmp_path, store_url, EngineSettings(quota=1_000))
    chance = random.Random(seed)
    hits = 0
    while hits < HITS:
        platform.forgive()
        attempt = Round(platform, engine, launchers, tmp_path)
        deeds = [(chance.choice(DEEDS), chance.randrange(2)) for _ in range(MOMENTS)]
        platform.before = platform.after = attempt.one_of(deeds)
        starts = attempt.play()
        assert starts <= 1, deeds
        assert starts == 1 or attempt.killed, deeds
        hits += attempt.hits
    engine.store.close()
