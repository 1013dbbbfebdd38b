"""Virtual environments of what jobs require, kept and shared between the jobs of one machine."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from acai_agent.orders import Orders

_MOST_KEPT: Final = 10
_MOST_WORDS: Final = 1500
_LOOK_S: Final = 0.1
_READY: Final = "ready"
_SETTINGS: Final = ("PIP_", "UV_")
_VERSION: Final = "import sys; print(sys.version, sys.prefix)"


class CannotPrepare(Exception):
    """An environment that can't be made; `str(error)` is what pip said."""


class Environments:
    """Below `folder`, one for each interpreter, text of requirements and settings of pip. `say` takes what is printed while one
    is made."""

    def __init__(self, folder: Path, orders: Orders, say: Callable[[bytes], None]) -> None:
        self._folder = folder
        self._orders = orders
        self._say = say

    def python_for(self, python: str, requirements: str, environment: Mapping[str, str]) -> str:
        """The interpreter of the environment, made now unless it is there. It stays as long as this process lives.

        Raises CannotPrepare, also where the job was told to end meanwhile.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = self._folder / _key(python, requirements, environment)
        lock = os.open(_lock_of(place), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Never closed: nobody removes it while this job runs.
        ready = place / _READY
        while not (ready.exists() and _takes(lock, fcntl.LOCK_SH) and ready.exists()):
            if _takes(lock, fcntl.LOCK_EX):
                if not ready.exists():
                    self._make(place, lock, python, requirements, environment)
                    self._forget_oldest(place)
            elif self._orders.cancel.wait(_LOOK_S):  # another job makes it, which may take long
                raise CannotPrepare("The job was told to end.")
        os.utime(ready)
        return str(place / "bin" / "python")

    def _make(self, place: Path, lock: int, python: str, requirements: str, environment: Mapping[str, str]) -> None:
        shutil.rmtree(place, ignore_errors=True)
        try:
            self._run([python, "-I", "-m", "venv", str(place)], environment, lock)
            wanted = place / "requirements.txt"
            wanted.write_text(requirements, encoding="utf-8")
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
            self._run([*pip, "-r", str(wanted)], environment, lock)
            (place / _READY).touch()
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise

    def _run(self, command: list[str], environment: Mapping[str, str], lock: int) -> None:
        """The command holds the lock, too: where this agent dies, nobody else works there before that has ended."""
        last: deque[str] = deque(maxlen=50)
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=self._folder,
                start_new_session=True,
                pass_fds=[lock],
            )
        except OSError as error:
            raise CannotPrepare(f"{command[0]} can't be started: {error.strerror}.") from error
        self._orders.start_thread("pip", lambda: self._end_when_told(process))
        assert process.stdout is not None
        with process.stdout as printed:
            for line in printed:
                self._say(line)
                last.append(line.decode("utf-8", "replace").rstrip())
        if process.wait() != 0:
            raise CannotPrepare(_said(list(last)))

    def _end_when_told(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            if self._orders.cancel.wait(0.2):
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # it has ended by itself
                return

    def _forget_oldest(self, but: Path) -> None:
        """Keep no more than so many; one that a job uses stays."""
        kept = sorted((_used_at(ready), ready.parent) for ready in self._folder.glob(f"*/{_READY}"))
        for _, place in kept[:-_MOST_KEPT]:
            if place != but:
                _remove_unused(place)


def _key(python: str, requirements: str, environment: Mapping[str, str]) -> str:
    """Names the environment, by all that changes what pip installs; values may be secret, and are not to be read in it."""
    version = subprocess.run([python, "-I", "-c", _VERSION], capture_output=True, text=True, check=False).stdout
    settings = {name: value for name, value in environment.items() if name.startswith(_SETTINGS)}
    parts = [str(Path(python).absolute()), version, requirements, settings]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _takes(lock: int, kind: int) -> bool:
    """Whether the lock is held now, as `kind` says; where it is not, it is not held at all."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(lock, fcntl.LOCK_UN)
        return False
    return True


def _used_at(ready: Path) -> float:
    try:
        return ready.stat().st_mtime
    except FileNotFoundError:
        return 0.0  # another agent has forgotten it


def _lock_of(place: Path) -> Path:
    return place.with_suffix(".lock")


def _remove_unused(place: Path) -> None:
    lock = os.open(_lock_of(place), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (place / _READY).unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
    except BlockingIOError:
        return  # a job uses it
    finally:
        os.close(lock)


def _said(lines: list[str]) -> str:
    """Pip's own words for what is wrong, else the end of what it said."""
    errors = [line for line in lines if line.startswith("ERROR")]
    return " ".join(errors or lines[-3:])[:_MOST_WORDS] or "pip failed without a word."
