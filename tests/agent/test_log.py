"""What the command prints reaches the platform: all of it, in order, once."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
from support.waiting import wait_for

from acai_agent.orders import Orders
from acai_agent.spool import Collector, Spool
from tests.agent.agents import Agents
from tests.agent.stand_in import StandIn

BIG = 20 * 1024 * 1024
WRITE_BIG = f"import sys; [sys.stdout.write(chr(97 + i % 26) * 65536) for i in range({BIG} // 65536)]"
BIG_LOG = b"".join(bytes([97 + number % 26]) * 65536 for number in range(BIG // 65536))


def test_both_outputs_come_in_the_order_in_which_they_were_written(platform: StandIn, agents: Agents) -> None:
    agents.run("for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done")
    assert bytes(platform.log) == b"".join(b"out %d\nerr %d\n" % (i, i) for i in range(1, 6))


def test_a_large_log_without_a_newline_arrives_and_takes_no_memory(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin([sys.executable, "-c", WRITE_BIG])
    platform.wait(lambda: len(platform.log) > BIG // 2)
    peak_kb = next(
        int(line.split()[1])
        for line in Path(f"/proc/{agent.process.pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    agents.finish(agent)
    assert bytes(platform.log) == BIG_LOG
    assert peak_kb < 60 * 1024
    assert (agent.folder / "log").stat().st_size == BIG


def test_a_binary_log_arrives_as_it_is(platform: StandIn, agents: Agents) -> None:
    agents.run([sys.executable, "-c", "import sys; sys.stdout.buffer.write(bytes(range(256)) * 100)"])
    assert bytes(platform.log) == bytes(range(256)) * 100


def test_a_log_is_live_also_without_a_newline(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin("printf 'epoch 1'; until [ -e ../go ]; do sleep 0.01; done; echo .")
    platform.wait(lambda: bytes(platform.log) == b"epoch 1")
    (agent.folder / "go").touch()
    agents.finish(agent)
    assert bytes(platform.log) == b"epoch 1.\n"


def test_many_lines_travel_in_few_calls(platform: StandIn, agents: Agents) -> None:
    agents.run([sys.executable, "-u", "-c", "for i in range(2000): print(i)"])
    assert bytes(platform.log).count(b"\n") == 2000
    assert sum(path == "/agent/log" for path, _ in platform.calls) < 40


def test_a_command_may_close_its_outputs(platform: StandIn, agents: Agents) -> None:
    _, report = agents.run("echo before; exec >&- 2>&-; sleep 0.05; echo x > output/x")
    assert (report["ended"], report["exit_code"]) == ("exited", 0)
    assert bytes(platform.log) == b"before\n"


@pytest.mark.parametrize("how", ["lose", "drop", "503", "cut"])
def test_a_passing_failure_neither_loses_nor_doubles_a_byte(platform: StandIn, agents: Agents, how: str) -> None:
    platform.fail("/agent/log", how, times=2)
    agents.run([sys.executable, "-c", "for i in range(100000): print(i)"])
    assert bytes(platform.log) == b"".join(b"%d\n" % i for i in range(100_000))


def test_the_log_goes_on_from_where_the_platform_has_it(platform: StandIn, agents: Agents) -> None:
    agent = agents.begin("echo one; until [ -e ../go ]; do sleep 0.01; done; echo two")
    platform.wait(lambda: bytes(platform.log) == b"one\n")
    del platform.log[2:]  # as after a crash of the platform that lost its last moment
    (agent.folder / "go").touch()
    agents.finish(agent)
    assert bytes(platform.log) == b"one\ntwo\n"


def test_the_whole_log_is_there_before_the_report(platform: StandIn, agents: Agents) -> None:
    platform.fail("/agent/log", "503", times=2)
    agents.run("echo hello")
    paths = [path for path, _ in platform.calls]
    assert paths.index("/agent/log") < paths.index("/agent/report")
    assert bytes(platform.log) == b"hello\n"


def test_a_log_that_the_platform_does_not_take_does_not_hold_up_the_job(platform: StandIn, agents: Agents) -> None:
    platform.fail("/agent/log", "413 limit_exceeded", times=1000)
    agent, report = agents.run("echo hello", output_path="/Model/")
    assert (report["ended"], report["exit_code"]) == ("exited", 0)
    assert report["detail"] == "The platform doesn't take the rest of the log: Refused with 413."
    assert (agent.folder / "log").read_bytes() == b"hello\n"


def test_a_full_disk_does_not_stop_the_command(tmp_path: Path) -> None:
    spool = Spool(Path("/dev/full"))
    reader, writer = os.pipe()
    collector = Collector(reader, spool, Orders())
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(bytes(1024 * 1024))  # far more than a pipe holds
    collector.finish()
    assert spool.size == 0
    assert spool.lost == "A part of the log is lost: it can't be written to disk (No space left on device)."


def test_the_collector_does_not_wait_for_a_stranger_who_holds_the_pipe(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "log")
    reader, writer = os.pipe()
    collector = Collector(reader, spool, Orders())
    os.write(writer, b"hello")
    collector.finish()
    os.close(writer)
    assert (tmp_path / "log").read_bytes() == b"hello"


def test_a_spool_tells_when_there_is_more_and_when_there_will_be_none(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "log")
    seen: list[tuple[bool, bytes]] = []

    def follow() -> None:
        while spool.wait_beyond(sum(len(data) for _, data in seen)):
            seen.append((True, spool.read(sum(len(data) for _, data in seen), 3)))

    follower = threading.Thread(target=follow)
    follower.start()
    spool.append(b"hello")
    wait_for(lambda: sum(len(data) for _, data in seen) == 5)
    spool.end()
    follower.join(5)
    assert [data for _, data in seen] == [b"hel", b"lo"]
