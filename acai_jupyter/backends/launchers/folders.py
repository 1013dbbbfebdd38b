"""The folder of an attempt: what lies in it, and how it goes."""

from __future__ import annotations

import errno
import fcntl
import glob
import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

_MOST_BYTES: Final = 1024 * 1024
_TAIL_BYTES: Final = 2000
_TAIL_LINES: Final = 8
_WARILY: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""Beside what an agent writes, its job may put whatever it likes: a FIFO would keep who opens it waiting for ever."""

_IS_NONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EACCES, errno.ENAMETOOLONG})
"""Why no file can be opened where there is none. Whatever else goes wrong may go right the next time."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone in this folder, of all servers on this machine. Raises OSError."""
    path = folder / "launch.lock"
    if _is_odd(path):
        _remove_one(path)
    file = os.open(path, os.O_RDWR | os.O_CREAT | _WARILY, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def write_text(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def read_text(path: Path) -> str | None:
    """What stands in a file; None where there is none, or something that no agent can have written. Raises OSError where that
    can't be told now."""
    with _opened(path) as file:
        data = None if file is None else file.read(_MOST_BYTES + 1)
    try:
        return None if data is None or len(data) > _MOST_BYTES else data.decode()
    except UnicodeDecodeError:
        return None


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one where there is none. Raises OSError where that can't be told now."""
    try:
        found = json.loads(read_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def tail(path: Path) -> str:
    """The last lines of a file; nothing where there is none. Raises OSError where that can't be told now."""
    with _opened(path) as file:
        if file is None:
            return ""
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        text = file.read(_TAIL_BYTES).decode("utf-8", "replace")
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | None]:
    """A regular file, None where there is none to be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _WARILY)
    except OSError as error:
        if error.errno not in _IS_NONE:
            raise
        yield None
        return
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        yield None
        return
    with os.fdopen(descriptor, "rb") as file:
        yield file


def of_attempts(folder: Path, name: str) -> list[Path]:
    """The files of this name in the folders of all attempts below `folder`; those that come and go meanwhile may be missing."""
    return [folder / found for found in glob.iglob(f"*/*/*/{name}", root_dir=folder)]  # noqa: PTH207 - a Path's fails then


def remove_odd(folder: Path) -> None:
    """Remove what an ended job has put where its agent's files belong, and is none. Raises OSError."""
    for path in list(folder.iterdir()):
        agents = path.name == "log" or path.suffix in (".json", ".log", ".draft")
        if _is_odd(path) and (agents or path.is_symlink() or not path.is_dir()):
            _remove_one(path)


def _is_odd(path: Path) -> bool:
    """Whether something stands there that is no file."""
    try:
        return not stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _remove_one(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove(path)
    else:
        path.unlink()


def holds_results(folder: Path) -> bool:
    """Whether the job of this attempt has written or printed anything. Raises OSError."""
    output, log = folder / "work" / "output", folder / "log"
    return (output.is_dir() and any(output.iterdir())) or (log.is_file() and log.stat().st_size > 0)


def remove(folder: Path) -> None:
    """Remove a folder, also where its job has taken our right to write in it, or an agent still writes its report there."""
    try:
        _remove_all(folder)
    except PermissionError:
        folder.chmod(stat.S_IRWXU)
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
