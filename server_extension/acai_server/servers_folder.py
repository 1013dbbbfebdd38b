"""Servers publish where they listen, in a folder that agents and clients of this machine read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from uuid import UUID

from acai_jupyter.backends.launchers.processes import ProcessName, is_alive, name_of
from acai_jupyter.version import __version__


class ServerFile:
    """The entry of this server in `folder`; only its owner can read it. One that `drains` ends when no job is left."""

    def __init__(self, folder: Path, server_id: UUID, drains: bool = False) -> None:
        self._path = folder / f"{server_id.hex}.json"
        self._drains = drains

    def publish(self, url: str) -> None:
        """Say that this server listens at `url` (its API's address), and clear away what killed servers left."""
        folder = self._path.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for entry in folder.glob("*.json"):
            if not _is_alive(entry):
                entry.unlink(missing_ok=True)
        name = name_of(os.getpid())
        process = {} if name is None else {"boot": name.boot, "start": name.start}
        told = {"url": url, "pid": os.getpid(), **process, "version": __version__, "drains": self._drains}
        temporary = self._path.with_suffix(".tmp")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(told))
        temporary.replace(self._path)

    def withdraw(self) -> None:
        self._path.unlink(missing_ok=True)


def other_servers(folder: Path, *, drains: bool) -> bool:
    """Whether another process's server runs on this folder; with `drains` one that drains the queue counts as well."""
    for entry in folder.glob("*.json"):
        try:
            told = json.loads(entry.read_text())
            counts = int(told["pid"]) != os.getpid() and (drains or not told.get("drains"))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it is just being written, or withdrawn
        if counts and _is_alive(entry):
            return True
    return False


def _is_alive(entry: Path) -> bool:
    """Whether the very process runs whose entry this is, and not another one that was given its id since."""
    try:
        told = json.loads(entry.read_text())
        return is_alive(ProcessName(told["boot"], int(told["pid"]), told["start"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False
