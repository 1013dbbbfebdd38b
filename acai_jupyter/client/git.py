"""What git says of the place where code lies. Without git, or outside of a work tree, it says nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from acai_jupyter.domain.origins import GitState

_PATIENCE_SECONDS: Final = 20.0
_MOST_PATHS: Final = 1000
_COMMIT_LENGTHS: Final = (40, 64)


def git_state(paths: Sequence[Path]) -> GitState | None:
    """The commit of the work tree in which the first of `paths` lies, and whether any of them differs from it."""
    if not paths:
        return None
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    told = _git(folder, "status", "--porcelain=v2", "--branch", "-z", "--", *map(str, _asked(paths)))
    if told is None:
        return None
    entries = [entry for entry in told.split("\0") if entry]
    heads = dict(entry[2:].split(" ", 1) for entry in entries if entry.startswith("# branch.") and " " in entry[2:])
    commit, branch = heads.get("branch.oid", ""), heads.get("branch.head")
    if len(commit) not in _COMMIT_LENGTHS:
        return None  # a work tree without a commit
    dirty = any(not entry.startswith("#") for entry in entries)
    return GitState(commit, None if branch == "(detached)" else branch, dirty, _remote(folder))


def without_credentials(remote: str) -> str | None:
    """A remote's address without user and password, except the user of `git@host:path`; None where it can't be read."""
    if "://" not in remote:
        return remote  # a path, or host:path, where nobody can write a password
    try:
        parts = urlsplit(remote)
    except ValueError:
        return None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _asked(paths: Sequence[Path]) -> list[Path]:
    """Paths for a command line; of very many, the folders in which they lie."""
    absolute = [path.absolute() for path in paths]
    return absolute if len(absolute) <= _MOST_PATHS else [Path(os.path.commonpath(absolute))]


def _remote(folder: Path) -> str | None:
    told = _git(folder, "config", "--get", "remote.origin.url")
    return without_credentials(told.strip()) if told and told.strip() else None


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers; None where it fails: it may be absent, or not trust the folder's owner."""
    # A monitor that the repository's settings name is not needed. Its content filters are: without them, as those of git-lfs,
    # files would look changed that are not. They run as they do whenever the user asks for the state by himself: a clone
    # brings none, as they stand in the repository's own settings.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        ran = subprocess.run(command, capture_output=True, timeout=_PATIENCE_SECONDS, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.decode(errors="replace") if ran.returncode == 0 else None
