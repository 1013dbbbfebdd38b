"""The agent as a process: reads what it is told, cuts itself loose, does its job, and ends with 0 when that is told."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import Final

from acai_agent.config import Config, read_config
from acai_agent.contract import ContractBroken
from acai_agent.failures import Cancelled, RequestFailed
from acai_agent.http import Http
from acai_agent.notes import note, note_failure
from acai_agent.orders import Orders
from acai_agent.outcome import KILLED
from acai_agent.platform import Superseded
from acai_agent.processes import adopt_orphans, hide_memory
from acai_agent.salvage import Salvager
from acai_agent.supervise import Supervisor
from acai_agent.waiting import WaitingProcess

_DONE: Final = 0
_UNDONE: Final = 1
_MISUSED: Final = 2
_FOLDER_LOOK_S: Final = 2.0
_ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> int:
    """Returns the exit code: 0 when the report was taken, or when another agent has the job."""
    hide_memory()
    try:
        config = read_config(sys.stdin.buffer)
    except ContractBroken as error:
        sys.stderr.write(f"{error}\n")
        return _MISUSED
    _cut_loose(config)
    try:
        waiting = None if config.salvage is not None else WaitingProcess(config.limits)
    except OSError as error:
        note(f"Leaving: there can't be a process for the command: {error}")
        return _UNDONE
    orders = Orders()
    _listen_to_signals(orders)
    _watch_folder(config, orders)
    adopt_orphans()
    with Http() as http:
        return _run(Salvager(config, orders, http) if waiting is None else Supervisor(config, orders, http, waiting))


def _run(work: Supervisor | Salvager) -> int:
    try:
        work.run()
    except Superseded as error:
        note(f"Leaving: {error}")
        return _DONE
    except Cancelled:
        note("Leaving: told to end before the job was claimed.")
        return _UNDONE
    except (RequestFailed, ContractBroken) as error:
        note(f"Leaving: {error}")
        return _UNDONE
    except BaseException as error:  # the last one who can tell
        note_failure(error)
        return _UNDONE
    return _DONE


def _cut_loose(config: Config) -> None:
    """Let nothing of the process that started us be able to end us, or be held open by us."""
    config.folder.mkdir(parents=True, exist_ok=True)
    log = os.open(config.folder / "agent.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(nothing)
    os.close(log)
    if os.getsid(0) != os.getpid():
        try:
            os.setsid()
        except PermissionError:
            pass  # a shell with job control has made us the leader of a group: that is loose enough
    # What was blocked or ignored by who started us would be so for the command too, and keep us from seeing it end.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _watch_folder(config: Config, orders: Orders) -> None:
    """An agent whose folder was removed ends its job and leaves: nobody can want anything of it any more."""

    def watch() -> None:
        while not orders.leaving.wait(_FOLDER_LOOK_S):
            if not config.folder.is_dir():
                orders.leave(Superseded(f"its folder {config.folder} was removed."))

    orders.start_thread("folder", watch)


def _listen_to_signals(orders: Orders) -> None:
    """Asked to end, by whatever signal, the agent ends the job and reports it.

    A thread of its own hears them: a signal handler could meet the main thread in the middle of anything.
    """
    heard, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    for number in _ENDING_SIGNALS:
        signal.signal(number, lambda *_: None)

    def listen() -> None:
        while heard.recv(1):
            orders.end(KILLED)
        told.close()

    orders.start_thread("signals", listen)
