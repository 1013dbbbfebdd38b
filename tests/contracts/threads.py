"""Threads and processes for tests: nothing waits without a deadline, and no error is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

DEADLINE_S: Final = 60.0

_LEAD: Final = """
import sys
from acai_jupyter.backends.by_url import store_by_url
store = store_by_url(sys.argv[1], lambda changed: None)
"""


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all at once, each on a thread; their results in order, the first error raised."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(DEADLINE_S)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        running: list[Future[Any]] = [pool.submit(run, call) for call in calls]
        return [one.result(DEADLINE_S) for one in running]


def start_process(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process that has opened `store`, the URL being its first argument. It reads lines and prints lines."""
    command = [sys.executable, "-c", _LEAD + code, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    """The next line that the process prints; an AssertionError where it ended instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the process ended with {process.wait(DEADLINE_S)}"
    return line.strip()


def ended(process: subprocess.Popen[str]) -> str:
    """All that it still prints; an AssertionError unless it ends well."""
    output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    return output
