"""The folder of an attempt: what lies in it, and how it goes."""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_TAIL_BYTES: Final = 2000
_TAIL_LINES: Final = 8


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone in this folder, of all servers on this machine."""
    with (folder / "launch.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_text(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def read_text(path: Path) -> str | None:
    """What stands in a file, None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def tail(path: Path) -> str:
    """The last lines of a file; nothing where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])


def of_attempts(folder: Path, name: str) -> list[Path]:
    """The files of this name in the folders of all attempts below `folder`; those that come and go meanwhile may be missing."""
    return [folder / found for found in glob.iglob(f"*/*/*/{name}", root_dir=folder)]  # noqa: PTH207 - a Path's fails then


def holds_results(folder: Path) -> bool:
    """Whether the job of this attempt has written or printed anything."""
    output, log = folder / "work" / "output", folder / "log"
    return (output.is_dir() and any(output.iterdir())) or (log.is_file() and log.stat().st_size > 0)


def remove(folder: Path) -> None:
    """Remove a folder, also where its job has taken our right to write in it, or an agent still writes its report there."""
    try:
        _remove_all(folder)
    except PermissionError:
        for place, names, _ in os.walk(folder):
            for path in (Path(place, name) for name in names):
                if not path.is_symlink():
                    path.chmod(stat.S_IRWXU)
        _remove_all(folder)


def _remove_all(folder: Path) -> None:
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                raise


def remove_empty(folder: Path) -> None:
    """Remove a folder unless something is in it, or it has gone."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
