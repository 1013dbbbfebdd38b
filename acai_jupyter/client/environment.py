"""What an interpreter is and has installed, as `pip freeze` would list it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

_ASK: Final = """
import json, platform, sys
from importlib.metadata import distributions
packages = {}
for found in distributions():
    try:
        name, version = found.metadata["Name"], found.version
    except Exception:
        continue  # a half removed package
    if name and version:
        packages.setdefault(str(name), str(version))
told = {
    "python": platform.python_version(),
    "implementation": platform.python_implementation(),
    "executable": sys.executable,
    "platform": platform.platform(),
    "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
}
"""
"""Runs here or in another interpreter; it needs Python 3.8."""

_PATIENCE_SECONDS: Final = 30.0


def environment_of(python: str | None) -> Mapping[str, Any] | None:
    """The environment of an interpreter of this machine: its version, path, platform and packages. None where there is none.

    It is asked again only after something was installed or removed.
    """
    if python is None:
        return None
    if python == sys.executable:
        return _own(_state(sys.path))
    return _asked(python, _state(_folders_of(Path(python))))


@lru_cache(maxsize=1)
def _own(_installed: tuple[tuple[str, int], ...]) -> Mapping[str, Any]:
    names: dict[str, Any] = {}
    exec(_ASK, names)  # noqa: S102 - our own text, which others run too
    told: Mapping[str, Any] = names["told"]
    return told


@lru_cache(maxsize=16)
def _asked(python: str, _installed: tuple[tuple[str, int], ...]) -> Mapping[str, Any] | None:
    command = [python, "-I", "-c", f"{_ASK}\nprint(json.dumps(told))"]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_PATIENCE_SECONDS, stdin=subprocess.DEVNULL, check=False)
        told = json.loads(ran.stdout) if ran.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None  # not on this machine; whether the platform has it is said when the job starts
    return told if isinstance(told, dict) else None


def _folders_of(python: Path) -> list[str]:
    """Where packages of another interpreter lie, as far as its own path tells."""
    return [str(python), *map(str, sorted(python.parent.parent.glob("lib/python*/*-packages")))]


def _state(folders: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """The folders and when each was changed: what pip installs or removes changes its folder."""
    found = []
    for folder in folders:
        try:
            found.append((folder, os.stat(folder or ".").st_mtime_ns))  # noqa: PTH116 - text is faster
        except OSError:
            continue
    return tuple(found)
