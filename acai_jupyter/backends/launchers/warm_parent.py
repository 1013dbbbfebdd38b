"""The warm parent of agents, as its launcher sees it: a process that is started at first need, and again where it died."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from acai_jupyter.backends.launchers.processes import ProcessName, boot_id

_MOST_BYTES: Final = 64 * 1024
_LONGEST_ANSWER_S: Final = 20.0
_LONGEST_END_S: Final = 5.0
_MOST_CODES: Final = 1000


class ParentGone(Exception):
    """The parent did not start an agent; `str(error)` says why. What it may have forked was told nothing, and leaves."""


class WarmParent:
    """One process. `on_crash` is called, on a thread of its own, when an agent has ended with a failure."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path, on_crash: Callable[[], None]) -> None:
        """Raises OSError."""
        self._on_crash = on_crash
        self._changed = threading.Condition()
        self._asking = threading.Lock()
        self._answer: dict[str, Any] | None = None
        self._living: set[ProcessName] = set()
        self._codes: dict[ProcessName, int] = {}
        self._gone = False
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, log.open("ab") as notes:
                self._process = subprocess.Popen(
                    command,
                    stdin=theirs.fileno(),
                    stdout=notes,
                    stderr=notes,
                    cwd=log.parent,
                    env=environment,
                    start_new_session=True,
                )
        except BaseException:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._listen, name="acai-parent", daemon=True)
        self._thread.start()

    @property
    def gone(self) -> bool:
        """Whether it can start nothing more."""
        return self._gone

    def start(self, folder: Path, environment: Mapping[str, str], notes: int, told: int) -> ProcessName:
        """Have an agent forked, with the descriptor `told` as its standard input and `notes` for what it says. `told` is for
        this try alone: what was forked by a parent that could not say so learns there that it is to leave.

        Raises ParentGone, OSError where the system refuses.
        """
        message = json.dumps({"folder": str(folder), "environment": dict(environment)}).encode()
        with self._asking:
            with self._changed:
                self._answer = None
            try:
                socket.send_fds(self._socket, [message], [told, notes])
            except OSError as error:
                self._end()
                raise ParentGone(f"it can't be asked: {error.strerror}") from error
            return self._name(self._wait_for_answer())

    def take_code(self, name: ProcessName) -> int | None:
        """With which failure an agent ended that does not live any more; told once. None where that is not known."""
        with self._changed:
            self._changed.wait_for(lambda: name not in self._living, _LONGEST_END_S)
            return self._codes.pop(name, None)

    def close(self) -> None:
        """End the parent; its agents go on."""
        self._end()
        self._thread.join()

    def _wait_for_answer(self) -> dict[str, Any]:
        with self._changed:
            self._changed.wait_for(lambda: self._answer is not None or self._gone, _LONGEST_ANSWER_S)
            answer = self._answer
        if answer is None:
            why = "it ended" if self._gone else f"it did not answer for {_LONGEST_ANSWER_S:g} s"
            self._process.kill()  # stopped or stuck, it could outlive us
            self._end()
            raise ParentGone(why)
        if "failed" in answer:
            raise ParentGone(f"it could not fork: {answer['failed']}")
        return answer

    def _name(self, answer: Mapping[str, Any]) -> ProcessName:
        return ProcessName(boot_id(), int(answer["started"]), str(answer["start"]))

    def _listen(self) -> None:
        while True:
            try:
                message = self._socket.recv(_MOST_BYTES)
            except OSError:
                message = b""
            if not message:
                break
            self._take(json.loads(message))
        self._end()
        with self._changed:
            self._living.clear()
            self._changed.notify_all()
        self._reap()
        self._socket.close()

    def _take(self, message: Mapping[str, Any]) -> None:
        with self._changed:
            if "ended" not in message:
                self._answer = dict(message)
                if "started" in message:
                    self._living.add(self._name(message))
            else:
                name = ProcessName(boot_id(), int(message["ended"]), str(message["start"]))
                self._living.discard(name)
                if message["code"]:
                    self._codes[name] = int(message["code"])
                    while len(self._codes) > _MOST_CODES:
                        del self._codes[next(iter(self._codes))]
            self._changed.notify_all()
        if message.get("code"):
            self._on_crash()

    def _end(self) -> None:
        """Nobody asks it any more: it ends by itself."""
        self._gone = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is shut already

    def _reap(self) -> None:
        try:
            self._process.wait(_LONGEST_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()  # it is stopped, or stuck
            self._process.wait()
