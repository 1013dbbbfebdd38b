"""What the tests themselves start ends with them, also where they are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.attempts import is_alive
from support.mortality import TESTS
from support.waiting import wait_for

POSTGRESQL = """
import sys
from support.postgres import running_postgres

with running_postgres() as server:
    print(server.pid, flush=True)
    sys.stdin.readline()
"""
SERVER = """
import sys
from pathlib import Path
from support.servers import Server

print(Server(Path(sys.argv[1])).start().process.pid, flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("program", [POSTGRESQL, SERVER], ids=["postgresql", "server"])
def test_a_process_of_tests_ends_with_them_where_they_are_killed(program: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", program, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": TESTS}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        assert is_alive(pid)
        holder.kill()
    wait_for(lambda: not is_alive(pid))
