"""The platform goes away, comes back, moves, or has given the job to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.waiting import wait_for

from tests.agent.agents import Agents
from tests.agent.stand_in import StandIn
from tests.agent.test_endings import is_alive


def move(platform: StandIn, agents: Agents) -> None:
    """The platform comes back on another port, and says where."""
    platform.start()
    agents.publish(platform.url)


def test_a_platform_that_moves_while_the_command_runs_costs_the_job_nothing(platform: StandIn, agents: Agents) -> None:
    command = "echo one; until [ -e ../go ]; do sleep 0.01; done; echo two; echo x > output/x"
    agent = agents.begin(command, output_path="/Model/", heartbeat_s=0.05)
    platform.wait(lambda: bytes(platform.log) == b"one\n")
    platform.stop()
    (agent.folder / "go").touch()
    wait_for((agent.work("output/x")).exists)
    wait_for(lambda: "No heartbeat" in agent.notes)
    move(platform, agents)
    _, report = agents.finish(agent)
    assert (report["ended"], report["exit_code"], report["detail"]) == ("exited", 0, None)
    assert platform.lake.contents(report["output_upload"]) == {"/Model/x": b"x\n"}
    assert bytes(platform.log) == b"one\ntwo\n"


@pytest.mark.parametrize("at", ["/agent/files", "/objects/object", "/urls", "/objects/upload", "/seal", "/agent/report"])
def test_a_platform_may_move_at_any_step(platform: StandIn, agents: Agents, at: str) -> None:
    platform.lake.add("input", "x", b"hello")
    platform.fail(at, "503", times=100_000)
    agent = agents.begin("cp input/x output/x", output_path="/Model/")
    wait_for(lambda: platform.met(at))
    platform.stop()
    platform.forgive()
    platform.lake.signature = "secret-2"
    move(platform, agents)
    _, report = agents.finish(agent)
    assert (report["ended"], report["detail"]) == ("exited", None)
    assert platform.lake.contents(report["output_upload"]) == {"/Model/x": b"hello"}


def test_an_agent_waits_for_a_platform_that_is_not_there_yet(platform: StandIn, agents: Agents) -> None:
    platform.stop()
    agent = agents.begin(["true"])
    move(platform, agents)
    assert agents.finish(agent)[1]["ended"] == "exited"


def test_another_server_at_the_old_address_is_not_taken_for_the_platform(platform: StandIn, agents: Agents) -> None:
    stranger = StandIn()
    stranger.start()
    stranger.revoked = True  # it is a platform too, but knows nothing of our token
    try:
        agents.publish(stranger.url, "stranger")
        agent = agents.begin("echo one; until [ -e ../go ]; do sleep 0.01; done", heartbeat_s=0.05)
        platform.wait(lambda: bytes(platform.log) == b"one\n")
        platform.stop()
        wait_for(lambda: stranger.wrong_tokens > 0)
        move(platform, agents)
        (agent.folder / "go").touch()
        assert agents.finish(agent)[1]["ended"] == "exited"
    finally:
        stranger.stop()


@pytest.mark.parametrize("status", ["302", "401", "403", "404", "405", "502"])
def test_an_answer_that_is_not_the_platforms_is_waited_out(platform: StandIn, agents: Agents, status: str) -> None:
    for path in ("/agent/claim", "/agent/files", "/agent/heartbeat", "/agent/report"):
        platform.fail(path, status)
    _, report = agents.run(["true"])
    assert report["ended"] == "exited"


@pytest.mark.parametrize("path", ["/agent/claim", "/agent/files", "/agent/log", "/uploads", "/seal", "/agent/report"])
@pytest.mark.parametrize("answer", ["409 platform_stopped", "400 invalid_setting"])
def test_a_server_that_is_ending_has_not_spoken_for_the_platform(
    platform: StandIn, agents: Agents, path: str, answer: str
) -> None:
    platform.fail(path, answer)
    _, report = agents.run("echo hello; echo x > output/x", output_path="/Model/")
    assert (report["ended"], report["detail"]) == ("exited", None)
    assert bytes(platform.log) == b"hello\n"


@pytest.mark.parametrize("path", ["/agent/claim", "/agent/files", "/agent/report"])
@pytest.mark.parametrize("how", ["drop", "lose", "cut", "500 internal_error"])
def test_a_passing_failure_changes_nothing(platform: StandIn, agents: Agents, path: str, how: str) -> None:
    platform.fail(path, how)
    agent = agents.begin("echo x >> ran")
    assert agent.wait() == 0, agent.notes
    assert agent.work("ran").read_text() == "x\n"
    assert {str(report) for report in platform.reports} == {str(platform.reports[0])}


def test_a_superseded_agent_never_runs_the_command(platform: StandIn, agents: Agents) -> None:
    first = agents.begin("echo ready; echo x >> ran; exec sleep 60")
    platform.wait(lambda: b"ready" in platform.log)
    second = agents.start()
    assert second.wait() == 0, second.notes
    assert "Another agent has this job" in second.notes
    assert not second.work("ran").exists()
    assert first.process.poll() is None
    assert platform.reports == []


@pytest.mark.parametrize("code", ["superseded", "revoked"])
def test_an_agent_that_is_no_longer_wanted_ends_its_job_and_leaves(platform: StandIn, agents: Agents, code: str) -> None:
    agent = agents.begin("echo $$ ready; exec sleep 60", heartbeat_s=0.05)
    platform.wait(lambda: b"ready" in platform.log)
    setattr(platform, code, True)
    assert agent.wait() == (0 if code == "superseded" else 1), agent.notes
    assert not is_alive(int(bytes(platform.log).split()[0]))
    assert platform.reports == []
    assert not (agent.folder / "report.json").exists()


@pytest.mark.parametrize("answer", ["409 agent_superseded", "409 job_ended"])
@pytest.mark.parametrize("path", ["/agent/files", "/uploads", "/agent/report"])
def test_it_leaves_at_whatever_call_it_hears_so(platform: StandIn, agents: Agents, path: str, answer: str) -> None:
    platform.fail(path, answer, times=1000)
    agent = agents.begin("echo x > output/x")
    assert agent.wait() == 0, agent.notes
    assert platform.reports == []


def test_a_report_that_is_refused_stays_on_disk(platform: StandIn, agents: Agents) -> None:
    platform.fail("/agent/report", "400 invalid_request")
    agent = agents.begin(["true"])
    assert agent.wait() == 1
    assert agent.kept_report["ended"] == "exited"
    assert "Refused with 400" in agent.notes


def test_a_claim_that_is_refused_runs_nothing(platform: StandIn, agents: Agents) -> None:
    platform.fail("/agent/claim", "400 invalid_request")
    agent = agents.begin("touch ran")
    assert agent.wait() == 1
    assert not agent.work("ran").exists()


def test_an_agent_without_a_folder_of_servers_waits_at_its_address(platform: StandIn, agents: Agents) -> None:
    platform.manifest |= {"command": ["true"]}
    platform.fail("/agent/claim", "drop", times=3)
    agent = agents.start(servers=None)
    assert agents.finish(agent)[1]["ended"] == "exited"


def test_files_in_the_folder_of_servers_that_say_nothing_are_passed_over(platform: StandIn, agents: Agents) -> None:
    for name, text in (("half", '{"url": "http'), ("list", "[]"), ("number", '{"url": 5}')):
        (agents.servers / f"{name}.json").write_text(text)
    (agents.servers / "gone.json").symlink_to(Path("/no/such/file"))
    platform.fail("/agent/claim", "drop", times=2)
    assert agents.run(["true"])[1]["ended"] == "exited"


@pytest.mark.parametrize(
    "told", ["", "[]", "{}", '{"contract": 99}', '{"contract": 1, "url": "http://127.0.0.1:1", "token": null}']
)
def test_an_agent_that_is_told_nonsense_says_so(agents: Agents, tmp_path: Path, told: str) -> None:
    process = agents.bare(stderr=tmp_path / "stderr")
    process.communicate(told.encode(), timeout=20)
    assert process.returncode == 2
    words: Any = (tmp_path / "stderr").read_text()
    assert words.startswith("The agent ")
    assert len(words.splitlines()) == 1
