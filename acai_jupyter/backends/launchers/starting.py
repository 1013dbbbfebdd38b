"""Starting agents: forked from a warm parent where that is safe, else each from an interpreter of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Final

from acai_jupyter.backends.launchers.environment import allowed_environment
from acai_jupyter.backends.launchers.processes import Children, ProcessName, name_of
from acai_jupyter.backends.launchers.warm_parent import ParentGone, WarmParent
from acai_jupyter.domain.errors import InvalidSetting

_LOG: Final = logging.getLogger(__name__)
_BOOT: Final = "import sys; sys.path.append(sys.argv.pop()); from acai_agent.{module} import main; sys.exit(main())"
"""The agent's folder comes last on its path: beside it may lie packages that are named like the standard library's."""

_TRIES: Final = 2
_AGAIN_AFTER_S: Final = 60.0


class Starter:
    """Starts agents, and knows how those ended that it started. `folder` is where the parent leaves its notes; `warm` says
    whether there is one. `on_crash` is called when a forked agent has ended with a failure."""

    def __init__(self, folder: Path, warm: bool, on_crash: Callable[[], None]) -> None:
        self._folder = folder
        self._warm = warm
        self._on_crash = on_crash
        self._children = Children()
        self._lock = threading.Lock()
        self._parent: WarmParent | None = None
        self._not_before = 0.0

    def start(self, folder: Path) -> tuple[ProcessName, BinaryIO]:
        """An agent in its folder, and its standard input, on which it waits to be told what to do. Raises OSError."""
        with (folder / "agent.log").open("ab") as file:
            notes = file.fileno()
            return self._forked(folder, notes) or _on_a_pipe(lambda told: self._spawned(folder, told, notes))

    def lay_to_rest(self) -> None:
        """Ask all that have ended how they did: else they stay in the table of processes."""
        self._children.lay_to_rest()

    def take_code(self, name: ProcessName) -> int | None:
        """With which failure an agent ended that does not live any more; told once. None where there was none, or nobody here
        knows."""
        code = self._children.take_code(name)
        parent = self._parent
        return parent.take_code(name) if code is None and parent is not None else code

    def close(self) -> None:
        """End the parent; agents go on."""
        with self._lock:
            self._warm = False
            parent, self._parent = self._parent, None
        if parent is not None:
            parent.close()

    def _forked(self, folder: Path, notes: int) -> tuple[ProcessName, BinaryIO] | None:
        """An agent of the parent; None where there can't be one now."""
        if not self._warm or time.monotonic() < self._not_before:
            return None
        why = ""
        for _ in range(_TRIES):
            try:
                parent = self._living_parent()
                if parent is None:
                    return None
                return _on_a_pipe(partial(parent.start, folder, allowed_environment(os.environ), notes))
            except (ParentGone, OSError) as error:
                why = str(error)
        _LOG.warning("Agents start slowly for a while, because the parent that forks them is of no use: %s", why)
        self._not_before = time.monotonic() + _AGAIN_AFTER_S
        return None

    def _living_parent(self) -> WarmParent | None:
        with self._lock:
            if self._warm and (self._parent is None or self._parent.gone):
                self._parent = WarmParent(
                    _command("parent"), allowed_environment(os.environ), self._folder / "parent.log", self._on_crash
                )
            return self._parent

    def _spawned(self, folder: Path, told: int, notes: int) -> ProcessName:
        process = subprocess.Popen(
            _command("__main__"),
            stdin=told,
            stdout=notes,
            stderr=notes,
            cwd=folder,
            env=allowed_environment(os.environ),
            start_new_session=True,
            close_fds=True,
        )
        name = name_of(process.pid)
        assert name is not None  # our child, not yet asked how it ended
        process.returncode = 0  # from here on it is known by its name, also to other processes than this one
        self._children.add(name)
        return name


def _on_a_pipe(start: Callable[[int], ProcessName]) -> tuple[ProcessName, BinaryIO]:
    """What `start` has started, and the pipe on which it is told what to do. No other try shares that: what a failed one may
    have started all the same is never recorded, reads nothing there, and leaves."""
    told, tells = os.pipe()
    writer = os.fdopen(tells, "wb")
    try:
        return start(told), writer
    except BaseException:
        writer.close()
        raise
    finally:
        os.close(told)


def _command(module: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _BOOT.format(module=module), str(_agent_root())]


def _agent_root() -> Path:
    """The folder in which the package `acai_agent` lies, wherever it was installed."""
    spec = find_spec("acai_agent")
    if spec is None or spec.origin is None:
        raise InvalidSetting("The package acai_agent is missing: install acai-jupyter again.")
    return Path(spec.origin).parent.parent
