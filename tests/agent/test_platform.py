"""Where an agent looks for the platform, and whom it believes."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acai_agent import platform as agents_platform
from acai_agent.failures import Cancelled, ConnectionFailed, HttpError
from acai_agent.http import Http
from acai_agent.platform import Platform, Revoked, Superseded
from acai_agent.processes import start_time
from tests.agent.agents import this_process
from tests.agent.stand_in import TOKEN, StandIn

BEAT = {"instance": "agent_0", "progress": "running"}
NOWHERE = "http://127.0.0.1:1/acai/api/v1"


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(timeout_s=5) as client:
        yield client


@pytest.fixture
def servers(tmp_path: Path) -> Path:
    return tmp_path


def publish(servers: Path, name: str, url: str, age_s: int = 0, **changed: object) -> None:
    file = servers / f"{name}.json"
    file.write_text(json.dumps({"url": url, **this_process(), **changed}))
    os.utime(file, (1_700_000_000 - age_s, 1_700_000_000 - age_s))


def ask(reached: Platform) -> object:
    return reached.ask("POST", "/agent/heartbeat", BEAT)


def test_it_is_found_where_its_servers_say(platform: StandIn, http: Http, servers: Path) -> None:
    publish(servers, "old", NOWHERE, age_s=10)
    publish(servers, "new", platform.url.removesuffix("/acai/api/v1"))
    reached = Platform(NOWHERE, TOKEN, servers, http)
    assert ask(reached) == {"kill": False}
    for file in servers.iterdir():
        file.unlink()
    assert ask(reached) == {"kill": False}


@pytest.mark.parametrize("changed", [{"boot": "another"}, {"start": "1"}, {"pid": 2**22}, {"boot": None}, {"pid": "x"}])
def test_nobody_is_asked_at_the_address_of_a_server_that_was_killed(
    platform: StandIn, http: Http, servers: Path, changed: dict[str, object]
) -> None:
    publish(servers, "killed", platform.url, **changed)
    with pytest.raises(ConnectionFailed):
        ask(Platform(NOWHERE, TOKEN, servers, http))
    assert platform.calls == []


def test_a_server_that_has_ended_and_was_not_asked_how_is_none(platform: StandIn, http: Http, servers: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        publish(servers, "killed", platform.url, pid=process.pid, start=start_time(process.pid))
        reached = Platform(NOWHERE, TOKEN, servers, http)
        assert ask(reached) == {"kill": False}
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(ConnectionFailed):
            ask(Platform(NOWHERE, TOKEN, servers, http))


def test_a_refusal_where_the_launcher_said_is_believed_at_once(platform: StandIn, http: Http, servers: Path) -> None:
    platform.revoked = True
    with pytest.raises(Revoked, match="not valid"):
        ask(Platform(platform.url, TOKEN, servers, http))


def test_a_refusal_elsewhere_is_believed_when_it_lasts(
    platform: StandIn, http: Http, servers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.revoked = True
    publish(servers, "stranger", platform.url)
    reached = Platform(NOWHERE, TOKEN, servers, http)
    for _ in range(3):
        with pytest.raises(ConnectionFailed):
            ask(reached)
    monkeypatch.setattr(agents_platform, "_LONGEST_REFUSAL_S", 0.0)
    with pytest.raises(Revoked, match="no longer takes"):
        ask(reached)


def test_a_job_that_has_ended_needs_its_agent_no_more(platform: StandIn, http: Http) -> None:
    platform.fail("/agent/heartbeat", "409 job_ended")
    with pytest.raises(Superseded):
        ask(Platform(platform.url, TOKEN, None, http))


def test_a_lasting_no_is_not_asked_for_again(platform: StandIn, http: Http) -> None:
    platform.fail("/agent/heartbeat", "400 invalid_request")
    with pytest.raises(HttpError, match="Refused with 400"):
        Platform(platform.url, TOKEN, None, http).call("POST", "/agent/heartbeat", BEAT, until=threading.Event())


def test_waiting_ends_when_nobody_waits_any_more(http: Http) -> None:
    until = threading.Event()
    timer = threading.Timer(0.2, until.set)
    timer.start()
    with pytest.raises(Cancelled):
        Platform(NOWHERE, TOKEN, None, http).call("POST", "/agent/heartbeat", BEAT, until=until)
    timer.join()
