"""The process in which the user's command will run, forked before the job is claimed.

Entering control groups takes a kernel some ten milliseconds, so it is done while the agent speaks with the platform.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from acai_agent.limits import Gate, Limits
from acai_agent.processes import last_descriptor

_FAILED: Final = 127
_PIECE: Final = 64 * 1024
_RESTORED: Final = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")
"""Signals that Python ignores, and a command must not inherit so."""


class WaitingProcess:
    """Made while the agent has one thread. It holds itself to its resources at once, and then waits for its command; it ends
    where it is dismissed, or where the agent dies."""

    def __init__(self, limits: Limits) -> None:
        """Raises OSError where there can't be another process."""
        self._over = False
        self._gate = Gate(limits)
        self._orders, its = socket.socketpair()
        with its:
            self.pid = os.fork()
            if self.pid == 0:
                self._orders.close()
                _become_command(its, self._gate)

    def start(self, argv: Sequence[str], environment: Mapping[str, str], folder: Path, output: int) -> dict[str, str]:
        """Have it become the command, whose outputs go to the descriptor `output`; returns by what each resource is held.

        Raises OSError and ValueError as the system refuses it: then the process has ended.
        """
        order = {"argv": list(argv), "environment": dict(environment), "folder": str(folder)}
        self._over = True
        with self._orders:
            refused = self._tell(json.dumps(order).encode(), output)
        enforced = self._gate.close()
        if refused:
            os.waitpid(self.pid, 0)
            raise _refusal(json.loads(refused))
        return enforced

    def dismiss(self) -> None:
        """End it, unless it was started."""
        if self._over:
            return
        self._over = True
        self._orders.close()
        self._gate.close()
        os.waitpid(self.pid, 0)

    def _tell(self, order: bytes, output: int) -> bytes:
        """What it answers: nothing where the command runs."""
        try:
            socket.send_fds(self._orders, [order[:1]], [output])
            self._orders.sendall(order[1:])
            self._orders.shutdown(socket.SHUT_WR)
            return _whole(self._orders)
        except OSError as error:
            return json.dumps({"number": error.errno, "words": f"the process that waited for it has gone ({error})"}).encode()


def _become_command(orders: socket.socket, gate: Gate) -> NoReturn:
    """In the child."""
    try:
        os.setsid()
        for name in _RESTORED:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
        gate.pass_through()
        first, descriptors, _, _ = socket.recv_fds(orders, 1, 1)
        if first:
            _execute(json.loads(first + _whole(orders)), descriptors[0], orders.fileno())
    except (OSError, ValueError) as error:
        words = (getattr(error, "strerror", None) or str(error)).encode("utf-8", "replace").decode()
        orders.sendall(json.dumps({"number": getattr(error, "errno", None), "words": words}).encode())
    finally:
        os._exit(_FAILED)


def _execute(order: Mapping[str, Any], output: int, told: int) -> NoReturn:
    """The socket `told` closes itself when that has worked."""
    os.chdir(order["folder"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, place in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, place)
    os.closerange(3, told)
    os.closerange(told + 1, last_descriptor() + 1)
    os.execvpe(order["argv"][0], order["argv"], order["environment"])  # noqa: S606 - the user's command, as it was given


def _whole(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(_PIECE):
        pieces.append(piece)
    return b"".join(pieces)


def _refusal(told: Mapping[str, Any]) -> Exception:
    if told["number"] is None:
        return ValueError(told["words"])
    return OSError(told["number"], told["words"])
