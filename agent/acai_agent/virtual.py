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
_READY: Final = "ready"
_VERSION: Final = "import sys; print(sys.version, sys.prefix)"


class CannotPrepare(Exception):
    """An environment that can't be made; `str(error)` is what pip said."""


class Environments:
    """Below `folder`, one for each interpreter and text of requirements. `say` takes what is printed while one is made."""

    def __init__(self, folder: Path, orders: Orders, say: Callable[[bytes], None]) -> None:
        self._folder = folder
        self._orders = orders
        self._say = say

    def python_for(self, python: str, requirements: str, environment: Mapping[str, str]) -> str:
        """The interpreter of the environment, made now unless it is there. It stays as long as this process lives.

        Raises CannotPrepare, also where the job was told to end meanwhile.
        """
        version = subprocess.run([python, "-I", "-c", _VERSION], capture_output=True, text=True, check=False).stdout
        key = hashlib.sha256(json.dumps([str(Path(python).absolute()), version, requirements]).encode()).hexdigest()[:32]
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = self._folder / key
        lock = os.open(_lock_of(place), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_SH)  # never closed: nobody removes it while this job runs
        while not (place / _READY).exists():
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / _READY).exists():
                self._make(place, python, requirements, environment)
                self._forget_oldest(place)
            fcntl.flock(lock, fcntl.LOCK_SH)
        os.utime(place / _READY)
        return str(place / "bin" / "python")

    def _make(self, place: Path, python: str, requirements: str, environment: Mapping[str, str]) -> None:
        shutil.rmtree(place, ignore_errors=True)
        try:
            self._run([python, "-I", "-m", "venv", str(place)], environment)
            wanted = place / "requirements.txt"
            wanted.write_text(requirements, encoding="utf-8")
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
            self._run([*pip, "-r", str(wanted)], environment)
            (place / _READY).touch()
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise

    def _run(self, command: list[str], environment: Mapping[str, str]) -> None:
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
        kept = sorted(self._folder.glob(f"*/{_READY}"), key=lambda ready: ready.stat().st_mtime, reverse=True)
        for ready in kept[_MOST_KEPT:]:
            if ready.parent != but:
                _remove_unused(ready.parent)


def _lock_of(place: Path) -> Path:
    return place.with_suffix(".lock")


def _remove_unused(place: Path) -> None:
    lock = os.open(_lock_of(place), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (place / _READY).unlink()
        shutil.rmtree(place, ignore_errors=True)
    except BlockingIOError:
        return  # a job uses it
    finally:
        os.close(lock)


def _said(lines: list[str]) -> str:
    """Pip's own words for what is wrong, else the end of what it said."""
    errors = [line for line in lines if line.startswith("ERROR")]
    return " ".join(errors or lines[-3:])[:_MOST_WORDS] or "pip failed without a word."
