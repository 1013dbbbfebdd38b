"""The agent's token is the agent's alone."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys

import pytest

from tests.agent.agents import AGENT_ROOT, Agents
from tests.agent.stand_in import TOKEN, StandIn

SEARCH = f"""
import os, pathlib
for process in pathlib.Path("/proc").iterdir():
    if process.name.isdecimal():
        for name in ("environ", "cmdline"):
            try:
                found = (process / name).read_bytes()
            except OSError:
                continue
            if {TOKEN[:8]!r}.encode() + {TOKEN[8:]!r}.encode() in found:
                print("found in", process / name)
for folder, _, files in os.walk(".."):
    for file in files:
        path = pathlib.Path(folder, file)
        if path.is_file() and {TOKEN[:8]!r}.encode() + {TOKEN[8:]!r}.encode() in path.read_bytes():
            print("found in", path)
print("searched", os.getppid())
"""


def test_the_token_is_in_no_environment_no_argument_and_no_file(platform: StandIn, agents: Agents) -> None:
    platform.lake.add("code", "search.py", SEARCH.encode())
    agent, report = agents.run([sys.executable, "search.py"])
    assert bytes(platform.log).decode() == f"searched {agent.process.pid}\n"
    assert report["exit_code"] == 0
    for path in agent.folder.rglob("*"):
        assert path.is_dir() or path.name == "search.py" or TOKEN.encode() not in path.read_bytes()


def test_the_command_inherits_nothing_open_from_its_agent(platform: StandIn, agents: Agents) -> None:
    agents.run(["ls", "-l", "/proc/self/fd"])
    lines = [line.split(" -> ")[0].split()[-1] for line in bytes(platform.log).decode().splitlines() if " -> " in line]
    assert sorted(lines) == ["0", "1", "2", "3"]  # 3 is the folder that ls reads


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_agents_memory_cannot_be_read_by_its_users_other_processes() -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    code = "import os; from acai_agent.processes import hide_memory; hide_memory(); print(os.getpid(), flush=True); input()"
    try:
        process = subprocess.Popen(
            ["/usr/bin/python3", "-c", f"import sys; sys.path.append({str(AGENT_ROOT)!r}); {code}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            user=nobody,
            cwd="/",
        )
    except OSError as error:
        pytest.skip(f"another user can't run Python here: {error}")
    with process:
        assert process.stdout is not None
        assert process.stdout.readline()
        secret = subprocess.run(["cat", f"/proc/{process.pid}/environ"], user=nobody, capture_output=True, check=False)
        known = subprocess.run(["cat", f"/proc/{process.pid}/stat"], user=nobody, capture_output=True, check=False)
        process.communicate(b"\n")
    assert b"Permission denied" in secret.stderr
    assert known.stdout.startswith(str(process.pid).encode())


def test_importing_the_package_costs_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); sys.path.append(sys.argv[1]); import acai_agent; print(set(sys.modules) - before)"
    )
    found = subprocess.run([sys.executable, "-I", "-c", code, AGENT_ROOT], capture_output=True, text=True, check=True)
    assert found.stdout == "{'acai_agent'}\n"
