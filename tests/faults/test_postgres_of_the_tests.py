"""What the tests themselves start ends with them, also where they are killed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.attempts import is_alive
from support.mortality import TESTS
from support.waiting import wait_for

HOLDER = """
import sys
from support.postgres import running_postgres

with running_postgres() as server:
    print(server.pid, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_postgresql_ends_with_the_tests_that_were_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": TESTS}
    ) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        assert is_alive(pid)
        holder.kill()
    wait_for(lambda: not is_alive(pid))
