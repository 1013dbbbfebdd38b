"""The launcher: an agent gets a place to run, is found again by its handle, and is ended when asked. Real agents, on the
platform's stand-in."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.waiting import wait_for

from acai_jupyter.domain.resources import Resources
from acai_jupyter.ports.launcher import Launcher, LaunchSpec, Observation, Sign
from tests.agent.stand_in import TOKEN, StandIn, running
from tests.contracts.backends import LAUNCHERS
from tests.contracts.threads import together

platform = pytest.fixture(running)


@pytest.fixture(params=LAUNCHERS)
def new_launcher(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Launcher]]:
    """Makes launchers of servers that share a platform."""
    made: list[Launcher] = []

    def make() -> Launcher:
        made.append(LAUNCHERS[request.param](tmp_path))
        return made[-1]

    yield make
    for launcher in made:
        launcher.close()


@pytest.fixture
def launcher(new_launcher: Callable[[], Launcher]) -> Launcher:
    return new_launcher()


def spec(platform: StandIn, command: str, attempt: int = 1) -> LaunchSpec:
    platform.manifest |= {"command": command}
    job = platform.manifest["job"]
    config = {
        "contract": 1, "url": platform.url, "token": TOKEN, "servers": None, "job": job, "attempt": attempt, "rank": 0,
    }  # fmt: skip
    return LaunchSpec(uuid.UUID(job.removeprefix("job_")), attempt, 0, Resources(1.0, 512), None, None, config)


def gone(launcher: Launcher, handle: str) -> Observation:
    """What is seen of an agent once it has gone."""
    seen: list[Observation] = []

    def look() -> bool:
        seen.extend(launcher.poll([handle]))
        return seen[-1].sign is Sign.GONE

    wait_for(look)
    return seen[-1]


@pytest.fixture
def waiting(platform: StandIn, launcher: Launcher) -> Iterator[str]:
    """The handle of an agent whose command waits."""
    handle = launcher.launch(spec(platform, "echo ready; exec sleep 100"))
    platform.wait(lambda: b"ready" in platform.log)
    yield handle
    launcher.kill(handle, force=True)


def test_an_agent_does_its_job_and_leaves_its_report(platform: StandIn, launcher: Launcher) -> None:
    seen = gone(launcher, launcher.launch(spec(platform, "echo hello")))
    assert bytes(platform.log) == b"hello\n"
    assert seen.report is None or json.loads(seen.report) == platform.reports[0]
    assert (seen.detail, seen.out_of_memory) == (None, False)


def test_an_agent_that_runs_is_seen_by_every_server_by_its_handle(
    waiting: str, launcher: Launcher, new_launcher: Callable[[], Launcher]
) -> None:
    for server in (launcher, new_launcher()):
        assert [seen.sign for seen in server.poll([waiting, waiting])] == [Sign.ALIVE, Sign.ALIVE]
        assert server.poll([]) == []


def test_jobs_go_on_when_a_launcher_is_closed(waiting: str, launcher: Launcher, new_launcher: Callable[[], Launcher]) -> None:
    launcher.close()
    assert [seen.sign for seen in new_launcher().poll([waiting])] == [Sign.ALIVE]


def test_launching_an_attempt_again_runs_its_command_once(
    platform: StandIn, launcher: Launcher, new_launcher: Callable[[], Launcher]
) -> None:
    other = new_launcher()
    asked = spec(platform, "echo once")
    handles = together([lambda launch=launch: launch(asked) for launch in (launcher.launch, other.launch) * 2])
    for handle in handles:
        gone(launcher, handle)
    assert bytes(platform.log) == b"once\n"


def test_a_kill_asks_and_the_agent_reports(
    platform: StandIn, waiting: str, launcher: Launcher, new_launcher: Callable[[], Launcher]
) -> None:
    new_launcher().kill(waiting, force=False)
    gone(launcher, waiting)
    assert len(platform.reports) == 1


def test_a_forced_kill_ends_agent_and_command_at_once(platform: StandIn, waiting: str, launcher: Launcher) -> None:
    launcher.kill(waiting, force=True)
    assert gone(launcher, waiting).report is None
    launcher.kill(waiting, force=True)
    assert platform.reports == []


def test_what_an_attempt_left_is_removed_once_and_again(platform: StandIn, launcher: Launcher) -> None:
    handle = launcher.launch(spec(platform, "echo x > output/x"))
    gone(launcher, handle)
    launcher.clean(handle)
    launcher.clean(handle)
    assert [seen.sign for seen in launcher.poll([handle])] == [Sign.GONE]


def test_a_handle_that_names_nothing_is_gone_and_ends_nothing(waiting: str, launcher: Launcher) -> None:
    nothing = "".join("1" if character.isdigit() else character for character in waiting)
    assert [seen.sign for seen in launcher.poll([nothing, waiting])] == [Sign.GONE, Sign.ALIVE]
    launcher.kill(nothing, force=True)
    assert [seen.sign for seen in launcher.poll([waiting])] == [Sign.ALIVE]


def test_a_launcher_says_what_it_can_hold(launcher: Launcher) -> None:
    capacity = launcher.capacity()
    assert capacity.cpu > 0
    assert capacity.memory_mb > 0
    assert capacity.enforced <= {"cpu", "memory", "gpu"}
