"""The warm parent of a server's agents: a process that has everything imported, and forks an agent whenever it is asked to.

It is asked on its standard input: a socket that nobody has but its launcher. A request is one message, with two descriptors:
the agent's standard input, and the file of its notes. What the agent is told goes into that standard input, past its parent.
The parent ends with its launcher; agents go on.
"""

from __future__ import annotations

import codecs
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from typing import Any, Final, NoReturn

from acai_agent.main import main as run_agent
from acai_agent.notes import note_failure
from acai_agent.processes import hide_memory, last_descriptor, start_time

_MOST_BYTES: Final = 1024 * 1024
_FAILED: Final = 1


def main() -> int:
    """Serve until the launcher has gone."""
    hide_memory()
    launcher = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    _warm_up()
    try:
        _serve(launcher, _hear_of_ends())
    except (BrokenPipeError, ConnectionResetError):
        pass  # the launcher died while it was told something
    return 0


def _warm_up() -> None:
    """What an agent would load only when it first needs it; and all of it shared with the agents, not copied to each."""
    "localhost".encode("idna")
    codecs.lookup("ascii")
    gc.collect()
    gc.freeze()


def _hear_of_ends() -> socket.socket:
    """Something can be read there when an agent has ended."""
    heard, told = socket.socketpair()
    heard.setblocking(False)
    told.setblocking(False)
    signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return heard


def _serve(launcher: socket.socket, ends: socket.socket) -> None:
    started: dict[int, str] = {}
    while True:
        ready, _, _ = select.select([launcher, ends], [], [])
        if ends in ready:
            ends.recv(4096)
            _tell_ends(launcher, started)
        if launcher in ready:
            message, descriptors, _, _ = socket.recv_fds(launcher, _MOST_BYTES, 2)
            if not message:
                return
            try:
                answer = _start(json.loads(message), descriptors, started)
            except OSError as error:
                answer = {"failed": str(error)}
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            _tell(launcher, answer)


def _start(request: dict[str, Any], descriptors: list[int], started: dict[int, str]) -> dict[str, Any]:
    """Fork an agent. It can't be mistaken for another: until its end is asked for, here, its pid stays its own."""
    pid = os.fork()
    if pid == 0:
        _become_agent(request, *descriptors)
    started[pid] = start_time(pid) or ""
    return {"started": pid, "start": started[pid]}


def _tell_ends(launcher: socket.socket, started: dict[int, str]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell(launcher, {"ended": pid, "start": started.pop(pid, ""), "code": os.waitstatus_to_exitcode(status)})


def _tell(launcher: socket.socket, message: dict[str, Any]) -> None:
    launcher.sendall(json.dumps(message).encode())


def _become_agent(request: dict[str, Any], told: int, notes: int) -> NoReturn:
    """In the child: a process like any other that the launcher might have started, from here on."""
    code = _FAILED
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(told, 0)
        os.dup2(notes, 1)
        os.dup2(notes, 2)
        os.closerange(3, last_descriptor() + 1)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        code = run_agent()
    except BaseException as error:  # nothing above may be reached by a child
        note_failure(error)
    finally:
        with contextlib.suppress(OSError):  # no room for the last words
            sys.stderr.flush()
        os._exit(code)
