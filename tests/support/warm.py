"""Processes of Python modules, forked from one that has loaded what servers load: that takes many times as long as the rest of
a server's start. `python warm.py FD` is that one; it takes orders from the socket FD until that closes."""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

_LOADED: Final = (
    *("jupyter_server.serverapp", "tornado.websocket", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql"),
    *("psycopg", "acai_server.standalone", "acai_jupyter.platform"),
)


class WarmProcess:
    """`python -m MODULE ARGUMENTS`, with those methods of subprocess.Popen that tests use."""

    def __init__(self, module: str, arguments: list[str], environment: dict[str, str], output: int, folder: Path) -> None:
        order = {"module": module, "arguments": arguments, "environment": environment, "folder": str(folder)}
        self.pid = _parent().ask(order, output)
        self.returncode: int | None = None
        self._end = os.pidfd_open(self.pid)
        weakref.finalize(self, os.close, self._end)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(None if timeout is None else timeout * 1000)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _ended(self, milliseconds: float | None) -> int | None:
        """The exit code, as subprocess tells it; None where there is none after that time."""
        ended = select.poll()
        ended.register(self._end, select.POLLIN)
        if self.returncode is None and ended.poll(milliseconds):
            with self._lock:  # who asks first takes the code away
                if self.returncode is None:
                    self.returncode = _parent().ask({"wait": self.pid})
        return self.returncode

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it has ended
            signal.pidfd_send_signal(self._end, number)


class _Parent:
    """The process that forks, as this process sees it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ACAI_", "JUPYTER", "PYTEST_"))}
        command = [sys.executable, __file__, str(theirs.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=inherited)
        theirs.close()
        self._lock = threading.Lock()
        atexit.register(self.close)

    def ask(self, order: dict[str, Any], output: int | None = None) -> int:
        with self._lock:
            socket.send_fds(self._line, [json.dumps(order).encode()], [] if output is None else [output])
            answer = self._line.recv(100)
        assert answer, "the process that forks has ended"
        return int(answer)

    def close(self) -> None:
        self._line.close()
        self._process.wait()


_MADE: Final[list[_Parent]] = []
_MAKING: Final = threading.Lock()


def _parent() -> _Parent:
    with _MAKING:
        if not _MADE:
            _MADE.append(_Parent())
        return _MADE[0]


def _obey(line: socket.socket) -> dict[str, Any] | None:
    """Fork when asked to; returns the order in the child, None in the parent once nobody is there who asks: what runs still
    belongs to tests that were killed, and ends with them."""
    running: set[int] = set()
    while True:
        message, given, _, _ = socket.recv_fds(line, 2**20, 1)
        if not message:
            for pid in running:
                os.kill(pid, signal.SIGKILL)
            return None
        order: dict[str, Any] = json.loads(message)
        if "wait" in order:
            running.remove(order["wait"])
            line.send(str(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])).encode())
            continue
        pid = os.fork()
        if pid == 0:
            os.dup2(given[0], 1)
            os.dup2(given[0], 2)
            os.close(given[0])
            line.close()
            return order
        os.close(given[0])
        running.add(pid)
        line.send(str(pid).encode())


def _become(order: dict[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    added = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [order["folder"], *(place for place in added if place)]
    sys.argv[1:] = order["arguments"]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    sys.path.pop(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for _name in _LOADED:
        import_module(_name)
    assert threading.active_count() == 1, "what has threads must not fork"
    gc.collect()
    gc.freeze()
    _order = _obey(socket.socket(fileno=int(sys.argv[1])))
    if _order is not None:
        _become(_order)
